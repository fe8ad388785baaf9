//! Runs: the list, and one of them, in which nothing of a person shows before it was noted who looks.

use std::time::Duration;

use anyhow::{Result, bail};
use axum::http::StatusCode;
use domain::{Digest, Fingerprint, Function, Label, Outcome, Role, RunKind, Scope, WorkspaceId};
use serde_json::json;
use store::{Arrival, Claim, Finish, Finished, LeaseTerms, NewDraft};

use crate::world::{HOME, OTHER, World, home};

/// What a hostile sender writes wherever they can.
const HOSTILE: &str = "<script>alert(1)</script>";
/// What it must be on a page.
const HARMLESS: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";

const CUSTOMER_LINK: &str = "https://dashboard.stripe.com/test/customers/cus_ada";

fn mail(number: u32) -> Fingerprint {
    Fingerprint::of(&[&number.to_be_bytes()])
}

fn page_of(workspace: &str, number: u32) -> String {
    format!("/w/{workspace}/activity/live/{}", mail(number))
}

/// A mail of Ada's that ended so, in a workspace.
async fn ended(world: &World, workspace: &WorkspaceId, number: u32, outcome: Outcome) -> Result<()> {
    let digest = Digest::of(&[&number.to_be_bytes()]);
    let arrival = Arrival { digest, workspace: workspace.clone(), run: RunKind::Live };
    let claims = world.ledger.claim(&[arrival], LeaseTerms { lasts: Duration::from_hours(1) }).await?;
    let Some(Claim::Taken(lease)) = claims.into_iter().next() else { bail!("not taken") };
    let finished = Finished {
        lease,
        fingerprint: mail(number),
        message_id: None,
        outcome,
        label: Label::Ask(Function::InvoiceLookup),
        customer: "cus_ada".parse().ok(),
        draft: NewDraft { id: format!("draft_{number}"), body: draft(workspace, number, outcome) },
        correlation: None,
        traceparent: None,
        approval: None,
        counts_for: None,
    };
    assert_eq!(world.ledger.finish(&[finished]).await?, [Finish::Stored]);
    Ok(())
}

fn draft(workspace: &WorkspaceId, number: u32, outcome: Outcome) -> Vec<u8> {
    let fact = json!({
        "label": "customer.metadata", "value": { "type": "text", "text": HOSTILE }, "rendered": HOSTILE,
        "object": "cus_ada\"><script>", "field": "metadata", "request_id": "req_1", "read_at": "2026-11-23T10:00:00Z",
        "audience": "staff",
    });
    let number_of_invoice = json!({
        "label": "invoice.number", "value": { "type": "id", "id": "INV-1" }, "rendered": HOSTILE,
        "object": "in_1", "field": "number", "request_id": null, "read_at": "2026-11-23T10:00:00Z", "audience": "customer",
    });
    let event = json!({
        "specversion": "1.0", "id": format!("draft_{number}"), "source": "/postill/default",
        "type": "postill.draft_context.v1", "subject": mail(number), "time": "2026-11-23T10:00:00Z",
        "datacontenttype": "application/json", "sequence": 1,
        "data": {
            "workspace": workspace, "mode": "test", "run": { "kind": "live", "dry_run": false }, "outcome": outcome,
            "reasons": [{ "code": "facts_found", "text": "Facts were found." }],
            "in_reply_to": { "message_id": null, "references": [], "subject": format!("Subject {HOSTILE}"), "language": "en", "sent_at": null },
            "sender": { "address": "ada@example.com", "assurance": "authenticated", "evidence": ["dkim of example.com"], "flags": [] },
            "delivery": { "to": "ada@example.com", "rule": "address_on_file", "dropped": [] },
            "intents": [{ "label": "invoice_lookup", "confidence": 0.9,
                "evidence": [{ "part": "written", "start": 0, "text": "my secret invoice" }] }],
            "customer": { "id": "cus_ada", "matched_by": "address", "candidates": 1, "dashboard_url": CUSTOMER_LINK },
            "facts": [fact, number_of_invoice], "actions": [], "links": [],
            "reply": { "language": "en", "text": format!("Dear Ada {HOSTILE}"), "must_say": [], "must_not_say": [] },
            "guard": { "amounts": [], "dates": [], "urls": [], "ids": [] },
            "safety": { "injection_suspected": false, "redactions": 0, "abstention": null },
            "versions": { "worker": "1", "policy": "p", "classifier": "c", "templates": "t" },
        },
    });
    event.to_string().into_bytes()
}

/// What of Ada's mail only those see who ask for it.
const HIDDEN: [&str; 5] =
    ["ada@example.com", "Subject ", "my secret invoice", "Dear Ada", "dkim of example.com"];

#[tokio::test]
async fn runs_are_listed_with_how_they_ended_and_nothing_of_a_person() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &home(), 1, Outcome::Answered).await?;
    ended(&world, &OTHER.parse()?, 2, Outcome::Failed).await?;
    let page = world.signed_in("kim", Role::Viewer).await?.get(&format!("/w/{HOME}/activity")).await?;
    assert_eq!(page.status, StatusCode::OK);
    for told in ["answered</span>", "Invoices", "looked up", "cus_ada", page_of(HOME, 1).as_str()] {
        assert!(page.has(told), "{told} in {}", page.text);
    }
    assert!(!page.has(&mail(2).to_string()), "the other workspace's");
    for hidden in HIDDEN {
        assert!(!page.has(hidden), "{hidden}");
    }
    Ok(())
}

