//! Reports of replays: added, looked at, compared, taken along and removed; and what somebody might send instead of one.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use domain::{Role, Scope};
use serde_json::{Value, json};

use crate::world::{Browser, OTHER, Page, REPORT_BYTES, World};

const REPLAYS: &str = "/w/default/replays";
const BOUNDARY: &str = "multipart/form-data; boundary=x";

/// A report of this machine: `answered` mails answered, and a refund of 12.50 that the policy would have allowed.
fn report(answered: u64) -> Value {
    json!({
        "schema": "postill.replay_report.v1",
        "version": "0.1.0",
        "through": "here",
        "began_at": "2026-11-23T16:00:00Z",
        "seconds": 2.5,
        "ended": "complete",
        "sources": [{
            "path": "/home/marta/mail/archive-2025.mbox",
            "files": 1,
            "bytes": 12_000,
            "digest": "00".repeat(32),
        }],
        "choice": {
            "workspace": "default", "since": null, "until": null, "senders": 0, "shard": null, "shuffle": null,
            "limit": null, "rate": null,
        },
        "counts": { "read": answered + 3, "replayed": answered + 1, "skipped": { "undated": 2 }, "failed": {} },
        "mails_per_second": 480.0,
        "bytes": 12_000,
        "months": { "2025-01": answered, "2025-02": 1 },
        "undated": 0,
        "cut_off": 0,
        "suspicions": { "count": 0, "split": 0, "kinds": {}, "listed": [] },
        "answers": {
            "mode": "test",
            "outcomes": { "answered": answered, "needs_approval": 1 },
            "intents": { "invoice_lookup": answered, "refund": 1 },
            "outcomes_of_intents": {
                "invoice_lookup": { "answered": answered }, "refund": { "needs_approval": 1 },
            },
            "outcomes_of_months": {
                "2025-01": { "answered": answered }, "2025-02": { "needs_approval": 1 },
            },
            "languages": { "en": answered, "de": 1 },
            "assurances": { "none": answered + 1 },
            "reasons": { "facts_found": answered },
            "would_have": {
                "refund": {
                    "by_policy": { "count": 1, "amounts": [{ "minor": 1250, "currency": "eur" }] },
                    "by_person": { "count": 0, "amounts": [] },
                },
            },
        },
        "mails": "before.mails.jsonl",
        "notes": "a field of a later version",
    })
}

/// The same with something else in one place.
fn with(pointer: &str, value: Value) -> Result<Vec<u8>> {
    let mut report = report(5);
    *report.pointer_mut(pointer).context("no such place")? = value;
    Ok(report.to_string().into_bytes())
}

fn form(token: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n--x\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"../../<b>.json\"\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--x--\r\n"].concat()
}

async fn add(browser: &Browser, file: &[u8]) -> Result<Page> {
    browser.send_raw(REPLAYS, BOUNDARY, form(&browser.token, file)).await
}

/// Adds a report and says where it stands.
async fn added(browser: &Browser, answered: u64) -> Result<String> {
    let page = add(browser, report(answered).to_string().as_bytes()).await?;
    Ok(page.leads_to().with_context(|| page.text.clone())?.to_owned())
}

