//! Senders verified by ourselves: what their domain signed moves money, and nothing else does.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Assurance, Outcome, ReasonCode, RunKind};
use serde_json::json;
use tests::dkim::{Signature, Signer};
use tests::{Answer, NameServer};

use crate::refunds::one_charge;
use crate::shop::Shop;

const FIELDS: [&str; 6] = ["From", "To", "Subject", "Date", "Message-ID", "Content-Type"];
/// A verifier whose word counts nothing here.
const NOBODY: &str = "mx.nobody.example";
const MAIL: &str = "From: Ada <ada@engines.example>\r\nTo: billing@shop.example\r\nSubject: My payment\r\n\
    Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@engines.example>\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nPlease refund my last payment.\r\n";

/// Ada's domain signs, and the shop believes nobody but itself.
struct Signed {
    shop: Shop,
    dns: NameServer,
    signer: Signer,
}

impl Signed {
    async fn world(believed: &str) -> Result<Self> {
        let (dns, signer) = (NameServer::start().await?, Signer::new("engines.example")?);
        dns.serves(&signer.name(), &signer.record());
        let shop = Shop::open(one_charge()).await?.believing(believed)?.verifying(&dns)?;
        Ok(Self { shop, dns, signer })
    }

    fn mail(&self) -> Result<String> {
        self.signer.sign(MAIL, &Signature::of(&FIELDS))
    }

    async fn receives(&self, message: &str) -> Result<crate::draft::Draft> {
        self.shop.receives_bytes(message.as_bytes().to_vec(), RunKind::Live).await
    }
}

#[tokio::test]
async fn a_refund_asked_for_under_the_senders_signature_is_made() -> Result<()> {
    let world = Signed::world(NOBODY).await?;
    let draft = world.receives(&world.mail()?).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(draft.data().sender.assurance, Assurance::Authenticated);
    assert_eq!(
        draft.data().sender.evidence,
        ["own verification: dkim=pass header.d=engines.example header.s=sel"]
    );
    assert_eq!(world.shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn a_changed_field_or_word_makes_it_nobodys_request() -> Result<()> {
    for (before, after) in [
        ("Subject: My payment", "Subject: Our payment"),
        ("Ada <ada@engines.example>", "Bob <ada@engines.example>"),
        ("<one@engines.example>", "<two@engines.example>"),
        ("10:00:00", "10:00:01"),
        ("text/plain", "text/html"),
        ("Subject:", "MIME-Version: 1.0\r\nSubject:"),
        ("last payment.", "last payment. Thanks"),
        ("d=engines.example", "d=mallory.example"),
    ] {
        let world = Signed::world(NOBODY).await?;
        let changed = world.mail()?.replacen(before, after, 1);
        assert_ne!(changed, world.mail()?, "{before}");
        let draft = world.receives(&changed).await?;
        draft.claims_no_refund();
        assert_eq!(draft.data().sender.assurance, Assurance::None, "{after}");
        assert_eq!(world.shop.refunded().await?, Vec::<i64>::new(), "{after}");
    }
    Ok(())
}

#[tokio::test]
async fn a_signed_mail_sent_again_is_the_same_mail() -> Result<()> {
    let world = Signed::world(NOBODY).await?;
    let first = world.receives(&world.mail()?).await?;
    let relayed = format!("Received: from mallory.example by mx.shop.example\r\n{}", world.mail()?);
    assert_eq!(world.receives(&relayed).await?.bytes, first.bytes);
    // White space that no signature covers makes it another mail, whose Message-ID gives it away.
    let spaced =
        world.receives(&world.mail()?.replace("Subject: My payment", "Subject: My  payment")).await?;
    assert_eq!(spaced.data().sender.assurance, Assurance::Authenticated);
    spaced.claims_no_refund();
    assert_eq!(world.shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn where_a_trusted_verifier_judged_as_well_both_must_agree() -> Result<()> {
    let pass = "dmarc=pass header.from=engines.example; dkim=pass header.d=engines.example";
    for (results, is_signed, refunded) in [
        (pass, true, vec![4_900]),
        (pass, false, vec![]),
        ("dmarc=fail header.from=engines.example; dkim=fail", true, vec![]),
    ] {
        let world = Signed::world("mx.shop.example").await?;
        let mail = if is_signed { world.mail()? } else { MAIL.to_owned() };
        let head = "Received: from a.example by mx.shop.example; Fri, 20 Nov 2026 10:00:00 +0000\r\n";
        let judged = format!("{head}Authentication-Results: mx.shop.example; {results}\r\n{mail}");
        world.receives(&judged).await?;
        assert_eq!(world.shop.refunded().await?, refunded, "{results}, signed: {is_signed}");
    }
    Ok(())
}

#[tokio::test]
async fn without_an_answer_from_dns_nobody_is_authenticated() -> Result<()> {
    let world = Signed::world(NOBODY).await?;
    world.dns.answers(&world.signer.name(), Answer::Failure);
    let draft = world.receives(&world.mail()?).await?;
    draft.claims_no_refund();
    assert!(draft.data().sender.evidence.join(" ").contains("DNS gave no usable answer"));
    Ok(())
}

#[tokio::test]
async fn a_refund_made_before_a_crash_is_not_denied_when_dns_is_gone() -> Result<()> {
    let mut world = Signed::world(NOBODY).await?;
    let mail = world.mail()?;
    world.shop.is_killed_over_bytes(mail.clone().into_bytes()).await?;
    assert_eq!(world.shop.refunded().await?, [4_900]);
    world.dns.answers(&world.signer.name(), Answer::Failure);
    // A worker that starts anew remembers no key.
    world.shop = world.shop.verifying(&world.dns)?;
    let draft = world.receives(&mail).await?;
    draft.ends(Outcome::Handoff, ReasonCode::SenderNotAuthenticated);
    assert_eq!(draft.data().delivery.to, None);
    assert!(draft.data().facts.is_empty() && draft.data().actions.is_empty(), "{:#?}", draft.data());
    assert_eq!(world.shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn a_raw_mail_inside_json_is_verified_too() -> Result<()> {
    let world = Signed::world(NOBODY).await?;
    let json = json!({"schema": "postill.mail.v1", "raw": STANDARD.encode(world.mail()?)}).to_string();
    let ended = world.shop.delivers_json(json).await?;
    ended.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn history_is_not_verified() -> Result<()> {
    let world = Signed::world(NOBODY).await?;
    let draft = world.shop.receives_bytes(world.mail()?.into_bytes(), RunKind::Replay).await?;
    assert_eq!(draft.data().sender.assurance, Assurance::None);
    assert_eq!(world.dns.asked(), Vec::<String>::new());
    Ok(())
}
