//! Dutch.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("Uw factuur {number} van {} voor {} is betaald.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("Op uw factuur {number} staat {} open, te betalen uiterlijk op {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("Op uw factuur {number} staat {} open.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("Factuur {number} is vervallen. U bent daarop niets verschuldigd."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("Factuur {number} is niet betaald; er staat nog {} open.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("De laatste incassopoging is niet gelukt. De volgende is op {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Het bedrag wordt op {} automatisch afgeschreven.", date(*on)),
        Saying::InvoiceLink { url } => format!("U kunt de factuur hier bekijken en downloaden: {url}"),
        Saying::EarlierInvoices(lines) => list("Eerdere facturen:", lines, |line| {
            let state = line.open.map_or_else(|| "betaald".to_owned(), |open| format!("{} open", money(open)));
            format!("{} van {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Er staan nog geen facturen op uw account.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Uw betaling van {} op {}{} is gelukt.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Uw betaling van {} op {} wordt nog door de bank verwerkt.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Uw betaling van {} op {} is gereserveerd, maar niet afgeschreven.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Uw betaling van {} op {} is geannuleerd. Er is niets voor afgeschreven.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Uw betaling van {} is nog niet gedaan.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Uw betaling van {} op {} is niet gelukt: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Uw betaling van {} wacht op uw bevestiging bij uw bank.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Hier vindt u het betalingsbewijs: {url}"),
        Saying::NoPayments => "Er staan nog geen betalingen op uw account.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Uw terugbetaling van {amount} is op {on} in gang gezet. Banken hebben meestal 5–10 werkdagen nodig om deze te tonen."),
                RefundProgress::Pending => format!("Uw terugbetaling van {amount} van {on} is onderweg, maar nog niet afgerond."),
                RefundProgress::NeedsAction => format!("Uw terugbetaling van {amount} van {on} vraagt nog iets van u; u hebt daarover een apart bericht gekregen."),
                RefundProgress::Failed => format!("Uw terugbetaling van {amount} van {on} kon niet door de bank worden bijgeschreven. Een collega kijkt ernaar."),
                RefundProgress::Canceled => format!("Uw terugbetaling van {amount} van {on} is ingetrokken."),
            }
        }
        Saying::RefundReference { reference } => format!("Uw bank kan de terugbetaling opzoeken met dit referentienummer (ARN): {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Er zijn twee betalingen van hetzelfde bedrag:", lines, |line| {
                format!("{} op {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nIs een daarvan een vergissing, beantwoord dan gewoon dit bericht; een collega gaat het dan na.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("Uw bank heeft een geschil geopend of een vraag gesteld over de betaling van {} op {}. Een collega schrijft u daarover.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" en wordt verlengd op {}", date(next))).unwrap_or_default();
            format!("Uw abonnement{} is actief{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Uw abonnement is actief tot {} en eindigt dan. Het wordt niet verlengd.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Uw proefperiode loopt tot {}. Daarna begint uw abonnement{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Uw abonnement{} loopt, maar de laatste betaling is niet gelukt.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("De laatste factuur van uw abonnement{} is niet betaald en er volgt geen nieuwe incassopoging.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Uw abonnement is op dit moment gepauzeerd.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Uw abonnement is op {} geëindigd.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Uw abonnement is geëindigd.".to_owned(),
        Saying::SubscriptionIncomplete => "Uw abonnement is nog niet begonnen: de eerste betaling ontbreekt.".to_owned(),
        Saying::NoSubscription => "Er is geen abonnement op uw account.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Wij hebben een terugbetaling van {} in gang gezet voor uw betaling van {}{}. Banken hebben meestal 5–10 werkdagen nodig om deze te tonen.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Uw betaling van {} is al terugbetaald: {} in totaal.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Wij hebben uw verzoek om terugbetaling van {} ontvangen. Een collega beoordeelt het en schrijft u.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Wij hebben uw verzoek bekeken en kunnen {} niet terugbetalen. Hebt u daar een vraag over, beantwoord dan gewoon dit bericht.", money(*amount))
        }
        Saying::RequestExpired => "Het is ons niet gelukt op tijd over uw verzoek te beslissen. Onze excuses daarvoor; een collega kijkt ernaar en schrijft u.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Uw betaling van {} op {} wordt nog door de bank verwerkt. Zij kan worden terugbetaald zodra de bank haar heeft afgerond.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Uw betaling van {} op {} is alleen gereserveerd en niet afgeschreven, dus er is niets om terug te betalen.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Wij hebben uw betaling van {} op {}{} gevonden. Deze is zonder account gedaan.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("Welke van deze betalingen bedoelt u?", lines, |line| {
            format!("{} op {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Welk bedrag moet worden terugbetaald? Voor deze betaling is hoogstens {} mogelijk.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Voor deze betaling kan hoogstens {} worden terugbetaald. Zullen wij dat bedrag terugbetalen?", money(*most))
        }
        Saying::NothingRefundable => "Er is op uw account geen betaling die kan worden terugbetaald.".to_owned(),
        Saying::ReferenceNotFound => {
            "Het nummer dat u noemt hebben wij niet op uw account gevonden. Kunt u het controleren, of ons datum en bedrag noemen?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("U kunt {} hier betalen: {url}", money(*amount)),
        Saying::NothingToPay => "Er staat niets open op uw account. Welk bedrag wilt u betalen, en waarvoor?".to_owned(),
        Saying::PortalSession { url } => format!("U kunt uw account hier beheren. De link is persoonlijk en werkt maar kort: {url}"),
        Saying::PortalLogin { url } => {
            format!("U kunt uw facturen bekijken en uw betaalgegevens zelf wijzigen wanneer u wilt, na aanmelding met uw e-mailadres: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("Uw abonnement eindigt op {}. Tot dan kunt u het gebruiken; het wordt niet verlengd. Tot dan kunt u zich ook nog bedenken: schrijf ons gewoon.", date(*on))
        }
        Saying::CancellationSet { on: None } => "Uw abonnement eindigt met de lopende periode. Tot dan kunt u zich ook nog bedenken: schrijf ons gewoon.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("Uw abonnement was al opgezegd en eindigt op {}. Tot dan kunt u het gebruiken; u hoeft niets meer te doen.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "Uw abonnement was al opgezegd. U hoeft niets meer te doen.".to_owned(),
        Saying::CancellationWaits => "Wij hebben uw opzegging ontvangen. Een collega bevestigt deze aan u.".to_owned(),
        Saying::CancellationDeclined => "Uw abonnement is niet opgezegd. Een collega schrijft u daarover.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Wij hebben de opzegging teruggedraaid: uw abonnement eindigt niet op {} en loopt door zoals voorheen.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Wij hebben de opzegging teruggedraaid: uw abonnement loopt door zoals voorheen.".to_owned(),
        Saying::WhichSubscription(lines) => list("Welk van uw abonnementen bedoelt u?", lines, |line| {
            let renews = line.next.map(|next| format!(", verlengd op {}", date(next))).unwrap_or_default();
            format!("het abonnement{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Meer dan één account gebruikt uw e-mailadres. Kunt u ons het nummer van een recente factuur noemen?".to_owned(),
        Saying::WhichCard => "Kunt u ons de laatste vier cijfers noemen van de kaart waarmee u hebt betaald?".to_owned(),
        Saying::Verify => "Om uw account te beschermen moeten wij zeker weten dat dit verzoek van u komt. Schrijf ons opnieuw vanaf het geregistreerde adres, of meld u aan bij uw account.".to_owned(),
        Saying::NoCustomer => "Wij hebben geen account met dit e-mailadres gevonden. Met welk adres hebt u zich aangemeld?".to_owned(),
        Saying::PersonAnswers => "Dank u voor uw bericht. Een collega kijkt ernaar en antwoordt u persoonlijk.".to_owned(),
        Saying::RestByPerson => "Over de rest van uw bericht hoort u nog van een collega.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::Nl)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::Nl)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" met de kaart die eindigt op {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "per dag",
        Interval::Week => "per week",
        Interval::Month => "per maand",
        Interval::Year => "per jaar",
        Interval::Longer => "per factuurperiode",
    };
    format!(" van {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "er was niet genoeg saldo.",
        Decline::LimitReached => {
            "de limiet van de kaart was bereikt. Uw bank kan u daar meer over vertellen."
        }
        Decline::ExpiredCard => "de kaart is verlopen.",
        Decline::WrongSecurityCode => "de beveiligingscode (CVC) van de kaart klopte niet.",
        Decline::WrongDetails => "de betaalgegevens klopten niet.",
        Decline::NeedsAuthentication => "de bank vraagt u de betaling te bevestigen.",
        Decline::NotSupported => "de kaart kan niet voor dit soort betaling worden gebruikt.",
        Decline::TryAgain => {
            "zij kon om een technische reden niet worden verwerkt. U kunt het gewoon opnieuw proberen."
        }
        Decline::ByBank => {
            "uw bank heeft haar geweigerd. Alleen uw bank kan u zeggen waarom; vraag het daar na."
        }
        Decline::NotAccepted => {
            "zij is niet geaccepteerd. Probeer een andere kaart of een andere betaalwijze."
        }
    }
}
