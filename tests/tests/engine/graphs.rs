//! Accounts with people who are easily taken for each other: customers with one address in two spellings, deleted customers, guests,
//! the same amounts on the same days from cards of the same ending. Whoever writes what: only the sender's own things are told and
//! touched, money moves only where the rules let it, and not a byte depends on what the others own.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use domain::RunKind;
use domain::draft::LinkKind;
use serde_json::Value;

use crate::draft::Draft;
use crate::shop::Shop;
use crate::stock::Stock;

mod account;
mod ask;
mod oracle;

use account::{Account, is_one_persons, written_out};
use ask::{Ask, Proof, asks};
use oracle::{Held, May, integer, text};

const GRAPHS: u64 = 64;
/// How many are played at once; each has a Stripe and a ledger of its own.
const PARTS: u64 = 4;
/// What belongs to the shop, not to a person.
const OF_THE_SHOP: [&str; 5] = ["plink_", "price_", "prod_", "bpc_", "acct_"];

/// How many mails were written, how many of them could have moved money, and how many did.
#[derive(Debug, Default)]
struct Seen {
    mails: usize,
    allowed: usize,
    moved: usize,
}

async fn open(stock: Stock) -> Result<Shop> {
    Ok(Shop::open(stock).await?.rules(|policy| policy.sender.mails_per_hour = None))
}

fn named(seed: u64, ask: &Ask) -> String {
    format!("graph {seed}: {} writes ({:?}): {}", ask.address, ask.proof, ask.text)
}

async fn part(number: u64) -> Result<Seen> {
    let mut seen = Seen::default();
    for seed in (0..GRAPHS).filter(|seed| seed % PARTS == number) {
        let account = Account::generated(seed);
        let shop = open(account.stock()).await?;
        let mut held = Held::by(&shop).await?;
        for ask in asks(&account, seed) {
            held = is_answered_alone(&account, &ask, &shop, held, &mut seen)
                .await
                .with_context(|| named(seed, &ask))?;
        }
    }
    assert!(seen.moved * 2 > seen.allowed, "the rules would let more be done: {seen:?}");
    Ok(seen)
}

