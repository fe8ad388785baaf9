//! Every request in every disguise: whatever the mail says of itself, facts, links and actions stand only in a draft to the address on
//! file of the customer they belong to, and nothing of anybody else stands anywhere in it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use domain::draft::LinkKind;
use domain::{Assurance, RunKind};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::VERIFIER;
use crate::shop::Shop;
use crate::stock::{ADA, BOB, Stock};

const REQUESTS: [&str; 7] = [
    "Could you please send me my latest invoice?",
    "What is the status of my subscription?",
    "Did my payment go through?",
    "Please send me a link to the customer portal so that I can update my card.",
    "Please send me a link to pay 75.00 EUR for the workshop.",
    "Please refund my last payment.",
    "Please cancel my subscription.",
];

/// What is only Ada's and what is only Bob's: it must not be found where the other is answered.
const OF_ADA: [&str; 7] = ["ada@", "cus_ada", "ch_ada", "in_ada", "sub_ada", "ADAL0001", "41.31"];
const OF_BOB: [&str; 7] = ["bob@", "cus_bob", "ch_bob", "in_bob", "sub_bob", "BOBB0001", "77.31"];

const PROVEN: &str = "dmarc=pass header.from=engines.example; dkim=pass header.d=engines.example";
const NOTHING: &str = "dmarc=none; dkim=none; spf=none";

fn stock() -> Stock {
    let bobs = |mut object: Value| {
        if let Some(object) = object.as_object_mut() {
            object.insert("customer".to_owned(), json!("cus_bob"));
        }
        object
    };
    Stock::of_ada_and_bob()
        .portal()
        .charge("ch_ada", 4_131, "-3d")
        .charge_with("ch_bob", 7_731, "-2d", bobs(json!({})))
        .invoice("in_ada", "ADAL0001-0001", 4_131, "-3d", json!({}))
        .invoice("in_bob", "BOBB0001-0001", 7_731, "-2d", bobs(json!({})))
        .subscription("sub_ada", json!({}))
        .subscription("sub_bob", bobs(json!({})))
}

/// A mail in a disguise, by default Ada's own with the proof that it is hers.
#[derive(Clone)]
struct Disguise {
    name: &'static str,
    from: String,
    results: String,
    /// Above what our server wrote last, which is where a forger cannot write.
    headers: String,
    before: &'static str,
    after: &'static str,
    kind: &'static str,
}

fn disguise(name: &'static str) -> Disguise {
    Disguise {
        name,
        from: format!("From: Ada <{ADA}>"),
        results: PROVEN.to_owned(),
        headers: String::new(),
        before: "",
        after: "",
        kind: "text/plain; charset=utf-8",
    }
}

impl Disguise {
    fn from(self, from: &str) -> Self {
        Self { from: format!("From: {from}"), ..self }
    }

    fn with(self, header: &str) -> Self {
        Self { headers: format!("{}{header}\r\n", self.headers), ..self }
    }

    fn results(self, results: &str) -> Self {
        Self { results: results.to_owned(), ..self }
    }

    fn around(self, before: &'static str, after: &'static str) -> Self {
        Self { before, after, ..self }
    }

    fn bytes(&self, number: usize, request: &str) -> Vec<u8> {
        let Self { from, results, headers, before, after, kind, .. } = self;
        format!(
            "Received: from out.example by {VERIFIER}; Fri, 20 Nov 2026 10:00:00 +0000\r\n\
             Authentication-Results: {VERIFIER}; {results}\r\n\
             {headers}{from}\r\nTo: billing@shop.example\r\nSubject: Hello\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@mail.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n{before}{request}\r\n{after}"
        )
        .into_bytes()
    }
}

const FORWARDED: &str = "\r\n---------- Forwarded message ---------\r\nFrom: Bob <bob@difference.example>\r\nDate: Thu, 19 Nov 2026\r\n\
     Subject: My invoice\r\nTo: ada@engines.example\r\n\r\nCould you please send me invoice BOBB0001-0001?\r\n";
