//! Amounts, shares, references and cards, as a request names them.

use domain::Currency;
use domain::intent::{CurrencyAsked, Disposition, Label, Part};
use domain::{Function, Understanding};
use intent::{Classifier, Text};

fn read(body: &str) -> Understanding {
    Classifier::embedded().classify(Text { subject: "", written: body, cut: "" })
}

/// The amount in minor units where the currency is said, `$` for a bare dollar, `?` before an amount that cannot be told.
fn amount(body: &str) -> String {
    let slots = read(body).slots;
    if let Some(words) = slots.unclear_amount {
        return format!("? {}", words.text);
    }
    let Some(amount) = slots.amount else { return "none".to_owned() };
    match amount.currency {
        CurrencyAsked::Known(currency) => match amount.in_currency(currency) {
            Some(money) => format!("{} {}", money.minor, currency),
            None => "too many decimals".to_owned(),
        },
        CurrencyAsked::Dollar => {
            format!("{} $", amount.in_currency(Currency::USD).map_or(0, |money| money.minor))
        }
        CurrencyAsked::Unsaid => format!("{} digits, {} decimals", amount.digits, amount.decimals),
    }
}

#[track_caller]
fn check(body: &str, expected: &str) {
    assert_eq!(amount(body), expected, "{body}");
}

#[test]
fn the_amount_is_what_is_asked_for() {
    check("Please refund the 49 € you charged on 3 May.", "4900 eur");
    check("I was charged €49 but only want 20 € back.", "2000 eur");
    check("Please refund 20 € of the 49 € I paid.", "2000 eur");
    check("Please refund $20 to my card ending in 4242.", "2000 $");
    check("Could you refund me 12.50 USD for invoice ABCD1234-0001 of 12.05.2024?", "1250 usd");
    check("Bitte erstatten Sie mir 1.234,50 € zurück.", "123450 eur");
    check("Ich habe 49 € bezahlt und möchte 20 € zurück.", "2000 eur");
    check("Merci de me rembourser 1 234,50 EUR.", "123450 eur");
    check("Quiero que me devuelvan 15,99 euros.", "1599 eur");
    check("Vorrei il rimborso di 29,00 €.", "2900 eur");
    check("Peço o estorno de R$ 99,00.", "9900 brl");
    check("Graag € 20,- terugstorten op mijn rekening.", "2000 eur");
    check("Please refund CHF 20.– to us.", "2000 chf");
    check("Please refund ¥5000.", "5000 jpy");
    check("Please refund 5.000 KWD.", "5000 kwd");
    check("Please refund 12.50 for the extra seat.", "1250 digits, 2 decimals");
    check("Please send me a payment link for the 120 € that are open.", "12000 eur");
}

#[test]
fn an_amount_told_beside_the_request_is_not_asked_for() {
    check("I was charged 49 € on Monday. Please refund me.", "none");
    check("Our plan costs 29 € per month. Please refund the last payment.", "none");
    check("Please refund invoice ABCD1234-0001 of 2024, 3 seats, card 4242.", "none");
}

#[test]
fn a_pointer_finds_the_one_amount_of_the_mail() {
    check("You took 49 € from my card on Monday. Please refund that amount.", "4900 eur");
    check("You took 49 € and 29 € from my card. Please refund that amount.", "? 29 €");
}

#[test]
fn an_amount_that_cannot_be_told_is_shown_and_never_guessed() {
    check("I was charged 49 € but should have paid 29 €, please refund the difference.", "? the difference");
    check("Please refund half of it.", "? half");
    check("Please refund half of the 49 €.", "? 49 €");
    check("Please refund 20 € or 25 €, whatever is right.", "? 20 € or 25 €");
    check("Please refund 2 x 20 €.", "? 20 €");
    check("Please refund 100 kr.", "? 100 kr");
    check("Bitte erstatten Sie mir die Hälfte.", "? Hälfte");
    check("Merci de me rembourser la différence.", "? différence");
}

#[track_caller]
fn check_full(body: &str, expected: bool) {
    assert_eq!(read(body).slots.full, expected, "{body}");
}

#[test]
fn full_is_full_only_when_the_mail_says_so() {
    check_full("I would like a full refund please.", true);
    check_full("Please refund everything.", true);
    check_full("Bitte erstatten Sie mir den gesamten Betrag.", true);
    check_full("Je demande le remboursement intégral.", true);
    check_full("Solicito la devolución total.", true);
    check_full("Chiedo il rimborso completo.", true);
    check_full("Peço o reembolso total.", true);
    check_full("Graag het volledige bedrag terugbetalen.", true);
    check_full("Please refund my last payment.", false);
    check_full("Please refund me, that is all. All the best!", false);
    check_full("I do not want a full refund, please refund half.", false);
}

