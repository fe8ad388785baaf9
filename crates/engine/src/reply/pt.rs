//! Portuguese.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("A sua fatura {number} de {} no valor de {} está paga.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("Na sua fatura {number} há {} por pagar, com vencimento em {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("Na sua fatura {number} há {} por pagar.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("A fatura {number} foi anulada. Não deve nada por ela."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("A fatura {number} não foi paga; continuam {} em aberto.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("A última tentativa de cobrança não foi concluída. A próxima será em {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Será cobrada automaticamente em {}.", date(*on)),
        Saying::InvoiceLink { url } => format!("Pode ver e descarregar a fatura aqui: {url}"),
        Saying::EarlierInvoices(lines) => list("Faturas anteriores:", lines, |line| {
            let state = line.open.map_or_else(|| "paga".to_owned(), |open| format!("{} em aberto", money(open)));
            format!("{} de {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Ainda não há faturas na sua conta.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("O seu pagamento de {} em {}{} foi concluído.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("O seu pagamento de {}, feito em {}, ainda está a ser processado pelo banco.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("O seu pagamento de {} em {} está reservado, mas não foi cobrado.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("O seu pagamento de {} em {} foi cancelado. Nada foi cobrado por ele.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("O seu pagamento de {} ainda não foi feito.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("O seu pagamento de {} em {} não foi concluído: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("O seu pagamento de {} aguarda a sua confirmação junto do banco.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Aqui está o recibo: {url}"),
        Saying::NoPayments => "Ainda não há pagamentos na sua conta.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("O seu reembolso de {amount} foi emitido em {on}. Os bancos demoram normalmente 5 a 10 dias úteis a mostrá-lo."),
                RefundProgress::Pending => format!("O seu reembolso de {amount} de {on} está a caminho, mas ainda não foi concluído."),
                RefundProgress::NeedsAction => format!("O seu reembolso de {amount} de {on} precisa de algo da sua parte; terá recebido uma mensagem à parte."),
                RefundProgress::Failed => format!("O banco não conseguiu entregar o seu reembolso de {amount} de {on}. Um colega vai tratar do assunto."),
                RefundProgress::Canceled => format!("O seu reembolso de {amount} de {on} foi cancelado."),
            }
        }
        Saying::RefundReference { reference } => format!("O seu banco pode procurar o reembolso com este número de referência (ARN): {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Há dois pagamentos do mesmo valor:", lines, |line| {
                format!("{} em {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nSe um deles for um engano, basta responder a esta mensagem e um colega vai verificar.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("O seu banco abriu uma contestação ou um pedido de informação sobre o pagamento de {} em {}. Um colega vai escrever-lhe.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" e renova-se em {}", date(next))).unwrap_or_default();
            format!("A sua assinatura{} está ativa{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("A sua assinatura está ativa até {} e depois termina. Não será renovada.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("O seu período experimental dura até {}. Depois começa a sua assinatura{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("A sua assinatura{} continua, mas o último pagamento não foi concluído.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("A última fatura da sua assinatura{} não foi paga e não haverá outra tentativa de cobrança.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "A sua assinatura está de momento em pausa.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("A sua assinatura terminou em {}.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "A sua assinatura terminou.".to_owned(),
        Saying::SubscriptionIncomplete => "A sua assinatura ainda não começou: falta o primeiro pagamento.".to_owned(),
        Saying::NoSubscription => "Não há nenhuma assinatura na sua conta.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Emitimos um reembolso de {} pelo seu pagamento de {}{}. Os bancos demoram normalmente 5 a 10 dias úteis a mostrá-lo.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("O seu pagamento de {} já foi reembolsado: {} no total.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Recebemos o seu pedido de reembolso de {}. Um colega vai analisá-lo e escrever-lhe.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Analisámos o seu pedido e não podemos reembolsar {}. Se tiver alguma dúvida, basta responder a esta mensagem.", money(*amount))
        }
        Saying::RequestExpired => "Lamentamos não ter conseguido decidir a tempo sobre o seu pedido. Um colega vai analisá-lo e escrever-lhe.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("O seu pagamento de {}, feito em {}, ainda está a ser processado pelo banco. Poderá ser reembolsado assim que o banco o concluir.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("O seu pagamento de {} em {} está apenas reservado e não foi cobrado, por isso não há nada a reembolsar.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Encontrámos o seu pagamento de {} em {}{}, feito sem conta.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("A qual destes pagamentos se refere?", lines, |line| {
            format!("{} em {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Que valor deve ser reembolsado? Para este pagamento são possíveis no máximo {}.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Para este pagamento podem ser reembolsados no máximo {}. Quer que reembolsemos esse valor?", money(*most))
        }
        Saying::NothingRefundable => "Não há na sua conta nenhum pagamento que possa ser reembolsado.".to_owned(),
        Saying::ReferenceNotFound => {
            "Não encontrámos na sua conta o número que indica. Pode verificá-lo ou dizer-nos a data e o valor?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("Pode pagar {} aqui: {url}", money(*amount)),
        Saying::NothingToPay => "Não há nada por pagar na sua conta. Que valor quer pagar, e de que se trata?".to_owned(),
        Saying::PortalSession { url } => format!("Pode gerir a sua conta aqui. O link é pessoal e só funciona por pouco tempo: {url}"),
        Saying::PortalLogin { url } => {
            format!("Pode ver as suas faturas e alterar os dados de pagamento a qualquer momento, depois de entrar com o seu e-mail: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("A sua assinatura termina em {}. Pode usá-la até lá e não será renovada. Até lá também pode mudar de ideias: basta escrever-nos.", date(*on))
        }
        Saying::CancellationSet { on: None } => "A sua assinatura termina com o período em curso. Até lá também pode mudar de ideias: basta escrever-nos.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("O fim da sua assinatura já estava marcado para {}. Pode usá-la até lá e não precisa de fazer mais nada.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "O fim da sua assinatura já estava marcado. Não precisa de fazer mais nada.".to_owned(),
        Saying::CancellationWaits => "Recebemos o seu cancelamento. Um colega vai confirmá-lo.".to_owned(),
        Saying::CancellationDeclined => "A sua assinatura não foi cancelada. Um colega vai escrever-lhe sobre isso.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Anulámos o cancelamento: a sua assinatura já não termina em {} e continua como antes.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Anulámos o cancelamento: a sua assinatura continua como antes.".to_owned(),
        Saying::WhichSubscription(lines) => list("A qual das suas assinaturas se refere?", lines, |line| {
            let renews = line.next.map(|next| format!(", renova-se em {}", date(next))).unwrap_or_default();
            format!("a assinatura{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Há mais de uma conta com o seu e-mail. Pode indicar-nos o número de uma fatura recente?".to_owned(),
        Saying::WhichCard => "Pode indicar-nos os últimos quatro dígitos do cartão com que pagou?".to_owned(),
        Saying::Verify => "Para proteger a sua conta, temos de ter a certeza de que este pedido vem de si. Escreva-nos de novo a partir do endereço registado ou entre na sua conta.".to_owned(),
        Saying::NoCustomer => "Não encontrámos nenhuma conta com este e-mail. Com que endereço se registou?".to_owned(),
        Saying::PersonAnswers => "Obrigado pela sua mensagem. Um colega vai analisá-la e responder-lhe pessoalmente.".to_owned(),
        Saying::RestByPerson => "Um colega vai responder-lhe quanto ao resto da sua mensagem.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::Pt)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::Pt)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" com o cartão terminado em {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "por dia",
        Interval::Week => "por semana",
        Interval::Month => "por mês",
        Interval::Year => "por ano",
        Interval::Longer => "por período de faturação",
    };
    format!(" de {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "não havia saldo suficiente.",
        Decline::LimitReached => "o limite do cartão tinha sido atingido. O seu banco pode dizer-lhe mais.",
        Decline::ExpiredCard => "o cartão expirou.",
        Decline::WrongSecurityCode => "o código de segurança (CVC) do cartão não estava correto.",
        Decline::WrongDetails => "os dados de pagamento não estavam corretos.",
        Decline::NeedsAuthentication => "o banco pede-lhe que confirme o pagamento.",
        Decline::NotSupported => "o cartão não pode ser usado para este tipo de pagamento.",
        Decline::TryAgain => {
            "não foi possível processá-lo por um motivo técnico. Pode simplesmente tentar de novo."
        }
        Decline::ByBank => {
            "o seu banco recusou-o. Só o banco lhe pode dizer porquê; pergunte-lhe, por favor."
        }
        Decline::NotAccepted => "não foi aceite. Experimente outro cartão ou outra forma de pagamento.",
    }
}
