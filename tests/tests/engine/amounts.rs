//! Amounts through the whole engine: Stripe is told exactly so many minor units, or the customer is asked.

use anyhow::Result;
use domain::policy::Switch;
use domain::{Currency, Function, Outcome, ReasonCode};
use serde_json::json;

use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

/// What a mail leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// A refund of so many minor units.
    To(i64),
    /// A question, for this reason.
    Asks(ReasonCode),
}

use Leads::{Asks, To};

const UNCLEAR: Leads = Asks(ReasonCode::AmountUnclear);
const TOO_HIGH: Leads = Asks(ReasonCode::AmountTooHigh);

/// What a mail about one payment of `charged` minor units leads to.
async fn leads(currency: &str, charged: i64, text: &str) -> Result<Leads> {
    let limit: Currency = currency.parse()?;
    let stock = Stock::of_ada_and_bob().charge_with("ch_1001", charged, "-3d", json!({"currency": currency}));
    let shop = Shop::open(stock).await?.switch(Function::Refund, Switch::On).rules(|policy| {
        policy.refund.limit_minor.insert(limit, i64::MAX);
    });
    let draft = shop.receives(&Letter::from(ADA).asks(text)).await?;
    let refunded = shop.refunded().await?;
    Ok(match (draft.data().outcome, refunded.as_slice()) {
        (Outcome::ActionTaken, [minor]) => To(*minor),
        (outcome, refunded) => {
            assert_eq!((outcome, refunded), (Outcome::NeedsClarification, &[][..]), "{text}");
            Asks(draft.data().reasons.first().map_or(ReasonCode::Unsure, |reason| reason.code))
        }
    })
}

async fn check(currency: &str, charged: i64, rows: &[(&str, Leads)]) -> Result<()> {
    for (text, expected) in rows {
        assert_eq!(leads(currency, charged, text).await?, *expected, "{text} of {charged} {currency}");
    }
    Ok(())
}

#[tokio::test]
async fn euros_in_every_locale() -> Result<()> {
    let rows = [
        ("Please refund €1,234.56 of my last payment.", To(123_456)),
        ("Please refund 1,234.56 EUR of my last payment.", To(123_456)),
        ("Bitte erstatten Sie mir 1.234,56 € meiner letzten Zahlung.", To(123_456)),
        ("Bitte erstatten Sie mir 1'234.56 € meiner letzten Zahlung.", To(123_456)),
        ("Merci de me rembourser 1 234,56 € de mon dernier paiement.", To(123_456)),
        ("Merci de me rembourser 1\u{202f}234,56\u{a0}€ de mon dernier paiement.", To(123_456)),
        ("Solicito el reembolso de 1.234,56 euros de mi último pago.", To(123_456)),
        ("Vorrei il rimborso di 1.234,56 € del mio ultimo pagamento.", To(123_456)),
        ("Peço o reembolso de € 1.234,56 do meu último pagamento.", To(123_456)),
        ("Graag € 1.234,56 van mijn laatste betaling terugbetalen.", To(123_456)),
        ("Please refund 1.500 € of my last payment.", To(150_000)),
        ("Please refund 20 EUR of my last payment.", To(2_000)),
        ("Please refund EUR 20,- of my last payment.", To(2_000)),
        ("Please refund 0,50 € of my last payment.", To(50)),
    ];
    check("eur", 200_000, &rows).await
}

#[tokio::test]
async fn dollars_and_reais_in_every_locale() -> Result<()> {
    let dollars = [
        ("Please refund $1,234.56 of my last payment.", To(123_456)),
        ("Please refund US$ 1,234.56 of my last payment.", To(123_456)),
        ("Bitte erstatten Sie mir 1.234,56 USD meiner letzten Zahlung.", To(123_456)),
        ("Merci de me rembourser 1 234,56 $ de mon dernier paiement.", To(123_456)),
        ("Bitte erstatten Sie mir 1’234.56 USD meiner letzten Zahlung.", To(123_456)),
        ("Please refund 20 bucks of my last payment.", To(2_000)),
        ("Please refund 20 € of my last payment.", UNCLEAR),
    ];
    check("usd", 200_000, &dollars).await?;
    let reais = [
        ("Peço o estorno de R$ 1.234,56 do meu último pagamento.", To(123_456)),
        ("Peço o estorno de R$1.234,56 do meu último pagamento.", To(123_456)),
        ("Peço o estorno de 1.234,56 reais do meu último pagamento.", To(123_456)),
        ("Please refund BRL 1,234.56 of my last payment.", To(123_456)),
        ("Merci de me rembourser 1 234,56 BRL de mon dernier paiement.", To(123_456)),
        ("Bitte erstatten Sie mir 1'234.56 BRL meiner letzten Zahlung.", To(123_456)),
    ];
    check("brl", 200_000, &reais).await
}