#[test]
fn references_and_cards_are_named_verbatim() {
    let read = Classifier::embedded().classify(Text {
        subject: "Invoice LARK0001-0002",
        written: "Please refund ch_3LarkAda0001 (receipt 1234-5678) to the Visa ending in 4242, not sub_app.",
        cut: "in_9zzz9999",
    });
    let references: Vec<_> =
        read.slots.references.iter().map(|reference| reference.as_str().to_owned()).collect();
    assert_eq!(references, ["LARK0001-0002", "ch_3LarkAda0001", "1234-5678"]);
    assert_eq!(read.slots.card_last4.as_deref(), Some("4242"));
}

#[track_caller]
fn check_card(body: &str, expected: Option<&str>) {
    assert_eq!(read(body).slots.card_last4.as_deref(), expected, "{body}");
}

#[test]
fn cards_are_named_by_their_last_digits_in_every_language() {
    check_card("the card ending 4242", Some("4242"));
    check_card("meine Karte, die auf 4242 endet, endet auf 4242", Some("4242"));
    check_card("ma carte se terminant par 4242", Some("4242"));
    check_card("la tarjeta terminada en 4242", Some("4242"));
    check_card("la carta che termina con 4242", Some("4242"));
    check_card("o cartão com final 4242", Some("4242"));
    check_card("de kaart eindigend op 4242", Some("4242"));
    check_card("Visa **** 4242", Some("4242"));
    check_card("order 4242 of 2024", None);
}

#[test]
fn quoted_history_never_moves_money() {
    let cut = "Please refund my last payment of 49 €, it was charged twice.";
    let read = Classifier::embedded().classify(Text { subject: "", written: "  \n", cut });
    assert_eq!(read.intent.label, Label::Ask(Function::Refund));
    assert_eq!(read.disposition, Disposition::Person);
    assert!(read.intent.confidence.permille() <= 500);
    assert!(read.intent.evidence.iter().all(|span| span.part == Part::Quoted));
    let written =
        Classifier::embedded().classify(Text { subject: "", written: "Thanks, all clear now!", cut });
    assert_eq!(written.intent.label, Label::None);
}

#[test]
fn a_request_in_the_subject_alone_reaches_a_person_at_least() {
    let asks =
        |subject| Classifier::embedded().classify(Text { subject, written: "Best regards, Ann", cut: "" });
    assert_ne!(asks("Please send me the invoice for October").disposition, Disposition::Nothing);
    assert_ne!(asks("Please cancel my subscription").disposition, Disposition::Nothing);
    assert_eq!(asks("Re: Please cancel my subscription").disposition, Disposition::Person);
    assert_eq!(asks("AW: Bitte mein Abo kündigen").disposition, Disposition::Person);
}

#[track_caller]
fn check_dates(body: &str, expected: &[&str]) {
    let dates = read(body).slots.dates;
    assert_eq!(dates.iter().map(|date| date.evidence.text.as_str()).collect::<Vec<_>>(), expected, "{body}");
}

#[test]
fn the_days_of_payments_are_named_and_other_days_are_not() {
    check_dates("Please refund the payment of 17 November.", &["17 November"]);
    check_dates("I was charged on 17 November. Please refund me.", &["17 November"]);
    check_dates("Please refund my payment. It was on 17 November.", &["17 November"]);
    check_dates("Bitte erstatten Sie die Zahlung vom 17.11.2026.", &["17.11.2026"]);
    check_dates("Merci de me rembourser le paiement du 17 novembre.", &["17 novembre"]);
    check_dates("Solicito el reembolso del cobro del 17 de noviembre.", &["17 de noviembre"]);
    check_dates("Vorrei il rimborso del pagamento del 17 novembre.", &["17 novembre"]);
    check_dates("Peço o reembolso da cobrança de 17 de novembro.", &["17 de novembro"]);
    check_dates("Graag terugbetaling van de afschrijving van 17 november.", &["17 november"]);
    check_dates(
        "I cancelled on 10 November but was charged on 17 November, please refund me.",
        &["17 November"],
    );
    check_dates("I signed up for the trial on 3 May and would like a refund.", &[]);
    check_dates("I wrote last week. Please refund my last payment.", &[]);
    check_dates("I am on holiday since 3 May. Please refund my last payment.", &[]);
    check_dates("Please refund me before 30 November.", &[]);
    check_dates("Please refund the payment of 3 May, not the one of 17 May.", &["3 May"]);
    check_dates("I paid on 3 May. Please refund the payment of 17 May.", &["17 May"]);
    check_dates("Please refund invoice ABCD1234-0001 and 20.10 €.", &[]);
}

#[test]
fn the_last_payment_is_named_in_every_language() {
    for body in [
        "Please refund my last payment.",
        "Please refund the most recent charge.",
        "Bitte erstatten Sie meine letzte Zahlung.",
        "Merci de me rembourser le dernier prélèvement.",
        "Solicito el reembolso del último cobro.",
        "Vorrei il rimborso dell'ultimo addebito.",
        "Peço o reembolso da última cobrança.",
        "Graag de laatste betaling terugbetalen.",
    ] {
        assert!(read(body).slots.last_payment, "{body}");
    }
    for body in ["Please refund my payment.", "Please refund the last two payments.", "My last name is Bell."]
    {
        assert!(!read(body).slots.last_payment, "{body}");
    }
}