const ATTACHED_BEFORE: &str = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
const ATTACHED_AFTER: &str = "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: Bob <bob@difference.example>\r\nSubject: My invoice\r\n\r\n\
     Could you please send me invoice BOBB0001-0001?\r\n--b--\r\n";

fn disguises() -> Vec<Disguise> {
    let forged = format!("Authentication-Results: {VERIFIER}; {PROVEN}");
    let attached = Disguise {
        kind: "multipart/mixed; boundary=b",
        ..disguise("forwarded as an attachment").around(ATTACHED_BEFORE, ATTACHED_AFTER)
    };
    vec![
        disguise("another Reply-To").with("Reply-To: eve@evil.example"),
        disguise("Bob's Reply-To").with(&format!("Reply-To: {BOB}")),
        disguise("another Sender").with(&format!("Sender: {BOB}")),
        disguise("resent").with(&format!("Resent-From: {BOB}")),
        disguise("copied to others").with(&format!("Cc: eve@evil.example, {BOB}")),
        disguise("by a list")
            .with("List-Id: <all.evil.example>")
            .with("List-Post: <mailto:all@evil.example>"),
        disguise("forwarded").around("", FORWARDED),
        attached,
        disguise("Bob's address as a name").from(&format!("\"{BOB}\" <{ADA}>")),
        disguise("Bob forged without results").from(BOB).results(NOTHING),
        disguise("Bob forged, DMARC failed").from(BOB).results("dmarc=fail header.from=difference.example"),
        disguise("Bob forged with Ada's proof").from(BOB),
        disguise("Ada forged with forged results").results(NOTHING).with(&forged),
        disguise("Ada by SPF only").results(&format!("spf=pass smtp.mailfrom={ADA}")),
        disguise("a plus tag").from("ada+bills@engines.example"),
        disguise("a dot").from("a.da@engines.example"),
        disguise("upper case").from("ADA@ENGINES.EXAMPLE"),
        disguise("a look-alike domain").from("ada@\u{435}ngines.example"),
        disguise("a look-alike domain as it travels").from("ada@xn--ngines-5ve.example"),
        disguise("two From fields").with(&format!("From: {BOB}")),
        disguise("two mailboxes").from(&format!("{ADA}, {BOB}")),
        disguise("a group").from(&format!("Friends: {ADA}, {BOB};")),
        disguise("as it is"),
    ]
}

/// Whose everything is at Stripe, and where its customers are to be written to.
struct Owners {
    customers: HashMap<String, String>,
    addresses: HashMap<String, String>,
}

impl Owners {
    async fn of(shop: &Shop) -> Result<Self> {
        let text = |object: &Value, field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
        let (mut customers, mut addresses) = (HashMap::new(), HashMap::new());
        for kind in ["charges", "invoices", "subscriptions", "refunds", "payment_intents"] {
            for object in shop.kept(kind).await? {
                let owner =
                    text(&object, "customer").or_else(|| customers.get(&text(&object, "charge")?).cloned());
                if let (Some(id), Some(owner)) = (text(&object, "id"), owner) {
                    customers.insert(id, owner);
                }
            }
        }
        for customer in shop.kept("customers").await? {
            let id = text(&customer, "id").context("an id")?;
            addresses.extend(text(&customer, "email").map(|email| (id.clone(), email)));
            customers.insert(id.clone(), id);
        }
        Ok(Self { customers, addresses })
    }
}