#[tokio::test]
async fn yen_have_no_decimals_however_they_are_written() -> Result<()> {
    let rows = [
        ("Please refund ¥12,000 of my last payment.", To(12_000)),
        ("Please refund ￥12,000 of my last payment.", To(12_000)),
        ("Please refund 12.000 円 of my last payment.", To(12_000)),
        ("Please refund 12,000円 of my last payment.", To(12_000)),
        ("Merci de me rembourser 12 000 JPY de mon dernier paiement.", To(12_000)),
        ("Bitte erstatten Sie mir 12.000 Yen meiner letzten Zahlung.", To(12_000)),
        ("Bitte erstatten Sie mir 12'000 JPY meiner letzten Zahlung.", To(12_000)),
        ("Please refund ¥12,000.00 of my last payment.", To(12_000)),
        ("Please refund ¥12,000.50 of my last payment.", UNCLEAR),
        ("Please refund ¥50,000 of my last payment.", TOO_HIGH),
    ];
    check("jpy", 20_000, &rows).await
}

#[tokio::test]
async fn dinars_have_three_decimals_and_a_mark_that_may_be_either_is_asked_about() -> Result<()> {
    let small = [
        ("Please refund KD 12.345 of my last payment.", To(12_345)),
        ("Please refund 12.345 KWD of my last payment.", To(12_345)),
        ("Bitte erstatten Sie mir 12,345 KWD meiner letzten Zahlung.", To(12_345)),
        ("Please refund 12.5 KWD of my last payment.", To(12_500)),
        ("Please refund 12 KWD of my last payment.", To(12_000)),
        ("Please refund KWD 0.500 of my last payment.", To(500)),
        ("Please refund 12.500 Kuwaiti dinars of my last payment.", To(12_500)),
        ("Please refund 12.500 dinars of my last payment.", UNCLEAR),
        ("Please refund $12 of my last payment.", UNCLEAR),
    ];
    check("kwd", 20_000, &small).await?;
    let large = [
        ("Please refund 1.500 KWD of my last payment.", UNCLEAR),
        ("Bitte erstatten Sie mir 1.500 KWD meiner letzten Zahlung.", UNCLEAR),
        ("Please refund KWD 1,234.567 of my last payment.", To(1_234_567)),
        ("Bitte erstatten Sie mir 1.234,567 KWD meiner letzten Zahlung.", To(1_234_567)),
        ("Merci de me rembourser 1 234,567 KWD de mon dernier paiement.", To(1_234_567)),
        ("Bitte erstatten Sie mir 1'234.567 KWD meiner letzten Zahlung.", To(1_234_567)),
        ("Please refund 1500 KWD of my last payment.", To(1_500_000)),
    ];
    check("kwd", 2_000_000, &large).await
}

#[tokio::test]
async fn a_share_is_asked_about_in_every_language() -> Result<()> {
    let rows = [
        "Please refund half of my last payment.",
        "Please refund the difference of my last payment.",
        "Please refund a third of my last payment.",
        "Please refund 20 % of my last payment.",
        "Please refund 20% of the 49 € of my last payment.",
        "Please refund 1/2 of my last payment.",
        "Bitte erstatten Sie mir die Hälfte meiner letzten Zahlung.",
        "Bitte erstatten Sie mir die Differenz meiner letzten Zahlung.",
        "Bitte erstatten Sie mir ein Drittel meiner letzten Zahlung.",
        "Bitte erstatten Sie mir 20 Prozent meiner letzten Zahlung.",
        "Merci de me rembourser la moitié de mon dernier paiement.",
        "Merci de me rembourser la différence de mon dernier paiement.",
        "Merci de me rembourser un tiers de mon dernier paiement.",
        "Merci de me rembourser 20 pour cent de mon dernier paiement.",
        "Solicito el reembolso de la mitad de mi último pago.",
        "Solicito el reembolso de la diferencia de mi último pago.",
        "Solicito el reembolso de un tercio de mi último pago.",
        "Solicito el reembolso del 20 por ciento de mi último pago.",
        "Vorrei il rimborso della metà del mio ultimo pagamento.",
        "Vorrei il rimborso della differenza del mio ultimo pagamento.",
        "Vorrei il rimborso di un terzo del mio ultimo pagamento.",
        "Vorrei il rimborso del 20 per cento del mio ultimo pagamento.",
        "Peço o reembolso de metade do meu último pagamento.",
        "Peço o reembolso da diferença do meu último pagamento.",
        "Quero que me devolvam um terço do meu último pagamento.",
        "Peço o reembolso de 20 por cento do meu último pagamento.",
        "Graag de helft van mijn laatste betaling terugbetalen.",
        "Graag het verschil van mijn laatste betaling terugbetalen.",
        "Graag een derde van mijn laatste betaling terugbetalen.",
        "Graag 20 procent van mijn laatste betaling terugbetalen.",
    ];
    check("eur", 4_900, &rows.map(|text| (text, UNCLEAR))).await
}

