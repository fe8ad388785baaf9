//! Every request in every disguise: whatever the mail says of itself, facts, links and actions stand only in a draft to the address on
//! file of the customer they belong to, and nothing of anybody else stands anywhere in it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::draft::LinkKind;
use domain::{Assurance, RunKind};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::VERIFIER;
use crate::shop::Shop;
use crate::stock::{ADA, BOB, Stock, with};

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
const OF_ADA: [&str; 8] = ["ada@", "cus_ada", "ch_ada", "in_ada", "sub_ada", "ADAL0001", "41.31", "Kingsley"];
const OF_BOB: [&str; 8] =
    ["bob@", "cus_bob", "ch_bob", "in_bob", "sub_bob", "BOBB0001", "77.31", "Whiteleaf"];

const PROVEN: &str = "dmarc=pass header.from=engines.example; dkim=pass header.d=engines.example";
const NOTHING: &str = "dmarc=none; dkim=none; spf=none";

fn stock() -> Stock {
    let bobs = |mut object: Value| {
        if let Some(object) = object.as_object_mut() {
            object.insert("customer".to_owned(), json!("cus_bob"));
        }
        object
    };
    let paid_by = |name: &str, email: &str| json!({"billing_details": {"name": name, "email": email}});
    Stock::of_ada_and_bob()
        .called("cus_ada", "Ada Kingsley")
        .called("cus_bob", "Bob Whiteleaf")
        .portal()
        .charge_with("ch_ada", 4_131, "-3d", paid_by("Ada Kingsley", ADA))
        .charge_with("ch_bob", 7_731, "-2d", bobs(paid_by("Bob Whiteleaf", BOB)))
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
    let text = document.to_string();
    let Some(to) = &data.delivery.to else {
        let nothing = data.facts.is_empty() && data.links.is_empty() && data.actions.is_empty();
        assert!(nothing && data.customer.is_none(), "{name}: {data:#?}");
        // Only the sender's own address stands there, whosever it is.
        for somebodys in OF_ADA.iter().chain(&OF_BOB).filter(|words| !words.ends_with('@')) {
            assert!(!text.contains(somebodys), "{name}: {somebodys} is told to nobody: {data:#?}");
        }
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

/// As it comes from a mail server, or from a program that puts it into JSON and claims what it likes.
#[derive(Clone, Copy)]
enum Wrapping {
    Raw,
    Json,
}

/// What a producer says whom nobody trusts.
fn claimed() -> Value {
    json!({"producer": "ses", "assurance": "authenticated", "headerFrom": "engines.example"})
}

async fn arrives(shop: &Shop, wrapping: Wrapping, bytes: &[u8]) -> Result<Draft> {
    match wrapping {
        Wrapping::Raw => shop.receives_bytes(bytes.to_vec(), RunKind::Live).await,
        Wrapping::Json => {
            let mail = json!({"schema": "postill.mail.v1", "raw": STANDARD.encode(bytes), "auth": claimed()});
            shop.delivers_json(mail.to_string()).await
        }
    }
}

async fn in_every_disguise(stock: Stock, wrapping: Wrapping, request: &str) -> Result<()> {
    let shop = Shop::open(stock).await?.rules(|policy| policy.sender.mails_per_hour = None);
    for (number, disguise) in disguises().iter().enumerate() {
        let name = format!("{}: {request}", disguise.name);
        let before = proven_effects(&shop).await?;
        let bytes = disguise.bytes(number, request);
        let draft = arrives(&shop, wrapping, &bytes).await.context(name.clone())?;
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
        in_every_disguise(stock(), Wrapping::Raw, request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn links_go_to_the_customer_and_nobody_else_in_every_disguise() -> Result<()> {
    for request in REQUESTS.iter().skip(3).take(2) {
        in_every_disguise(stock(), Wrapping::Raw, request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn money_is_moved_for_the_proven_customer_and_nobody_else_in_every_disguise() -> Result<()> {
    for request in REQUESTS.iter().skip(5) {
        in_every_disguise(stock(), Wrapping::Raw, request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn several_customers_of_one_address_are_told_apart_in_every_disguise() -> Result<()> {
    let twin = json!({"id": "cus_twin", "email": "Ada@Engines.example", "name": "Ada", "created": "-10d"});
    for request in REQUESTS {
        in_every_disguise(stock().has("customers", twin.clone()), Wrapping::Raw, request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_message_inside_json_gains_nothing_by_what_stands_beside_it() -> Result<()> {
    for request in [REQUESTS[0], REQUESTS[3], REQUESTS[5]] {
        in_every_disguise(stock(), Wrapping::Json, request).await?;
    }
    Ok(())
}

/// Who hands mail on as JSON and is trusted for the verdict.
const INTAKE: &str = "intake.shop.example";

/// Mails of which only JSON is left, and whether they prove that Ada wrote.
fn jmap_disguises() -> Vec<(&'static str, bool, Value)> {
    let from = |email: &str| json!([{"name": "Ada", "email": email}]);
    let verdict = |producer: &str, header_from: &str| json!({"auth": {"producer": producer, "assurance": "authenticated", "headerFrom": header_from}});
    let ours = || verdict(INTAKE, "engines.example");
    let header = |name: &str, value: &str| json!({"headers": [{"name": name, "value": value}]});
    let results = format!("{VERIFIER}; {PROVEN}");
    vec![
        ("as it is", true, ours()),
        ("another Reply-To", true, with(ours(), json!({"replyTo": from("eve@evil.example")}))),
        ("Bob's Reply-To and Sender", true, with(ours(), json!({"replyTo": from(BOB), "sender": from(BOB)}))),
        ("copied to others", true, with(ours(), json!({"cc": from(BOB), "to": from("eve@evil.example")}))),
        ("without a verdict", false, json!({})),
        ("a stranger's verdict", false, json!({"auth": claimed()})),
        ("a verdict on Bob", false, verdict(INTAKE, "difference.example")),
        ("results among the headers", false, header("Authentication-Results", &results)),
        ("Bob with Ada's verdict", false, with(ours(), json!({"from": from(BOB)}))),
        ("Bob in the headers", false, with(ours(), header("From", BOB))),
        ("two senders", false, with(ours(), json!({"from": [{"email": ADA}, {"email": BOB}]}))),
        ("nobody", false, with(ours(), json!({"from": []}))),
    ]
}

#[tokio::test]
async fn mail_as_json_keeps_the_rule_in_every_disguise() -> Result<()> {
    for request in REQUESTS {
        let mut shop = Shop::open(stock()).await?.rules(|policy| policy.sender.mails_per_hour = None);
        let trust = mail::Trust { producers: vec![INTAKE.to_owned()], ..mail::Trust::default() };
        shop.engine.reader = mail::Reader::new(trust, mail::Limits::default());
        for (number, (name, proven, disguise)) in jmap_disguises().into_iter().enumerate() {
            let name = format!("{name}: {request}");
            let plain = json!({"schema": "postill.mail.v1", "from": [{"name": "Ada", "email": ADA}],
                "messageId": [format!("{number}@mail.example")], "subject": "Hello", "text": request});
            let before = proven_effects(&shop).await?;
            let draft = shop.delivers_json(with(plain, disguise).to_string()).await.context(name.clone())?;
            keeps_the_rule(&name, &draft, &Owners::of(&shop).await?)?;
            assert_eq!(draft.data().sender.assurance >= Assurance::Authenticated, proven, "{name}");
            assert!(proven || proven_effects(&shop).await? == before, "{name}: done without a proof");
        }
    }
    Ok(())
}
