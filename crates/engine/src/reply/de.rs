//! German.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("Ihre Rechnung {number} vom {} über {} ist bezahlt.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("Auf Ihrer Rechnung {number} sind {} offen, fällig am {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("Auf Ihrer Rechnung {number} sind {} offen.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("Die Rechnung {number} wurde storniert. Sie schulden darauf nichts."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("Die Rechnung {number} wurde nicht bezahlt; {} sind darauf noch offen.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("Der letzte Einzugsversuch ist fehlgeschlagen. Der nächste ist am {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Sie wird am {} automatisch eingezogen.", date(*on)),
        Saying::InvoiceLink { url } => format!("Hier können Sie die Rechnung ansehen und herunterladen: {url}"),
        Saying::EarlierInvoices(lines) => list("Frühere Rechnungen:", lines, |line| {
            let state = line.open.map_or_else(|| "bezahlt".to_owned(), |open| format!("{} offen", money(open)));
            format!("{} vom {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Zu Ihrem Konto gibt es noch keine Rechnungen.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Ihre Zahlung von {} am {}{} ist eingegangen.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Ihre Zahlung von {} vom {} wird von der Bank noch verarbeitet.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Ihre Zahlung von {} vom {} ist vorgemerkt, aber nicht abgebucht.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Ihre Zahlung von {} vom {} wurde abgebrochen. Es wurde dafür nichts abgebucht.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Ihre Zahlung von {} ist noch nicht erfolgt.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Ihre Zahlung von {} am {} ist fehlgeschlagen: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Ihre Zahlung von {} wartet darauf, dass Sie sie bei Ihrer Bank bestätigen.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Hier finden Sie die Quittung: {url}"),
        Saying::NoPayments => "Zu Ihrem Konto gibt es noch keine Zahlungen.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Ihre Erstattung von {amount} wurde am {on} veranlasst. Banken brauchen meist 5–10 Werktage, bis sie zu sehen ist."),
                RefundProgress::Pending => format!("Ihre Erstattung von {amount} vom {on} ist unterwegs, aber noch nicht abgeschlossen."),
                RefundProgress::NeedsAction => format!("Ihre Erstattung von {amount} vom {on} braucht noch etwas von Ihnen; Sie haben dazu eine eigene Nachricht erhalten."),
                RefundProgress::Failed => format!("Ihre Erstattung von {amount} vom {on} konnte von der Bank nicht zugestellt werden. Eine Kollegin oder ein Kollege kümmert sich darum."),
                RefundProgress::Canceled => format!("Ihre Erstattung von {amount} vom {on} wurde zurückgezogen."),
            }
        }
        Saying::RefundReference { reference } => format!("Ihre Bank kann die Erstattung unter dieser Referenznummer (ARN) finden: {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Es gibt zwei Zahlungen über denselben Betrag:", lines, |line| {
                format!("{} am {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nFalls eine davon ein Versehen ist, antworten Sie einfach auf diese Nachricht; wir prüfen es dann persönlich.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("Zu der Zahlung von {} vom {} liegt bei Ihrer Bank ein Einspruch oder eine Nachfrage vor. Wir schreiben Ihnen dazu persönlich.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" und verlängert sich am {}", date(next))).unwrap_or_default();
            format!("Ihr Abonnement{} ist aktiv{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Ihr Abonnement läuft noch bis zum {} und endet dann. Es verlängert sich nicht.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Ihre Testphase läuft bis zum {}. Danach beginnt Ihr Abonnement{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Ihr Abonnement{} läuft, aber die letzte Zahlung ist fehlgeschlagen.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("Die letzte Rechnung Ihres Abonnements{} ist nicht bezahlt, und es gibt keinen weiteren Einzugsversuch.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Ihr Abonnement ist zurzeit pausiert.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Ihr Abonnement ist am {} ausgelaufen.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Ihr Abonnement ist beendet.".to_owned(),
        Saying::SubscriptionIncomplete => "Ihr Abonnement hat noch nicht begonnen: Die erste Zahlung fehlt.".to_owned(),
        Saying::NoSubscription => "Zu Ihrem Konto gibt es kein Abonnement.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Wir haben eine Erstattung von {} für Ihre Zahlung vom {}{} veranlasst. Banken brauchen meist 5–10 Werktage, bis sie zu sehen ist.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Ihre Zahlung vom {} wurde bereits erstattet: insgesamt {}.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Ihre Bitte um Erstattung von {} ist bei uns angekommen. Wir prüfen sie persönlich und schreiben Ihnen.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Wir haben Ihre Bitte geprüft und können die {} nicht erstatten. Wenn Sie dazu eine Frage haben, antworten Sie einfach auf diese Nachricht.", money(*amount))
        }
        Saying::RequestExpired => "Wir konnten über Ihre Bitte leider nicht rechtzeitig entscheiden. Wir sehen sie uns an und schreiben Ihnen persönlich.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Ihre Zahlung von {} vom {} wird von der Bank noch verarbeitet. Sie kann erstattet werden, sobald die Bank sie abgeschlossen hat.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Ihre Zahlung von {} vom {} ist nur vorgemerkt und nicht abgebucht; es gibt also nichts zu erstatten.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Wir haben Ihre Zahlung von {} am {}{} gefunden. Sie wurde ohne Konto vorgenommen.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("Welche dieser Zahlungen meinen Sie?", lines, |line| {
            format!("{} am {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Welcher Betrag soll erstattet werden? Für diese Zahlung sind höchstens {} möglich.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Für diese Zahlung können höchstens {} erstattet werden. Sollen wir diesen Betrag erstatten?", money(*most))
        }
        Saying::NothingRefundable => "Zu Ihrem Konto gibt es keine Zahlung, die erstattet werden könnte.".to_owned(),
        Saying::ReferenceNotFound => {
            "Die genannte Nummer haben wir zu Ihrem Konto nicht gefunden. Können Sie sie prüfen oder uns Datum und Betrag nennen?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("Hier können Sie {} bezahlen: {url}", money(*amount)),
        Saying::NothingToPay => "Zu Ihrem Konto ist nichts offen. Welchen Betrag möchten Sie wofür bezahlen?".to_owned(),
        Saying::PortalSession { url } => format!("Hier können Sie Ihr Konto verwalten. Der Link ist persönlich und gilt nur kurze Zeit: {url}"),
        Saying::PortalLogin { url } => {
            format!("Ihre Rechnungen und Zahlungsdaten können Sie jederzeit selbst einsehen und ändern, nach Anmeldung mit Ihrer E-Mail-Adresse: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("Ihr Abonnement endet am {}. Bis dahin können Sie es nutzen; es verlängert sich nicht. Bis dahin können Sie es sich auch anders überlegen: Schreiben Sie uns einfach.", date(*on))
        }
        Saying::CancellationSet { on: None } => "Ihr Abonnement endet mit dem laufenden Zeitraum. Bis dahin können Sie es sich auch anders überlegen: Schreiben Sie uns einfach.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("Ihr Abonnement ist bereits gekündigt und endet am {}. Bis dahin können Sie es nutzen; Sie müssen nichts weiter tun.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "Ihr Abonnement ist bereits gekündigt. Sie müssen nichts weiter tun.".to_owned(),
        Saying::CancellationWaits => "Ihre Kündigung ist bei uns angekommen. Wir bestätigen sie Ihnen persönlich.".to_owned(),
        Saying::CancellationDeclined => "Ihr Abonnement wurde nicht gekündigt. Wir schreiben Ihnen dazu persönlich.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Wir haben die Kündigung zurückgenommen: Ihr Abonnement endet nicht am {}, sondern läuft weiter wie bisher.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Wir haben die Kündigung zurückgenommen: Ihr Abonnement läuft weiter wie bisher.".to_owned(),
        Saying::WhichSubscription(lines) => list("Welches Ihrer Abonnements meinen Sie?", lines, |line| {
            let renews = line.next.map(|next| format!(", verlängert sich am {}", date(next))).unwrap_or_default();
            format!("das Abonnement{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Zu Ihrer E-Mail-Adresse gibt es mehrere Konten. Können Sie uns die Nummer einer aktuellen Rechnung nennen?".to_owned(),
        Saying::WhichCard => "Können Sie uns die letzten vier Ziffern der Karte nennen, mit der Sie bezahlt haben?".to_owned(),
        Saying::Verify => "Zum Schutz Ihres Kontos müssen wir sicher sein, dass diese Bitte von Ihnen kommt. Bitte schreiben Sie uns noch einmal von der hinterlegten Adresse oder melden Sie sich in Ihrem Konto an.".to_owned(),
        Saying::NoCustomer => "Zu dieser E-Mail-Adresse haben wir kein Konto gefunden. Mit welcher Adresse haben Sie sich angemeldet?".to_owned(),
        Saying::PersonAnswers => "Danke für Ihre Nachricht. Wir sehen sie uns an und antworten Ihnen persönlich.".to_owned(),
        Saying::RestByPerson => "Zum Rest Ihrer Nachricht melden wir uns noch persönlich.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::De)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::De)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" (Karte mit den Endziffern {last4})")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "am Tag",
        Interval::Week => "in der Woche",
        Interval::Month => "im Monat",
        Interval::Year => "im Jahr",
        Interval::Longer => "je Abrechnungszeitraum",
    };
    format!(" zu {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "Das Guthaben reichte nicht aus.",
        Decline::LimitReached => "Das Limit der Karte war erreicht. Ihre Bank kann Ihnen mehr dazu sagen.",
        Decline::ExpiredCard => "Die Karte ist abgelaufen.",
        Decline::WrongSecurityCode => "Der Sicherheitscode (CVC) der Karte stimmte nicht.",
        Decline::WrongDetails => "Die Zahlungsdaten stimmten nicht.",
        Decline::NeedsAuthentication => "Die Bank bittet Sie, die Zahlung zu bestätigen.",
        Decline::NotSupported => "Die Karte ist für diese Art von Zahlung nicht zugelassen.",
        Decline::TryAgain => {
            "Sie konnte aus technischen Gründen nicht verarbeitet werden. Sie können es einfach noch einmal versuchen."
        }
        Decline::ByBank => {
            "Ihre Bank hat sie abgelehnt. Den Grund kann Ihnen nur die Bank nennen; bitte fragen Sie dort nach."
        }
        Decline::NotAccepted => {
            "Sie wurde nicht angenommen. Bitte versuchen Sie es mit einer anderen Karte oder Zahlungsart."
        }
    }
}