#[tokio::test]
async fn filters_leave_out_what_was_not_asked_for() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &home(), 1, Outcome::Answered).await?;
    ended(&world, &home(), 2, Outcome::Handoff).await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    let shown = async |query: &str| -> Result<(bool, bool)> {
        let page = kim.get(&format!("/w/{HOME}/activity?{query}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        Ok((page.has(&page_of(HOME, 1)), page.has(&page_of(HOME, 2))))
    };
    assert_eq!(shown("").await?, (true, true));
    assert_eq!(shown("run=live&outcome=handoff&intent=&first=&last=").await?, (false, true));
    assert_eq!(shown("intent=refund").await?, (false, false));
    assert_eq!(shown("run=replay").await?, (false, false));
    assert_eq!(shown("last=2020-01-01").await?, (false, false));
    assert_eq!(shown("first=2020-01-01").await?, (true, true));
    let refused = kim.get(&format!("/w/{HOME}/activity?outcome=%3Cscript%3E")).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.has("<script>"));
    Ok(())
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_back() -> Result<()> {
    let world = World::open().await?;
    for number in 1..=51 {
        ended(&world, &home(), number, Outcome::Answered).await?;
    }
    let kim = world.signed_in("kim", Role::Viewer).await?;
    let newest = kim.get(&format!("/w/{HOME}/activity?outcome=answered")).await?;
    assert!(newest.has(&page_of(HOME, 51)) && !newest.has(&page_of(HOME, 1)));
    let link = newest.between("rel=\"next\" href=\"", "\"").unwrap_or_default().replace("&#38;", "&");
    let oldest = kim.get(&format!("/w/{HOME}/activity{link}")).await?;
    assert!(oldest.has(&page_of(HOME, 1)) && !oldest.has(&page_of(HOME, 2)), "{}", oldest.text);
    assert!(!oldest.has("data-live-stream"), "an older part does not move");
    let link = oldest.between("rel=\"prev\" href=\"", "\"").unwrap_or_default().replace("&#38;", "&");
    let back = kim.get(&format!("/w/{HOME}/activity{link}")).await?;
    assert!(back.has(&page_of(HOME, 2)) && back.has(&page_of(HOME, 51)) && !back.has(&page_of(HOME, 1)));
    Ok(())
}

#[tokio::test]
async fn what_is_about_a_person_is_hidden_until_it_is_noted_who_looks() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &home(), 1, Outcome::Answered).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.get(&page_of(HOME, 1)).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has(CUSTOMER_LINK) && page.has("rel=\"noopener noreferrer\""));
    for hidden in HIDDEN {
        assert!(!page.has(hidden), "{hidden}");
    }
    assert!(!world.trail().await?.iter().any(|(_, event, _)| event == "personal.revealed"));

    let revealed = kim.post(&page_of(HOME, 1), &[]).await?;
    assert_eq!(revealed.status, StatusCode::OK);
    for shown in HIDDEN {
        assert!(revealed.has(shown), "{shown}");
    }
    let noted = ("kim".to_owned(), "personal.revealed".to_owned(), Some(mail(1).to_string()));
    assert!(world.trail().await?.contains(&noted));
    assert!(revealed.has("personal.revealed"), "the page itself says so");
    assert!(!kim.get(&page_of(HOME, 1)).await?.has("ada@example.com"), "hidden again");
    Ok(())
}

#[tokio::test]
async fn a_viewer_may_not_reveal() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &home(), 1, Outcome::Answered).await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    assert!(!kim.get(&page_of(HOME, 1)).await?.has("Reveal personal data"));
    let refused = kim.post(&page_of(HOME, 1), &[]).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.has("ada@example.com"));
    assert!(!world.trail().await?.iter().any(|(_, event, _)| event == "personal.revealed"));
    Ok(())
}

#[tokio::test]
async fn a_run_of_another_workspace_is_as_one_that_is_not_there() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &OTHER.parse()?, 1, Outcome::Answered).await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    for path in [page_of(OTHER, 1), page_of(HOME, 1), page_of(HOME, 2), format!("/w/{HOME}/activity/live/1")]
    {
        assert_eq!(kim.get(&path).await?.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(kim.post(&path, &[]).await?.status, StatusCode::NOT_FOUND, "{path}");
    }
    world.add("ann", &Scope::All, Role::Admin).await?;
    assert_eq!(world.sign_in("ann").await?.get(&page_of(OTHER, 1)).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn whatever_a_stranger_wrote_is_text() -> Result<()> {
    let world = World::open().await?;
    ended(&world, &home(), 1, Outcome::Answered).await?;
    let page = world.signed_in("kim", Role::Operator).await?.post(&page_of(HOME, 1), &[]).await?;
    for written in ["Subject ", "Dear Ada "] {
        assert!(page.has(&format!("{written}{HARMLESS}")), "{written}");
    }
    assert!(!page.has("<script>") && !page.has(HOSTILE));
    assert!(!page.has("href=\"https://dashboard.stripe.com/test/customers/cus_ada&#34;"));
    Ok(())
}
