//! To whom facts go: to the address on file in Stripe and to nobody else, whatever the mail says.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use domain::RunKind;
use domain::draft::{Audience, DeliveryRule};
use serde_json::Value;

use crate::draft::Draft;
use crate::shop::Shop;

/// Who vouches for senders at Larkspur, the business of the sample mailbox.
pub(crate) const LARKSPUR: &str = "mx.larkspur.example";
const LARKSPUR_KEY: &str = "rk_test_larkspur_demo_0002";

/// A shop with Larkspur's world.
pub(crate) async fn larkspur() -> Result<Shop> {
    let world = std::fs::read_to_string(samples().join("world.json"))?;
    Shop::with(&world, LARKSPUR_KEY).await?.believing(LARKSPUR)
}

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/app/samples")
}

/// Every sample mail with its name, in order.
pub(crate) fn sample_mails() -> Result<Vec<(String, String)>> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(samples().join("mail"))? {
        let path = entry?.path();
        let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
        mails.push((name, String::from_utf8_lossy(&std::fs::read(&path)?).into_owned()));
    }
    mails.sort();
    Ok(mails)
}

/// The address on file of each customer in Larkspur's test data.
async fn addresses(shop: &Shop) -> Result<HashMap<String, String>> {
    let customers = shop.kept("customers").await?;
    let text = |customer: &Value, field: &str| customer.get(field).and_then(Value::as_str).map(str::to_owned);
    Ok(customers
        .iter()
        .filter_map(|customer| Some((text(customer, "id")?, text(customer, "email")?)))
        .collect())
}

#[track_caller]
fn goes_to_the_address_on_file_only(name: &str, draft: &Draft, addresses: &HashMap<String, String>) {
    let data = draft.data();
    let Some(to) = &data.delivery.to else {
        assert!(
            data.facts.is_empty() && data.links.is_empty() && data.actions.is_empty(),
            "{name}: {data:#?}"
        );
        assert!(data.customer.is_none(), "{name}: whose it is would tell that there is an account");
        assert_ne!(data.delivery.rule, DeliveryRule::AddressOnFile, "{name}");
        return;
    };
    let customer = data.customer.as_ref().map(|customer| customer.id.as_str().to_owned()).unwrap_or_default();
    let on_file = addresses.get(&customer).map(|address| address.to_lowercase());
    assert_eq!(Some(to.to_lowercase().as_str().to_owned()), on_file, "{name}");
}

/// The mail with other headers than it came with.
type Change = fn(&str) -> String;

fn answers_elsewhere(mail: &str) -> String {
    format!("Reply-To: eve@evil.example\r\n{}", without(mail, "reply-to"))
}

fn spoofed(mail: &str) -> String {
    without(mail, "authentication-results")
}

fn by_a_list(mail: &str) -> String {
    format!("List-Id: <all.evil.example>\r\nList-Post: <mailto:all@evil.example>\r\n{mail}")
}

fn resent(mail: &str) -> String {
    format!("Resent-From: eve@evil.example\r\nResent-To: billing@larkspur.example\r\n{mail}")
}

fn as_it_is(mail: &str) -> String {
    mail.to_owned()
}

const CHANGES: [(&str, Change); 5] = [
    ("as it is", as_it_is),
    ("Reply-To elsewhere", answers_elsewhere),
    ("spoofed", spoofed),
    ("by a list", by_a_list),
    ("resent", resent),
];

/// Takes a header out, with its continuation lines.
fn without(mail: &str, header: &str) -> String {
    let mut left = String::with_capacity(mail.len());
    let (mut in_head, mut skipping) = (true, false);
    for line in mail.split_inclusive('\n') {
        in_head = in_head && !line.trim().is_empty();
        let continues = line.starts_with([' ', '\t']);
        if in_head && !continues {
            skipping = line.to_ascii_lowercase().starts_with(&format!("{header}:"));
        }
        if !(in_head && skipping) {
            left.push_str(line);
        }
    }
    left
}

#[tokio::test]
async fn every_sample_in_every_disguise_is_answered_to_the_address_on_file_or_to_nobody() -> Result<()> {
    let shop = larkspur().await?;
    let addresses = addresses(&shop).await?;
    for (name, mail) in sample_mails()? {
        for (disguise, change) in CHANGES {
            let bytes = change(&mail).into_bytes();
            let draft = shop.simulates(bytes).await.with_context(|| format!("{name}, {disguise}"))?;
            goes_to_the_address_on_file_only(&format!("{name}, {disguise}"), &draft, &addresses);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_mail_that_proves_nothing_moves_no_money_whatever_it_says() -> Result<()> {
    let shop = larkspur().await?;
    for (_, mail) in sample_mails()? {
        for change in [spoofed, by_a_list, resent] {
            shop.receives_bytes(change(&mail).into_bytes(), RunKind::Live).await?.claims_no_refund();
        }
    }
    let asked = shop.asked().await?;
    let moved = |path: &str| path.starts_with("/v1/refunds") || path.starts_with("/v1/subscriptions/");
    assert!(!asked.iter().any(|asked| asked.method == "POST" && moved(&asked.path)));
    assert!(
        !asked.iter().any(|asked| asked.method == "POST" && asked.path.starts_with("/v1/billing_portal"))
    );
    Ok(())
}

#[tokio::test]
async fn a_reply_to_elsewhere_is_dropped_and_said() -> Result<()> {
    let shop = larkspur().await?;
    let (_, mail) = sample_mails()?.into_iter().next().context("a sample")?;
    let draft = shop.simulates(answers_elsewhere(&mail).into_bytes()).await?;
    assert_eq!(draft.data().delivery.dropped, ["reply_to"]);
    assert!(!String::from_utf8(draft.bytes.clone())?.contains("evil.example"), "it is nowhere in the draft");
    assert!(draft.data().facts.iter().any(|fact| fact.audience == Audience::Customer), "the answer goes out");
    Ok(())
}
