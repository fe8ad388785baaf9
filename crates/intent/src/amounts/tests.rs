use super::*;

#[track_caller]
fn check(text: &str, expected: &[(&str, i64, u8, &str)]) {
    let found: Vec<_> = find(text, &[])
        .into_iter()
        .map(|amount| {
            let value = amount.value.map_or((-1, 0), |value| (value.digits, value.decimals));
            (text[amount.start..amount.end].to_owned(), value.0, value.1, currency(amount.currency))
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|&(text, digits, decimals, currency)| (text.to_owned(), digits, decimals, currency.to_owned()))
        .collect();
    assert_eq!(found, expected, "{text}");
}

fn currency(written: Written) -> String {
    match written {
        Written::Said(CurrencyAsked::Known(currency)) => currency.as_str().to_owned(),
        Written::Said(CurrencyAsked::Dollar) => "$".to_owned(),
        Written::Said(CurrencyAsked::Unsaid) | Written::Nothing => String::new(),
        Written::Shared => "shared".to_owned(),
    }
}

#[test]
fn amounts_are_read_in_every_shape() {
    check("über 1.234,50 € bitte", &[("1.234,50 €", 123_450, 2, "eur")]);
    check("for €1,234.50.", &[("€1,234.50", 123_450, 2, "eur")]);
    check("de 1 234,50 EUR", &[("1 234,50 EUR", 123_450, 2, "eur")]);
    check("1\u{202f}234,50\u{a0}€", &[("1\u{202f}234,50\u{a0}€", 123_450, 2, "eur")]);
    check("20,- € und CHF 20.–", &[("20,- €", 20, 0, "eur"), ("CHF 20.–", 20, 0, "chf")]);
    check("R$ 99,00", &[("R$ 99,00", 9900, 2, "brl")]);
    check("¥5000 or ¥5,000", &[("¥5000", 5000, 0, "jpy"), ("¥5,000", 5000, 0, "jpy")]);
    check("CHF 1'234.50", &[("CHF 1'234.50", 123_450, 2, "chf")]);
    check(
        "49EUR, EUR49, 20euros",
        &[("49EUR", 49, 0, "eur"), ("EUR49", 49, 0, "eur"), ("20euros", 20, 0, "eur")],
    );
    check("US$12 and $20", &[("US$12", 12, 0, "usd"), ("$20", 20, 0, "$")]);
    check(
        "20 dollars, 30 Canadian dollars",
        &[("20 dollars", 20, 0, "$"), ("30 Canadian dollars", 30, 0, "cad")],
    );
    check("100 kr", &[("100 kr", 100, 0, "shared")]);
    check("£5.50", &[("£5.50", 550, 2, "gbp")]);
    check("12.000 円", &[("12.000 円", 12_000, 0, "jpy")]);
    check("12,000円", &[("12,000円", 12_000, 0, "jpy")]);
    check("￥12,000", &[("￥12,000", 12_000, 0, "jpy")]);
    check("KD 12.345", &[("KD 12.345", 12_345, 3, "kwd")]);
    check("12.345 Kuwaiti dinars", &[("12.345 Kuwaiti dinars", 12_345, 3, "kwd")]);
    check("kr 100", &[("kr 100", 100, 0, "shared")]);
}

#[test]
fn three_decimals_belong_to_the_currencies_that_have_them() {
    check("5.000 KWD", &[("5.000 KWD", 5000, 3, "kwd")]);
    check("12.500 KWD", &[("12.500 KWD", 12_500, 3, "kwd")]);
    check("5.000 €", &[("5.000 €", 5000, 0, "eur")]);
    check("1,000.500 KWD", &[("1,000.500 KWD", 1_000_500, 3, "kwd")]);
}

#[test]
fn other_numbers_are_no_amounts() {
    check("on 12.05.2024, 2024-05-12, 12/05 at 10:30", &[]);
    check("invoice ABCD1234-0001, ch_3Nx12, receipt 1234-5678, year 2024", &[]);
    check("20% of 3 seats, 5k, card 4242, #1234, v1.2.3", &[]);
    check("at 10.30, um 10.30 Uhr, à 10.30", &[]);
}

#[test]
fn a_currency_beside_what_is_no_plain_number_is_an_amount_that_cannot_be_read() {
    for text in [
        "1.2.3 €",
        "-20 €",
        "\u{2212}20 €",
        "€-20",
        "5k €",
        "€5k",
        "5 thousand euros",
        "1,23,456 €",
        "2e3 €",
        "999999999999999999 €",
    ] {
        let found = find(text, &[]);
        assert!(!found.is_empty() && found.iter().all(|amount| amount.value.is_none()), "{text}: {found:?}");
    }
    assert!(find("20-30 €", &[]).iter().all(|amount| amount.value.is_none()));
}

#[test]
fn a_currency_that_stands_alone_is_seen() {
    let alone = |text: &str| alone(text, &find(text, &[])).map(|range| text[range].to_owned());
    assert_eq!(alone("twenty euros please").as_deref(), Some("euros"));
    assert_eq!(alone("zwanzig Euro bitte").as_deref(), Some("Euro"));
    assert_eq!(alone("２０ € please").as_deref(), Some("€"));
    assert_eq!(alone("20 € in euros, every euro"), None);
    assert_eq!(alone("refund it"), None);
}

#[test]
fn a_date_is_no_amount_and_takes_no_currency() {
    let text = "12.05.2024 EUR 20";
    let date = 0..10;
    assert_eq!(
        find(text, &[date]).first().and_then(|amount| amount.value).map(|value| value.digits),
        Some(20)
    );
}

#[test]
fn a_bare_number_needs_two_decimals() {
    check("refund 49.99 please, not 49", &[("49.99", 4999, 2, "")]);
}