async fn is_answered_alone(
    account: &Account,
    ask: &Ask,
    shop: &Shop,
    before: Held,
    seen: &mut Seen,
) -> Result<Held> {
    let address = ask.address.as_str();
    let may = before.may(ask, address);
    let draft = shop.receives(&ask.letter()).await?;
    let after = before.now(shop).await?;
    let did = moved(&before, &after);
    let sessions = after.portal_sessions.iter().skip(before.portal_sessions.len());
    let own = |session: &Value| {
        text(session, "customer").and_then(|id| after.owner(id)).as_deref() == Some(address)
    };
    ensure!(sessions.into_iter().all(own), "a session for somebody else");
    let within = did.is_empty() || matches!(did.as_slice(), [one] if may.contains(one));
    ensure!(
        within,
        "{may:?} is allowed, and this was done: {did:?}
{:#?}",
        draft.data()
    );
    tells_of_nobody_else(account, ask, &draft, &after)?;
    seen.mails += 1;
    seen.allowed += usize::from(!may.is_empty());
    seen.moved += did.len();
    Ok(after)
}

/// What was done at Stripe from one look to the next.
fn moved(before: &Held, after: &Held) -> Vec<May> {
    let known: HashSet<Option<&str>> = before.refunds.iter().map(|refund| text(refund, "id")).collect();
    let made = after.refunds.iter().filter(|refund| !known.contains(&text(refund, "id")));
    let refunds = made.map(|refund| May::Refund {
        charge: text(refund, "charge").unwrap_or_default().to_owned(),
        minor: integer(refund, "amount"),
    });
    let is_ending =
        |subscription: &Value| subscription.get("cancel_at_period_end") == Some(&Value::Bool(true));
    let pairs = before.subscriptions.iter().zip(&after.subscriptions);
    let ended = pairs.filter(|(was, is)| !is_ending(was) && is_ending(is));
    let ended =
        ended.map(|(_, is)| May::Cancel { subscription: text(is, "id").unwrap_or_default().to_owned() });
    refunds.chain(ended).collect()
}

fn tells_of_nobody_else(account: &Account, ask: &Ask, draft: &Draft, held: &Held) -> Result<()> {
    let (data, address) = (draft.data(), ask.address.as_str());
    let is_own = |id: &str| {
        held.owner(id).as_deref() == Some(address) || OF_THE_SHOP.iter().any(|of| id.starts_with(of))
    };
    if let Some(to) = &data.delivery.to {
        ensure!(to.as_str().eq_ignore_ascii_case(address), "it goes to somebody else");
    }
    let customer = data.customer.iter().map(|customer| customer.id.as_str());
    let facts = data.facts.iter().map(|fact| fact.object.as_str());
    let actions = data.actions.iter().map(|action| action.target.as_str());
    let results = data.actions.iter().filter_map(|action| action.result.as_deref());
    for id in customer.chain(facts).chain(actions).chain(results) {
        ensure!(is_own(id), "{id} is not the sender's, but {:?}'s: {data:#?}", held.owner(id));
    }
    let unproven = ask.proof != Proof::Authenticated;
    ensure!(!unproven || data.actions.iter().all(|action| !action.function.moves_money()), "{data:#?}");
    let session = data.links.iter().any(|link| link.kind == LinkKind::PortalSession);
    ensure!(!(unproven && session), "{data:#?}");
    let said = words_of(&serde_json::from_slice(&draft.bytes)?);
    for secret in secrets(account, ask) {
        ensure!(!said.contains(&secret), "{secret} is somebody else's: {data:#?}");
    }
    Ok(())
}

/// What only other people have: their names, addresses, ids, numbers and amounts. What the mail itself names is not told by saying it
/// again; that it makes no difference is another test.
fn secrets(account: &Account, ask: &Ask) -> HashSet<String> {
    let mut secrets = HashSet::new();
    for (number, person) in account.people.iter().enumerate() {
        if number != ask.person {
            secrets.insert(person.address.clone());
            secrets.insert(person.name.to_lowercase());
        }
    }
    let foreign = |owner: Option<usize>| owner != Some(ask.person);
    for section in
        ["customers", "charges", "refunds", "disputes", "payment_intents", "invoices", "subscriptions"]
    {
        secrets.extend(account.texts(section, "id", foreign).into_iter().map(str::to_lowercase));
    }
    secrets.extend(account.texts("invoices", "number", foreign).into_iter().map(str::to_lowercase));
    let foreign_things = account.things.iter().filter(|thing| foreign(thing.owner));
    for thing in foreign_things {
        for minor in [integer(&thing.object, "amount"), integer(&thing.object, "total")] {
            if is_one_persons(minor) && thing.section != "refunds" {
                secrets.extend(written_out(minor));
            }
        }
    }
    let named = words_of(&Value::String(ask.text.clone()));
    let asked: Vec<String> = ask.amount.map(|(minor, _)| written_out(minor)).unwrap_or_default();
    secrets.retain(|secret| !named.contains(secret) && !asked.contains(secret));
    secrets
}

/// Every word and every number of a document, in lower case.
fn words_of(document: &Value) -> HashSet<String> {
    let mut words = HashSet::new();
    let mut rest = vec![document];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => rest.extend(fields.values()),
            Value::String(text) => {
                let apart = |c: char| !(c.is_alphanumeric() || "._+-@,".contains(c));
                let trimmed = text.split(apart).map(|word| word.trim_matches(['.', ',', '-', '+', '_']));
                words.extend(trimmed.map(str::to_lowercase));
            }
            Value::Number(number) => drop(words.insert(number.to_string())),
            Value::Null | Value::Bool(_) => {}
        }
    }
    words
}

#[tokio::test]
async fn of_many_accounts_nobody_is_told_or_paid_what_is_anothers_first_part() -> Result<()> {
    println!("{:?}", part(0).await?);
    Ok(())
}

#[tokio::test]
async fn of_many_accounts_nobody_is_told_or_paid_what_is_anothers_second_part() -> Result<()> {
    println!("{:?}", part(1).await?);
    Ok(())
}

#[tokio::test]
async fn of_many_accounts_nobody_is_told_or_paid_what_is_anothers_third_part() -> Result<()> {
    println!("{:?}", part(2).await?);
    Ok(())
}

#[tokio::test]
async fn of_many_accounts_nobody_is_told_or_paid_what_is_anothers_fourth_part() -> Result<()> {
    println!("{:?}", part(3).await?);
    Ok(())
}

/// Somebody else's id is answered as one that does not exist, and so is everything else: where the others are taken out of the account,
/// every answer stays the same, byte for byte.
#[tokio::test]
async fn nothing_that_others_own_changes_a_byte_of_an_answer() -> Result<()> {
    for seed in 0..GRAPHS {
        let account = Account::generated(seed);
        let person = usize::try_from(seed)? % account.people.len();
        let (among_others, alone) = (open(account.stock()).await?, open(account.only_of(person)).await?);
        for ask in asks(&account, seed).into_iter().filter(|ask| ask.person == person) {
            let mail = ask.letter().bytes();
            let there = among_others.receives_bytes(mail.clone(), RunKind::Live).await?;
            let here = alone.receives_bytes(mail, RunKind::Live).await?;
            assert_eq!(there.event, here.event, "graph {seed}: {}", ask.text);
            assert_eq!(there.bytes, here.bytes, "graph {seed}: {}", ask.text);
        }
        assert_eq!(among_others.asked().await?, alone.asked().await?, "graph {seed}: what Stripe was asked");
    }
    Ok(())
}
