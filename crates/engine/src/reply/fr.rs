//! French.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("Votre facture {number} du {} d'un montant de {} est réglée.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("Sur votre facture {number}, il reste {} à régler, à échéance du {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("Sur votre facture {number}, il reste {} à régler.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("La facture {number} a été annulée. Vous ne devez rien à ce titre."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("La facture {number} n'a pas été réglée ; il reste {} à payer.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("La dernière tentative de prélèvement n'a pas abouti. La prochaine aura lieu le {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Elle sera prélevée automatiquement le {}.", date(*on)),
        Saying::InvoiceLink { url } => format!("Vous pouvez consulter et télécharger la facture ici : {url}"),
        Saying::EarlierInvoices(lines) => list("Factures précédentes :", lines, |line| {
            let state = line.open.map_or_else(|| "réglée".to_owned(), |open| format!("{} à régler", money(open)));
            format!("{} du {} : {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Il n'y a pas encore de facture sur votre compte.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Votre paiement de {} du {}{} a bien été reçu.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Votre paiement de {} du {} est encore en cours de traitement par la banque.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Votre paiement de {} du {} est réservé, mais n'a pas été débité.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Votre paiement de {} du {} a été annulé. Rien n'a été débité.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Votre paiement de {} n'a pas encore été effectué.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Votre paiement de {} du {} n'a pas abouti : {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Votre paiement de {} attend votre confirmation auprès de votre banque.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Voici le reçu : {url}"),
        Saying::NoPayments => "Il n'y a pas encore de paiement sur votre compte.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Votre remboursement de {amount} a été émis le {on}. Les banques mettent en général 5 à 10 jours ouvrés à l'afficher."),
                RefundProgress::Pending => format!("Votre remboursement de {amount} du {on} est en route, mais n'est pas encore terminé."),
                RefundProgress::NeedsAction => format!("Votre remboursement de {amount} du {on} demande une action de votre part ; vous avez reçu un message à ce sujet."),
                RefundProgress::Failed => format!("Votre remboursement de {amount} du {on} n'a pas pu être livré par la banque. Un collègue s'en occupe."),
                RefundProgress::Canceled => format!("Votre remboursement de {amount} du {on} a été annulé."),
            }
        }
        Saying::RefundReference { reference } => format!("Votre banque peut rechercher le remboursement avec ce numéro de référence (ARN) : {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Il y a deux paiements du même montant :", lines, |line| {
                format!("{} le {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nSi l'un d'eux est une erreur, répondez simplement à ce message et un collègue vérifiera.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("Votre banque a ouvert une contestation ou une demande d'information sur le paiement de {} du {}. Un collègue vous écrira à ce sujet.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" et se renouvelle le {}", date(next))).unwrap_or_default();
            format!("Votre abonnement{} est actif{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Votre abonnement est actif jusqu'au {} puis prend fin. Il ne sera pas renouvelé.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Votre période d'essai court jusqu'au {}. Ensuite commence votre abonnement{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Votre abonnement{} est en cours, mais le dernier paiement n'a pas abouti.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("La dernière facture de votre abonnement{} n'est pas réglée, et il n'y aura pas d'autre tentative de prélèvement.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Votre abonnement est actuellement en pause.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Votre abonnement a pris fin le {}.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Votre abonnement a pris fin.".to_owned(),
        Saying::SubscriptionIncomplete => "Votre abonnement n'a pas encore commencé : le premier paiement manque.".to_owned(),
        Saying::NoSubscription => "Il n'y a pas d'abonnement sur votre compte.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Nous avons émis un remboursement de {} pour votre paiement du {}{}. Les banques mettent en général 5 à 10 jours ouvrés à l'afficher.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Votre paiement du {} a déjà été remboursé : {} au total.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Nous avons bien reçu votre demande de remboursement de {}. Un collègue va l'examiner et vous écrire.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Nous avons examiné votre demande et ne pouvons pas rembourser les {}. Pour toute question à ce sujet, il vous suffit de répondre à ce message.", money(*amount))
        }
        Saying::RequestExpired => "Nous n'avons pas pu statuer à temps sur votre demande, et nous en sommes désolés. Un collègue va l'examiner et vous écrire.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Votre paiement de {} du {} est encore en cours de traitement par la banque. Il pourra être remboursé dès que la banque l'aura finalisé.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Votre paiement de {} du {} est seulement réservé et n'a pas été débité : il n'y a donc rien à rembourser.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Nous avons trouvé votre paiement de {} du {}{}, effectué sans compte.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("De quel paiement s'agit-il ?", lines, |line| {
            format!("{} le {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Quel montant faut-il rembourser ? Pour ce paiement, {} au plus sont possibles.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Pour ce paiement, {} au plus peuvent être remboursés. Souhaitez-vous ce montant ?", money(*most))
        }
        Saying::NothingRefundable => "Il n'y a sur votre compte aucun paiement remboursable.".to_owned(),
        Saying::ReferenceNotFound => {
            "Nous n'avons pas trouvé sur votre compte le numéro que vous indiquez. Pouvez-vous le vérifier, ou nous donner la date et le montant ?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("Vous pouvez régler {} ici : {url}", money(*amount)),
        Saying::NothingToPay => "Il n'y a rien à régler sur votre compte. Quel montant souhaitez-vous payer, et pour quoi ?".to_owned(),
        Saying::PortalSession { url } => format!("Vous pouvez gérer votre compte ici. Ce lien est personnel et ne fonctionne que peu de temps : {url}"),
        Saying::PortalLogin { url } => {
            format!("Vous pouvez consulter vos factures et modifier vos moyens de paiement vous-même à tout moment, après connexion avec votre adresse e-mail : {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("Votre abonnement prendra fin le {}. Vous pouvez l'utiliser jusque-là, et il ne sera pas renouvelé. D'ici là, vous pouvez aussi changer d'avis : il suffit de nous écrire.", date(*on))
        }
        Saying::CancellationSet { on: None } => "Votre abonnement prendra fin avec la période en cours. D'ici là, vous pouvez aussi changer d'avis : il suffit de nous écrire.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("La fin de votre abonnement était déjà prévue pour le {}. Vous pouvez l'utiliser jusque-là, et vous n'avez rien d'autre à faire.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "La fin de votre abonnement était déjà prévue. Vous n'avez rien d'autre à faire.".to_owned(),
        Saying::CancellationWaits => "Nous avons bien reçu votre résiliation. Un collègue vous la confirmera.".to_owned(),
        Saying::CancellationDeclined => "Votre abonnement n'a pas été résilié. Un collègue vous écrira à ce sujet.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Nous avons annulé la résiliation : votre abonnement ne prend pas fin le {} et se poursuit comme avant.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Nous avons annulé la résiliation : votre abonnement se poursuit comme avant.".to_owned(),
        Saying::WhichSubscription(lines) => list("De quel abonnement s'agit-il ?", lines, |line| {
            let renews = line.next.map(|next| format!(", renouvelé le {}", date(next))).unwrap_or_default();
            format!("celui{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Plusieurs comptes utilisent votre adresse e-mail. Pouvez-vous nous indiquer le numéro d'une facture récente ?".to_owned(),
        Saying::WhichCard => "Pouvez-vous nous indiquer les quatre derniers chiffres de la carte utilisée pour le paiement ?".to_owned(),
        Saying::Verify => "Pour protéger votre compte, nous devons être sûrs que cette demande vient de vous. Merci de nous écrire à nouveau depuis l'adresse enregistrée, ou de vous connecter à votre compte.".to_owned(),
        Saying::NoCustomer => "Nous n'avons pas trouvé de compte avec cette adresse e-mail. Avec quelle adresse vous êtes-vous inscrit ?".to_owned(),
        Saying::PersonAnswers => "Merci pour votre message. Un collègue va l'examiner et vous répondre personnellement.".to_owned(),
        Saying::RestByPerson => "Un collègue reviendra vers vous pour le reste de votre message.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::Fr)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::Fr)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" par la carte se terminant par {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "par jour",
        Interval::Week => "par semaine",
        Interval::Month => "par mois",
        Interval::Year => "par an",
        Interval::Longer => "par période de facturation",
    };
    format!(" à {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "les fonds étaient insuffisants.",
        Decline::LimitReached => "le plafond de la carte était atteint. Votre banque peut vous en dire plus.",
        Decline::ExpiredCard => "la carte a expiré.",
        Decline::WrongSecurityCode => "le code de sécurité (CVC) de la carte n'était pas correct.",
        Decline::WrongDetails => "les données de paiement n'étaient pas correctes.",
        Decline::NeedsAuthentication => "la banque vous demande de confirmer le paiement.",
        Decline::NotSupported => "la carte ne peut pas être utilisée pour ce type de paiement.",
        Decline::TryAgain => {
            "il n'a pas pu être traité pour une raison technique. Vous pouvez simplement réessayer."
        }
        Decline::ByBank => {
            "votre banque l'a refusé. Elle seule peut vous dire pourquoi ; merci de le lui demander."
        }
        Decline::NotAccepted => {
            "il n'a pas été accepté. Merci d'essayer une autre carte ou un autre moyen de paiement."
        }
    }
}
