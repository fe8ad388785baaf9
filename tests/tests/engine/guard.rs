//! The guard: whatever amount, date, link or number a reply names stands in its closed lists.

use anyhow::{Context, Result};
use domain::RunKind;
use domain::draft::{DraftContext, Guard};
use serde_json::json;

use crate::delivery::{larkspur, sample_mails};
use crate::draft::Draft;
use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

/// Figures that belong to the wording: how long banks take.
const WORDED: [&str; 4] = ["5–10", "5 à 10", "entre 5 y 10", "5 a 10"];
const SIGNS: [char; 6] = ['€', '$', '£', '¥', '₹', '@'];

/// What a reply names that its guard does not: whatever is left of figures, signs and links when the listed is taken out.
fn invented(data: &DraftContext) -> Option<String> {
    let Guard { amounts, dates, urls, ids } = &data.guard;
    let mut listed: Vec<&str> =
        [urls, amounts, dates, ids].into_iter().flatten().map(String::as_str).collect();
    listed.extend(WORDED);
    listed.sort_by_key(|item| std::cmp::Reverse(item.len()));
    let left = listed.iter().fold(data.reply.text.clone(), |text, item| text.replace(item, "…"));
    let suspicious =
        left.contains("://") || left.contains(SIGNS) || left.contains(|c: char| c.is_ascii_digit());
    suspicious.then_some(left)
}

#[track_caller]
fn invents_nothing(name: &str, draft: &Draft) {
    if let Some(left) = invented(draft.data()) {
        assert_eq!(left, "", "{name}: this is not in {:#?}", draft.data().guard);
    }
    let links = &draft.data().links;
    assert!(links.iter().all(|link| draft.data().guard.urls.contains(&link.url)), "{name}");
}

#[tokio::test]
async fn every_amount_date_link_and_number_of_a_reply_is_in_its_guard() -> Result<()> {
    let shop = larkspur().await?;
    for (name, mail) in sample_mails()? {
        let bytes = mail.into_bytes();
        invents_nothing(&name, &shop.simulates(bytes.clone()).await.with_context(|| name.clone())?);
        invents_nothing(
            &name,
            &shop.receives_bytes(bytes, RunKind::Live).await.with_context(|| name.clone())?,
        );
    }
    Ok(())
}

#[tokio::test]
async fn answers_that_end_the_thread_name_nothing_that_is_not_listed() -> Result<()> {
    let reference = json!({"reference": "74208516012345678901234", "reference_status": "available"});
    let refund = json!({"id": "re_1001", "charge": "ch_1003", "amount": 700, "created": "-1d",
        "destination_details": {"type": "card", "card": reference}});
    let items =
        json!([{"price": "price_year", "current_period_start": "-12d", "current_period_end": "+353d"}]);
    let open =
        json!({"status": "open", "attempt_count": 2, "next_payment_attempt": "+4d", "due_date": "+9d"});
    let stock = Stock::of_ada_and_bob()
        .charge("ch_1001", 4_900, "-50h")
        .charge("ch_1002", 4_900, "-51h")
        .charge_with("ch_1003", 1_700, "-9d", json!({"amount_refunded": 700}))
        .has("refunds", refund)
        .invoice("in_1001", "ADAL0001-0001", 2_900, "-9d", open)
        .subscription("sub_1001", json!({}))
        .subscription("sub_1002", json!({"items": items}));
    let shop = Shop::open(stock).await?;
    let asked = [
        ("Did my last payment go through?", "two payments"),
        ("Please tell me the status of my payment ch_1003.", "reference number"),
        ("Could you please send me my latest invoice?", "next attempt"),
        ("What is the status of my subscription?", "renews on"),
        ("Please cancel my subscription.", "Which of your subscriptions"),
        ("Please cancel my subscription sub_1001.", "will end on"),
        ("Please cancel my subscription sub_1001 now.", "was already set to end"),
    ];
    for (words, expected) in asked {
        let draft = shop.receives(&Letter::from(ADA).asks(words)).await?;
        draft.says(expected);
        invents_nothing(words, &draft);
    }
    Ok(())
}

#[tokio::test]
async fn the_guard_of_a_mail_that_comes_again_after_a_crash_is_whole() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().charge("ch_1001", 4_900, "-3d")).await?;
    let letter = Letter::from(ADA).asks("Please refund my last payment.");
    shop.is_killed_over(&letter).await?;
    let draft = shop.receives(&letter).await?;
    draft.says("€49.00");
    invents_nothing("after a crash", &draft);
    Ok(())
}

#[tokio::test]
async fn the_scanner_sees_what_is_not_listed() -> Result<()> {
    let stock = Stock::of_ada_and_bob().invoice("in_1001", "ADAL0001-0001", 2_900, "-9d", json!({}));
    let letter = Letter::from(ADA).asks("Could you please send me my latest invoice?");
    let mut data = Shop::open(stock).await?.receives(&letter).await?.event.data;
    assert_eq!(invented(&data), None);
    for more in ["€1", "on 3 May", "https://evil.example", "4242"] {
        let honest = data.reply.text.clone();
        data.reply.text = format!("{honest} {more}");
        assert!(invented(&data).is_some(), "{more}");
        data.reply.text = honest;
    }
    Ok(())
}