#[tokio::test]
async fn a_report_is_added_listed_and_drawn_without_its_folder() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let path = added(&kim, 1_200).await?;
    assert_eq!(added(&kim, 1_200).await?, path, "it was kept twice");
    let list = kim.get(REPLAYS).await?;
    for told in
        ["archive-2025.mbox", "1,203", "Answered 1,200 · Needs something 1", "€12.50 (1)", "part answered"]
    {
        assert!(list.has(told), "{told} is missing: {}", list.text);
    }
    let page = kim.get(&path).await?;
    for told in
        ["<title>Outcomes</title>", "class=\"fill0\"", "What live mail would have changed", "/inks.css"]
    {
        assert!(page.has(told), "{told} is missing: {}", page.text);
    }
    assert!(!page.has("<style>") && !page.has(" style=\""), "{}", page.text);
    let file = kim.get(&format!("{path}/report.json")).await?;
    assert!(
        file.headers
            .get("content-disposition")
            .is_some_and(|header| header.as_bytes().starts_with(b"attachment"))
    );
    let kept: Value = serde_json::from_str(&file.text)?;
    assert_eq!(kept["sources"][0]["path"], "archive-2025.mbox");
    assert_eq!((&kept["counts"], kept.get("notes")), (&report(1_200)["counts"], None));
    for text in [&list.text, &page.text, &file.text] {
        assert!(!text.contains("marta"), "the folder is told: {text}");
    }
    let trail = world.trail().await?;
    assert_eq!(trail.iter().filter(|(who, what, _)| who == "kim" && what == "replay_report.kept").count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_report_is_compared_with_another() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let (before, now) = (added(&kim, 1_000).await?, added(&kim, 1_400).await?);
    let earlier = before.rsplit('/').next().unwrap_or_default();
    let alone = kim.get(&now).await?;
    assert!(alone.has(&format!("value=\"{earlier}\"")) && !alone.has("Compared with"), "{}", alone.text);
    let page = kim.get(&format!("{now}?with={earlier}")).await?;
    for told in ["Compared with archive-2025.mbox", "<td class=\"number\">1,000</td>", "+400", "selected"] {
        assert!(page.has(told), "{told} is missing: {}", page.text);
    }
    assert!(!page.has("may not have read the same mails"));
    let other = with("/sources/0/digest", json!("11".repeat(32)))?;
    let other = add(&kim, &other).await?.leads_to().context("refused")?.to_owned();
    assert!(kim.get(&format!("{other}?with={earlier}")).await?.has("may not have read the same mails"));
    for nothing in ["0".repeat(64), "x".to_owned(), "%3Cscript%3E".to_owned()] {
        let page = kim.get(&format!("{now}?with={nothing}")).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    Ok(())
}

#[tokio::test]
async fn a_removed_report_is_gone_and_noted() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let path = added(&kim, 5).await?;
    let removed = kim.post(&format!("{path}/remove"), &[]).await?;
    assert_eq!(removed.leads_to(), Some(REPLAYS));
    assert_eq!(kim.get(&path).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(kim.post(&format!("{path}/remove"), &[]).await?.status, StatusCode::NOT_FOUND);
    let id = path.rsplit('/').next().map(str::to_owned);
    assert!(world.trail().await?.contains(&("kim".to_owned(), "replay_report.removed".to_owned(), id)));
    Ok(())
}

#[tokio::test]
async fn what_is_no_report_is_refused_with_its_reason() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let names: Value = (0..3_000)
        .map(|number| (format!("name{number}"), json!(1)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let twice = json!([{ "minor": 1, "currency": "eur" }, { "minor": 2, "currency": "eur" }]);
    let deep = ["{\"schema\":", &"[".repeat(100_000)].concat().into_bytes();
    for (file, told) in [
        (Vec::new(), "it is not JSON"),
        (b"<script>alert(1)</script>".to_vec(), "it is not JSON: line 1, column 1"),
        (vec![0xff; 1_000], "it is not JSON"),
        (deep, "The file was not added"),
        (b"[]".to_vec(), "it is no report of a replay"),
        (b"{\"schema\":\"postill.case.v1\"}".to_vec(), "it is no report of a replay"),
        (b"{\"schema\":\"postill.replay_report.v1\"}".to_vec(), "missing or of the wrong kind"),
        (with("/ended", json!("<b>never</b>"))?, "missing or of the wrong kind"),
        (with("/counts/read", json!(-1))?, "missing or of the wrong kind"),
        (with("/counts/read", json!(7))?, "its counts cannot be those of a replay"),
        (with("/counts/skipped", json!({ "undated": u64::MAX, "other": u64::MAX }))?, "its counts"),
        (with("/seconds", json!(-1.0))?, "its times"),
        (with("/mails_per_second", json!(1e300))?, "its times"),
        (with("/answers/outcomes", names)?, "its answers"),
        (with("/answers/outcomes", json!({ "x".repeat(1_000): 1 }))?, "its answers"),
        (with("/answers/intents", json!({ "a\u{0}b": 1 }))?, "its answers"),
        (with("/answers/would_have/refund/by_policy/amounts/0/minor", json!(i64::MIN))?, "its answers"),
        (
            with("/suspicions/listed", json!([{ "source": 0, "offset": 1, "kind": "x".repeat(1_000) }]))?,
            "its doubtful",
        ),
        (with("/answers/would_have/refund/by_policy/amounts", twice)?, "its answers"),
        (with("/version", json!("x".repeat(100_000)))?, "its names"),
    ] {
        let page = add(&kim, &file).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}: {}", page.text);
        assert!(page.has(told), "{told} is missing: {}", page.text);
        assert!(!page.has("<script>") && !page.has("never"), "{}", page.text);
    }
    assert!(kim.get(REPLAYS).await?.has("No report was kept yet."));
    Ok(())
}

#[tokio::test]
async fn whatever_a_report_counts_is_drawn_as_text() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let most = with("/answers/outcomes", json!({ "answered": u64::MAX, "failed": u64::MAX }))?;
    let markup = with("/answers/intents", json!({ "</svg><script>alert(1)</script>": 1 }))?;
    let name = with("/sources/0/path", json!("/x/<img src=x onerror=alert(1)>.mbox"))?;
    for file in [most, markup, name] {
        let path = add(&kim, &file).await?.leads_to().context("refused")?.to_owned();
        for page in [kim.get(&path).await?, kim.get(REPLAYS).await?] {
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.has("<script>alert") && !page.has("<img src=x"), "{}", page.text);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_report_of_fifty_megabytes_is_refused_and_a_forged_one_not_even_read() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    for bytes in [50 << 20, REPORT_BYTES + 1] {
        let large = add(&kim, &vec![b' '; bytes]).await?;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE, "{bytes}");
    }
    let file = report(5).to_string().into_bytes();
    let forged = kim.send_raw(REPLAYS, BOUNDARY, form("forged", &file)).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let mut cut_off = form("forged", &file);
    cut_off.truncate(cut_off.len() - 20);
    let cut_off = kim.send_raw(REPLAYS, BOUNDARY, cut_off).await?;
    assert_eq!(cut_off.status, StatusCode::FORBIDDEN, "it was read to its end: {}", cut_off.text);
    let other = kim.send_raw(REPLAYS, "application/x-www-form-urlencoded", b"file=x".to_vec()).await?;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(kim.get(REPLAYS).await?.has("No report was kept yet."));
    Ok(())
}

