//! Amounts as customers write them: read to the last digit, or asked about. Never is a payment refunded wholly because its amount could
//! not be read.

use domain::intent::CurrencyAsked;
use domain::{Currency, Slots};
use intent::{Classifier, Text};

/// What a mail asks for: minor units and currency, `full`, `?` where it has to be asked, `none` where no amount is spoken of.
fn asked(body: &str) -> String {
    let slots: Slots = Classifier::embedded().classify(Text { subject: "", written: body, cut: "" }).slots;
    if slots.unclear_amount.is_some() {
        return "?".to_owned();
    }
    let Some(amount) = slots.amount else {
        return if slots.full { "full".to_owned() } else { "none".to_owned() };
    };
    let currency = match amount.currency {
        CurrencyAsked::Known(currency) => currency,
        CurrencyAsked::Dollar => Currency::USD,
        CurrencyAsked::Unsaid => Currency::EUR,
    };
    let minor: Vec<String> = amount.readings(currency).iter().map(|money| money.minor.to_string()).collect();
    if minor.is_empty() { "?".to_owned() } else { format!("{} {currency}", minor.join(" or ")) }
}

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (body, expected) in rows {
        assert_eq!(asked(body), *expected, "{body}");
    }
}

#[test]
fn every_currency_is_read_in_every_locale() {
    check(&[
        ("Please refund €1,234.56.", "123456 eur"),
        ("Please refund 1,234.56 EUR.", "123456 eur"),
        ("Bitte erstatten Sie mir 1.234,56 €.", "123456 eur"),
        ("Merci de me rembourser 1 234,56 €.", "123456 eur"),
        ("Merci de me rembourser 1\u{202f}234,56\u{a0}€.", "123456 eur"),
        ("Bitte erstatten Sie mir 1'234.56 €.", "123456 eur"),
        ("Bitte erstatten Sie mir CHF 1’234.56.", "123456 chf"),
        ("Quiero que me devuelvan 1.234,56 euros.", "123456 eur"),
        ("Vorrei il rimborso di 1.234,56 €.", "123456 eur"),
        ("Graag € 1.234,56 terugbetalen.", "123456 eur"),
        ("Peço o estorno de R$ 1.234,56.", "123456 brl"),
        ("Please refund BRL 1,234.56.", "123456 brl"),
        ("Please refund US$1,234.56.", "123456 usd"),
        ("Please refund $1,234.56.", "123456 usd"),
        ("Please refund 1.234,56 USD.", "123456 usd"),
        ("Please refund ¥12,000.", "12000 jpy"),
        ("Please refund ¥12.000.", "12000 jpy"),
        ("Please refund 12.000 円.", "12000 jpy"),
        ("Please refund 12 000 yen.", "12000 jpy"),
        ("Please refund JPY 12'000.", "12000 jpy"),
        ("Please refund KD 0.500.", "500 kwd"),
        ("Please refund KWD 1,234.567.", "1234567 kwd"),
        ("Bitte erstatten Sie 1.234,567 KWD.", "1234567 kwd"),
        ("Please refund KWD 12.5.", "12500 kwd"),
        ("Please refund KD 12.345.", "12345 or 12345000 kwd"),
        ("Please refund 1.500 KWD.", "1500 or 1500000 kwd"),
        ("Please refund 1.500 €.", "150000 eur"),
    ]);
}

#[test]
fn what_is_no_figure_is_asked_about_in_every_language() {
    check(&[
        ("Please refund half.", "?"),
        ("Bitte erstatten Sie mir die Hälfte.", "?"),
        ("Bitte erstatten Sie mir den halben Betrag.", "?"),
        ("Merci de me rembourser la moitié.", "?"),
        ("Solicito el reembolso de la mitad.", "?"),
        ("Vorrei il rimborso della metà.", "?"),
        ("Peço o reembolso da metade.", "?"),
        ("Graag de helft terugbetalen.", "?"),
        ("Please refund the difference.", "?"),
        ("Bitte erstatten Sie mir die Differenz.", "?"),
        ("Merci de me rembourser la différence.", "?"),
        ("Solicito el reembolso de la diferencia.", "?"),
        ("Vorrei il rimborso della differenza.", "?"),
        ("Peço o reembolso da diferença.", "?"),
        ("Graag het verschil terugbetalen.", "?"),
        ("Please refund a third of my payment.", "?"),
        ("Bitte erstatten Sie mir ein Drittel der Zahlung.", "?"),
        ("Merci de me rembourser un tiers du paiement.", "?"),
        ("Solicito el reembolso de un tercio del pago.", "?"),
        ("Vorrei il rimborso di un terzo del pagamento.", "?"),
        ("Quero que me devolvam um terço do pagamento.", "?"),
        ("Graag een derde van de betaling terugbetalen.", "?"),
        ("Please refund 20 % of my payment.", "?"),
        ("Please refund 20% of the 49 €.", "?"),
        ("Bitte erstatten Sie mir 20 Prozent.", "?"),
        ("Merci de me rembourser 20 pour cent.", "?"),
        ("Solicito el reembolso del 20 por ciento.", "?"),
        ("Vorrei il rimborso del 20 per cento.", "?"),
        ("Peço o reembolso de 20 por cento.", "?"),
        ("Graag 20 procent terugbetalen.", "?"),
        ("Please refund 1/2 of it.", "?"),
        ("Please refund ½ of it.", "?"),
        ("Please refund 100 % of my payment.", "none"),
    ]);
}