#[tokio::test]
async fn two_amounts_are_asked_about_in_every_language() -> Result<()> {
    let rows = [
        "Please refund 20 € or 25 € of my last payment.",
        "Please refund 20 € of my last payment. Please refund 25 €.",
        "Please refund 20-30 € of my last payment.",
        "Bitte erstatten Sie mir 20 € oder 25 € meiner letzten Zahlung.",
        "Merci de me rembourser 20 € ou 25 € de mon dernier paiement.",
        "Solicito el reembolso de 20 € o 25 € de mi último pago.",
        "Vorrei il rimborso di 20 € o 25 € del mio ultimo pagamento.",
        "Peço o reembolso de 20 € ou 25 € do meu último pagamento.",
        "Graag 20 € of 25 € van mijn laatste betaling terugbetalen.",
    ];
    check("eur", 4_900, &rows.map(|text| (text, UNCLEAR))).await
}

#[tokio::test]
async fn what_cannot_be_an_amount_is_asked_about() -> Result<()> {
    let rows = [
        ("Please refund -20 € of my last payment.", UNCLEAR),
        ("Please refund minus 20 € of my last payment.", UNCLEAR),
        ("Please refund 0 € of my last payment.", UNCLEAR),
        ("Please refund 0.00 EUR of my last payment.", UNCLEAR),
        ("Please refund 999999999 € of my last payment.", TOO_HIGH),
        ("Please refund 99999999999999999999 € of my last payment.", UNCLEAR),
        ("Please refund 5k € of my last payment.", UNCLEAR),
        ("Please refund 1.2.3 € of my last payment.", UNCLEAR),
        ("Please refund 1,23,456 € of my last payment.", UNCLEAR),
        ("Please refund 12.345,678 € of my last payment.", UNCLEAR),
        ("Please refund twenty euros of my last payment.", UNCLEAR),
        ("Bitte erstatten Sie mir zwanzig Euro meiner letzten Zahlung.", UNCLEAR),
        ("Please refund ２０ € of my last payment.", To(2_000)),
        ("Please refund 20 of my last payment.", UNCLEAR),
        ("Please refund 2 months of my last payment.", UNCLEAR),
        ("Please refund 50.00 € of my last payment.", TOO_HIGH),
    ];
    check("eur", 4_900, &rows).await
}

#[tokio::test]
async fn all_of_it_is_all_of_it_in_every_language() -> Result<()> {
    let rows = [
        "Please refund the full amount of my last payment.",
        "Please refund my last payment in full.",
        "Please refund 100 % of my last payment.",
        "Bitte erstatten Sie mir den gesamten Betrag meiner letzten Zahlung.",
        "Je demande le remboursement du montant total de mon dernier paiement.",
        "Solicito el reembolso del importe total de mi último pago.",
        "Vorrei il rimborso dell'intero importo del mio ultimo pagamento.",
        "Peço o reembolso do valor total do meu último pagamento.",
        "Graag het volledige bedrag van mijn laatste betaling terugbetalen.",
        "Please refund 49.00 EUR.",
        "Please refund the full 49 €.",
    ];
    check("eur", 4_900, &rows.map(|text| (text, To(4_900)))).await?;
    check("eur", 4_900, &[("Please refund the full amount of 20 € of my last payment.", UNCLEAR)]).await
}