#[tokio::test]
async fn a_viewer_looks_and_an_operator_adds_and_removes() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let vera = world.signed_in("vera", Role::Viewer).await?;
    let path = added(&kim, 5).await?;
    let (list, page) = (vera.get(REPLAYS).await?, vera.get(&path).await?);
    assert_eq!((list.status, page.status), (StatusCode::OK, StatusCode::OK));
    assert!(!list.has("type=\"file\"") && !page.has("/remove"));
    assert_eq!(vera.get(&format!("{path}/report.json")).await?.status, StatusCode::OK);
    assert_eq!(add(&vera, report(6).to_string().as_bytes()).await?.status, StatusCode::FORBIDDEN);
    assert_eq!(vera.post(&format!("{path}/remove"), &[]).await?.status, StatusCode::FORBIDDEN);
    let forged = kim.send_form(&format!("{path}/remove"), &[("token", &vera.token)]).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(kim.get(&path).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn reports_of_another_workspace_are_not_there() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    world.add("olga", &Scope::Workspace(OTHER.parse()?), Role::Admin).await?;
    let olga = world.sign_in("olga").await?;
    let path = added(&kim, 5).await?;
    let id = path.rsplit('/').next().unwrap_or_default();
    let theirs = format!("/w/{OTHER}/replays/{id}");
    for path in [path.clone(), theirs.clone(), format!("{theirs}/report.json")] {
        assert_eq!(olga.get(&path).await?.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(olga.get(&format!("/w/{OTHER}/replays")).await?.has("No report was kept yet."));
    assert_eq!(kim.get(&theirs).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(kim.get(&path).await?.status, StatusCode::OK);
    Ok(())
}
