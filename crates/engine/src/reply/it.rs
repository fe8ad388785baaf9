//! Italian.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

pub(super) fn say(saying: &Saying) -> String {
    elided(&words(saying))
}

/// The article before the 8th and the 11th: `dell'8 novembre`, `l'11 novembre`.
fn elided(text: &str) -> String {
    let articles = [("del", "dell'"), ("al", "all'"), ("il", "l'")];
    articles.iter().fold(text.to_owned(), |text, (article, before_vowel)| {
        ["8", "11"].iter().fold(text, |text, day| {
            text.replace(&format!(" {article} {day} "), &format!(" {before_vowel}{day} "))
        })
    })
}

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
fn words(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("La Sua fattura {number} del {} di {} è stata pagata.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("Sulla Sua fattura {number} restano da pagare {}, con scadenza il {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("Sulla Sua fattura {number} restano da pagare {}.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("La fattura {number} è stata annullata. Non deve nulla."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("La fattura {number} non è stata pagata; restano aperti {}.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("L'ultimo tentativo di addebito non è riuscito. Il prossimo sarà il {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Sarà addebitata automaticamente il {}.", date(*on)),
        Saying::InvoiceLink { url } => format!("Può vedere e scaricare la fattura qui: {url}"),
        Saying::EarlierInvoices(lines) => list("Fatture precedenti:", lines, |line| {
            let state = line.open.map_or_else(|| "pagata".to_owned(), |open| format!("{} da pagare", money(open)));
            format!("{} del {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Sul Suo account non ci sono ancora fatture.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Il Suo pagamento di {} del {}{} è andato a buon fine.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Il Suo pagamento di {} del {} è ancora in lavorazione presso la banca.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Il Suo pagamento di {} del {} è autorizzato, ma non è stato addebitato.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Il Suo pagamento di {} del {} è stato annullato. Non è stato addebitato nulla.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Il Suo pagamento di {} non è ancora stato effettuato.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Il Suo pagamento di {} del {} non è riuscito: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Il Suo pagamento di {} attende la Sua conferma presso la banca.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Ecco la ricevuta: {url}"),
        Saying::NoPayments => "Sul Suo account non ci sono ancora pagamenti.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Il Suo rimborso di {amount} è stato emesso il {on}. Le banche impiegano di solito 5–10 giorni lavorativi per mostrarlo."),
                RefundProgress::Pending => format!("Il Suo rimborso di {amount} del {on} è in corso, ma non è ancora concluso."),
                RefundProgress::NeedsAction => format!("Il Suo rimborso di {amount} del {on} richiede qualcosa da parte Sua; avrà ricevuto un messaggio a parte."),
                RefundProgress::Failed => format!("La banca non ha potuto accreditare il Suo rimborso di {amount} del {on}. Un collega se ne occuperà."),
                RefundProgress::Canceled => format!("Il Suo rimborso di {amount} del {on} è stato annullato."),
            }
        }
        Saying::RefundReference { reference } => format!("La Sua banca può cercare il rimborso con questo numero di riferimento (ARN): {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Ci sono due pagamenti dello stesso importo:", lines, |line| {
                format!("{} il {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nSe uno dei due è un errore, risponda semplicemente a questo messaggio e un collega verificherà.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("La Sua banca ha aperto una contestazione o una richiesta di informazioni sul pagamento di {} del {}. Un collega Le scriverà.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" e si rinnova il {}", date(next))).unwrap_or_default();
            format!("Il Suo abbonamento{} è attivo{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Il Suo abbonamento è attivo fino al {} e poi termina. Non si rinnoverà.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Il Suo periodo di prova dura fino al {}. Poi comincia il Suo abbonamento{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Il Suo abbonamento{} è in corso, ma l'ultimo pagamento non è riuscito.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("L'ultima fattura del Suo abbonamento{} non è stata pagata e non ci saranno altri tentativi di addebito.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Il Suo abbonamento è al momento in pausa.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Il Suo abbonamento è terminato il {}.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Il Suo abbonamento è terminato.".to_owned(),
        Saying::SubscriptionIncomplete => "Il Suo abbonamento non è ancora iniziato: manca il primo pagamento.".to_owned(),
        Saying::NoSubscription => "Sul Suo account non c'è alcun abbonamento.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Abbiamo emesso un rimborso di {} per il Suo pagamento del {}{}. Le banche impiegano di solito 5–10 giorni lavorativi per mostrarlo.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Il Suo pagamento del {} è già stato rimborsato: {} in totale.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Abbiamo ricevuto la Sua richiesta di rimborso di {}. Un collega la esaminerà e Le scriverà.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Abbiamo esaminato la Sua richiesta e non possiamo rimborsare i {}. Per qualsiasi domanda può semplicemente rispondere a questo messaggio.", money(*amount))
        }
        Saying::RequestExpired => "Ci scusiamo: non siamo riusciti a decidere in tempo sulla Sua richiesta. Un collega la esaminerà e Le scriverà.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Il Suo pagamento di {} del {} è ancora in lavorazione presso la banca. Potrà essere rimborsato quando la banca lo avrà concluso.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Il Suo pagamento di {} del {} è solo autorizzato e non è stato addebitato: non c'è quindi nulla da rimborsare.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Abbiamo trovato il Suo pagamento di {} del {}{}, effettuato senza account.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("Quale di questi pagamenti intende?", lines, |line| {
            format!("{} il {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Quale importo va rimborsato? Per questo pagamento sono possibili al massimo {}.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Per questo pagamento si possono rimborsare al massimo {}. Vuole che rimborsiamo questo importo?", money(*most))
        }
        Saying::NothingRefundable => "Sul Suo account non c'è alcun pagamento rimborsabile.".to_owned(),
        Saying::ReferenceNotFound => {
            "Non abbiamo trovato sul Suo account il numero che indica. Può verificarlo, oppure dirci data e importo?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("Può pagare {} qui: {url}", money(*amount)),
        Saying::NothingToPay => "Sul Suo account non c'è nulla da pagare. Quale importo vuole pagare, e per che cosa?".to_owned(),
        Saying::PortalSession { url } => format!("Può gestire il Suo account qui. Il link è personale e funziona solo per poco tempo: {url}"),
        Saying::PortalLogin { url } => {
            format!("Può vedere le fatture e cambiare i dati di pagamento da solo in qualsiasi momento, dopo l'accesso con il Suo indirizzo e-mail: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("Il Suo abbonamento terminerà il {}. Può usarlo fino ad allora e non si rinnoverà. Fino ad allora può anche cambiare idea: basta scriverci.", date(*on))
        }
        Saying::CancellationSet { on: None } => "Il Suo abbonamento terminerà con il periodo in corso. Fino ad allora può anche cambiare idea: basta scriverci.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("La fine del Suo abbonamento era già prevista per il {}. Può usarlo fino ad allora e non deve fare altro.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "La fine del Suo abbonamento era già prevista. Non deve fare altro.".to_owned(),
        Saying::CancellationWaits => "Abbiamo ricevuto la Sua disdetta. Un collega gliela confermerà.".to_owned(),
        Saying::CancellationDeclined => "Il Suo abbonamento non è stato disdetto. Un collega Le scriverà in merito.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Abbiamo revocato la disdetta: il Suo abbonamento non termina il {} e continua come prima.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Abbiamo revocato la disdetta: il Suo abbonamento continua come prima.".to_owned(),
        Saying::WhichSubscription(lines) => list("Quale dei Suoi abbonamenti intende?", lines, |line| {
            let renews = line.next.map(|next| format!(", si rinnova il {}", date(next))).unwrap_or_default();
            format!("quello{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Più account usano il Suo indirizzo e-mail. Può indicarci il numero di una fattura recente?".to_owned(),
        Saying::WhichCard => "Può indicarci le ultime quattro cifre della carta con cui ha pagato?".to_owned(),
        Saying::Verify => "Per proteggere il Suo account dobbiamo essere certi che questa richiesta venga da Lei. Ci scriva di nuovo dall'indirizzo registrato o acceda al Suo account.".to_owned(),
        Saying::NoCustomer => "Non abbiamo trovato un account con questo indirizzo e-mail. Con quale indirizzo si è registrato?".to_owned(),
        Saying::PersonAnswers => "Grazie per il Suo messaggio. Un collega lo esaminerà e Le risponderà personalmente.".to_owned(),
        Saying::RestByPerson => "Un collega Le risponderà sul resto del Suo messaggio.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::It)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::It)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" con la carta che termina con {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "al giorno",
        Interval::Week => "alla settimana",
        Interval::Month => "al mese",
        Interval::Year => "all'anno",
        Interval::Longer => "per periodo di fatturazione",
    };
    format!(" da {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "i fondi non erano sufficienti.",
        Decline::LimitReached => "il limite della carta era stato raggiunto. La Sua banca può dirLe di più.",
        Decline::ExpiredCard => "la carta è scaduta.",
        Decline::WrongSecurityCode => "il codice di sicurezza (CVC) della carta non era corretto.",
        Decline::WrongDetails => "i dati di pagamento non erano corretti.",
        Decline::NeedsAuthentication => "la banca Le chiede di confermare il pagamento.",
        Decline::NotSupported => "la carta non può essere usata per questo tipo di pagamento.",
        Decline::TryAgain => {
            "non è stato possibile elaborarlo per un motivo tecnico. Può semplicemente riprovare."
        }
        Decline::ByBank => {
            "la Sua banca l'ha rifiutato. Solo la banca può dirLe perché; La preghiamo di chiederlo a lei."
        }
        Decline::NotAccepted => {
            "non è stato accettato. Provi con un'altra carta o un altro metodo di pagamento."
        }
    }
}