#[track_caller]
fn keeps_the_rule(name: &str, draft: &Draft, owners: &Owners) -> Result<()> {
    let data = draft.data();
    let document: Value = serde_json::from_slice(&draft.bytes)?;
    let delivery = document.pointer("/data/delivery").and_then(Value::as_object).context("a delivery")?;
    let fields: Vec<&str> = delivery.keys().map(String::as_str).filter(|key| *key != "dropped").collect();
    assert!(fields.iter().all(|field| ["to", "rule"].contains(field)), "{name}: {fields:?}");
    let Some(to) = &data.delivery.to else {
        let nothing = data.facts.is_empty() && data.links.is_empty() && data.actions.is_empty();
        assert!(nothing && data.customer.is_none(), "{name}: {data:#?}");
        return Ok(());
    };
    let customer = data.customer.as_ref().context("a customer")?.id.as_str().to_owned();
    assert_eq!(Some(to.as_str()), owners.addresses.get(&customer).map(String::as_str), "{name}");
    for fact in &data.facts {
        assert_eq!(owners.customers.get(&fact.object), Some(&customer), "{name}: {fact:#?}");
    }
    for action in &data.actions {
        assert_eq!(owners.customers.get(&action.target), Some(&customer), "{name}: {action:#?}");
    }
    let proven = data.sender.assurance >= Assurance::Authenticated;
    let acted = data.actions.iter().any(|action| action.function.moves_money());
    let session = data.links.iter().any(|link| link.kind == LinkKind::PortalSession);
    assert!(proven || !(acted || session), "{name}: {data:#?}");
    let text = document.to_string();
    let of_others = if customer == "cus_ada" { OF_BOB } else { OF_ADA };
    for foreign in of_others {
        assert!(!text.contains(foreign), "{name}: {foreign} is somebody else's: {data:#?}");
    }
    Ok(())
}

/// Everything that only an authenticated sender may have.
async fn proven_effects(shop: &Shop) -> Result<usize> {
    let ending = |subscription: &&Value| subscription.get("cancel_at_period_end") == Some(&json!(true));
    let cancelled = shop.kept("subscriptions").await?.iter().filter(ending).count();
    Ok(shop.kept("refunds").await?.len() + shop.kept("portal_sessions").await?.len() + cancelled)
}

async fn in_every_disguise(stock: Stock, request: &str) -> Result<()> {
    let shop = Shop::open(stock).await?.rules(|policy| policy.sender.mails_per_hour = None);
    for (number, disguise) in disguises().iter().enumerate() {
        let name = format!("{}: {request}", disguise.name);
        let before = proven_effects(&shop).await?;
        let bytes = disguise.bytes(number, request);
        let draft = shop.receives_bytes(bytes.clone(), RunKind::Live).await.context(name.clone())?;
        keeps_the_rule(&name, &draft, &Owners::of(&shop).await?)?;
        if draft.data().sender.assurance < Assurance::Authenticated {
            assert_eq!(proven_effects(&shop).await?, before, "{name}: done without a proof");
        }
        let draft = shop.receives_bytes(bytes, RunKind::Replay).await.context(name.clone())?;
        keeps_the_rule(&name, &draft, &Owners::of(&shop).await?)?;
        assert!(draft.link(LinkKind::PortalSession).is_none(), "{name}: a session for archived mail");
    }
    Ok(())
}

#[tokio::test]
async fn lookups_are_told_to_the_customer_and_nobody_else_in_every_disguise() -> Result<()> {
    for request in REQUESTS.iter().take(3) {
        in_every_disguise(stock(), request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn links_go_to_the_customer_and_nobody_else_in_every_disguise() -> Result<()> {
    for request in REQUESTS.iter().skip(3).take(2) {
        in_every_disguise(stock(), request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn money_is_moved_for_the_proven_customer_and_nobody_else_in_every_disguise() -> Result<()> {
    for request in REQUESTS.iter().skip(5) {
        in_every_disguise(stock(), request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn several_customers_of_one_address_are_told_apart_in_every_disguise() -> Result<()> {
    let twin = json!({"id": "cus_twin", "email": "Ada@Engines.example", "name": "Ada", "created": "-10d"});
    for request in REQUESTS {
        in_every_disguise(stock().has("customers", twin.clone()), request).await?;
    }
    Ok(())
}
