//! The trail: read, turned, proven, and taken along.

use anyhow::Result;
use axum::http::StatusCode;
use domain::Role;
use serde_json::{Value, json};
use store::NewAuditEntry;

use crate::world::{HOME, OTHER, World, home};

const AUDIT: &str = "/w/default/audit";

async fn note(world: &World, subject: &str, detail: Value) -> Result<()> {
    let entry = NewAuditEntry {
        workspace: home(),
        actor: "test".to_owned(),
        event: "switch.set".to_owned(),
        subject: Some(subject.to_owned()),
        detail,
    };
    Ok(world.ledger.append_audit(&entry).await?)
}

#[tokio::test]
async fn the_newest_rows_come_first_and_older_ones_behind_a_link() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    for number in 0..60 {
        note(&world, &format!("thing-{number:02}"), json!({ "switch": "on" })).await?;
    }
    let page = kim.get(AUDIT).await?;
    assert!(page.has("thing-59") && page.has("thing-10") && !page.has("thing-09"));
    assert!(page.has("set a switch") && page.has("switch.set") && page.has("switch on"));
    let before = page.between("audit?before=", "\"").unwrap_or_default().to_owned();
    let older = kim.get(&format!("{AUDIT}?before={before}")).await?;
    assert!(older.has("thing-09") && older.has("signed in") && !older.has("thing-10"));
    assert!(!older.has("Older →") && older.has("← Newest"));
    Ok(())
}

#[tokio::test]
async fn one_thing_is_followed_through_the_trail() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    for number in 0..51 {
        note(&world, "this", json!({ "number": format!("of-this-{number:02}") })).await?;
        note(&world, "that", json!({})).await?;
    }
    let page = kim.get(&format!("{AUDIT}?subject=this")).await?;
    assert!(page.has("of-this-50") && page.has("of-this-01") && !page.has("of-this-00"));
    assert!(!page.has(">that<"));
    let before = page.between("audit?before=", "&amp;subject=this").unwrap_or_default().to_owned();
    let older = kim.get(&format!("{AUDIT}?before={before}&subject=this")).await?;
    assert!(older.has("of-this-00") && !older.has("of-this-01"));
    assert!(kim.get(&format!("{AUDIT}?subject=nothing")).await?.has("The trail says nothing about"));
    Ok(())
}

#[tokio::test]
async fn what_stands_in_the_trail_is_text_on_the_page() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("<b>kim", Role::Viewer).await?;
    note(&world, "<script>alert(1)</script>", json!({ "why": "<script>alert(2)</script>" })).await?;
    for page in [
        kim.get(AUDIT).await?,
        kim.get(&format!("{AUDIT}?subject=%22%3E%3Cscript%3Ealert(3)%3C/script%3E")).await?,
    ] {
        assert!(!page.has("<script>alert") && !page.has("<b>kim"), "{}", page.text);
    }
    Ok(())
}

#[tokio::test]
async fn a_whole_chain_is_proven_with_number_and_hash() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    note(&world, "this", json!({})).await?;
    let page = kim.post(&format!("{AUDIT}/verify"), &[]).await?;
    let report = world.ledger.verify_audit(&home(), None).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has(&format!("The chain holds: all {} rows", report.rows)), "{}", page.text);
    assert!(page.has(&report.head.hash.to_string()));
    Ok(())
}

#[tokio::test]
async fn the_export_is_every_row_with_its_hash() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    for number in 0..1_001 {
        note(&world, &number.to_string(), json!({})).await?;
    }
    let file = kim.get(&format!("{AUDIT}/export")).await?;
    let lines: Vec<Value> = file.text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let report = world.ledger.verify_audit(&home(), None).await?;
    assert_eq!(lines.len() as u64, report.rows);
    let last = lines.last().and_then(|line| line.get("hash")).and_then(Value::as_str);
    assert_eq!(last, Some(report.head.hash.to_string().as_str()));
    let name = file.headers.get("content-disposition");
    assert!(name.is_some_and(|how| how == "attachment; filename=\"postill-audit-default.jsonl\""));
    Ok(())
}

#[tokio::test]
async fn proving_and_exporting_take_the_role_operator_here() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    assert_eq!(kim.get(&format!("{AUDIT}/export")).await?.status, StatusCode::FORBIDDEN);
    assert_eq!(kim.post(&format!("{AUDIT}/verify"), &[]).await?.status, StatusCode::FORBIDDEN);
    let ann = world.signed_in("ann", Role::Admin).await?;
    assert_eq!(ann.get(&format!("/w/{OTHER}/audit/export")).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(ann.get(&format!("/w/{OTHER}/audit")).await?.status, StatusCode::NOT_FOUND);
    let forged = ann.send_form(&format!("/w/{HOME}/audit/verify"), &[]).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    Ok(())
}