#[test]
fn two_amounts_are_asked_about_in_every_language() {
    check(&[
        ("Please refund 20 € or 25 €.", "?"),
        ("Please refund 20 € or 20 $.", "?"),
        ("Please refund 20 €. Please refund 25 €.", "?"),
        ("Please refund 20 €. Or rather 25 €.", "?"),
        ("Please refund 20-30 €.", "?"),
        ("Bitte erstatten Sie mir 20 € oder 25 €.", "?"),
        ("Merci de me rembourser 20 € ou 25 €.", "?"),
        ("Solicito el reembolso de 20 € o 25 €.", "?"),
        ("Vorrei il rimborso di 20 € o 25 €.", "?"),
        ("Peço o reembolso de 20 € ou 25 €.", "?"),
        ("Graag 20 € of 25 € terugbetalen.", "?"),
        ("Please refund 20 €, that is 20.00 €.", "2000 eur"),
    ]);
}

#[test]
fn what_cannot_be_an_amount_is_asked_about() {
    check(&[
        ("Please refund -20 €.", "?"),
        ("Please refund \u{2212}20 €.", "?"),
        ("Please refund €-20.", "?"),
        ("Please refund minus 20 €.", "?"),
        ("Please refund 0 €.", "?"),
        ("Please refund 0.00 EUR.", "?"),
        ("Please refund 5k €.", "?"),
        ("Please refund 5 million euros.", "?"),
        ("Please refund 99999999999999999999 €.", "?"),
        ("Please refund 999999999999 €.", "99999999999900 eur"),
        ("Please refund 1.2.3 €.", "?"),
        ("Please refund 1,23,456 €.", "?"),
        ("Please refund 12.345,678 €.", "?"),
        ("Please refund 12.50 JPY.", "?"),
        ("Please refund twenty euros.", "?"),
        ("Bitte erstatten Sie mir zwanzig Euro.", "?"),
        ("Merci de me rembourser vingt euros.", "?"),
        ("Please refund ２０ €.", "?"),
        ("Please refund 20.", "?"),
        ("Please refund me 1.500 please.", "?"),
        ("Bitte erstatten Sie mir 20.", "?"),
        ("Bitte 20 erstatten.", "?"),
        ("Please refund 2 months.", "?"),
        ("Please refund 100 kr.", "?"),
        ("Please refund kr 100.", "?"),
        ("Please refund 12.500 dinars.", "?"),
    ]);
}

#[test]
fn all_of_it_is_all_of_it_in_every_language() {
    check(&[
        ("Please refund the full amount.", "full"),
        ("Bitte erstatten Sie mir den gesamten Betrag.", "full"),
        ("Je demande le remboursement du montant total.", "full"),
        ("Solicito el reembolso del importe total.", "full"),
        ("Vorrei il rimborso dell'intero importo.", "full"),
        ("Peço o reembolso do valor total.", "full"),
        ("Graag het volledige bedrag terugbetalen.", "full"),
    ]);
}

#[test]
fn a_date_is_no_amount_and_an_amount_no_date() {
    check(&[
        ("Please refund the payment of 17/11/2026.", "none"),
        ("Bitte erstatten Sie die Zahlung vom 17.11.2026.", "none"),
        ("Bitte erstatten Sie die Zahlung vom 17.11.", "none"),
        ("Bitte erstatten Sie die 20 € vom 17.11.", "2000 eur"),
        ("Please refund the payment of 12.05.2026 EUR 20.", "2000 eur"),
        ("Please refund the payment made at 10.30.", "none"),
        ("Please refund my payment of May 17, 2026.", "none"),
        ("Please refund charge ch_3LarkAda0001.", "none"),
        ("Please refund invoice ABCD1234-0001.", "none"),
        ("Please refund order 12345.", "none"),
        ("Please refund the payment on my card ending in 4242.", "none"),
    ]);
}
