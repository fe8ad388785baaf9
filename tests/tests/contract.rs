//! What goes through RabbitMQ, as others read it: `deploy/schemas` is what the program prints, and takes nothing away from what it said before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::Postill;

/// Which way messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To postill: what was taken before is taken for ever.
    In,
    /// From postill: what was there before is there for ever.
    Out,
}

/// Every message, its way, and the file that says what it was when it was first promised: never changed, only followed by another version.
const PROMISED: [(&str, Way); 3] = [
    ("postill.mail.v1.json", Way::In),
    ("postill.approval_decision.v1.json", Way::In),
    ("postill.draft_context.v1.json", Way::Out),
];

/// Words for people, which bind nobody.
const FOR_PEOPLE: [&str; 3] = ["description", "title", "$schema"];

#[tokio::test]
async fn what_is_kept_is_what_is_printed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().display().to_string();
    let finished = Postill::with(["schema", "--out", &out]).finish(Duration::from_mins(1)).await?;
    ensure!(finished.status.success(), "{finished:?}");
    let (printed, kept) = (contents(folder.path())?, contents(&schemas())?);
    let names: Vec<&String> = printed.keys().collect();
    ensure!(printed.keys().eq(kept.keys()), "deploy/schemas holds something else than {names:?}");
    for (name, text) in &printed {
        ensure!(kept.get(name) == Some(text), "{name}: cargo run -p app -- schema --out deploy/schemas");
    }
    Ok(())
}

#[test]
fn every_reference_of_the_document_leads_somewhere() -> Result<()> {
    let document = read(&schemas().join("asyncapi.json"))?;
    let mut references = Vec::new();
    collect(&document, &mut references);
    ensure!(references.len() > 9, "{references:?}");
    for reference in references {
        let there = match reference.strip_prefix('#') {
            Some(pointer) => document.pointer(pointer).is_some(),
            None => schemas().join(&reference).exists(),
        };
        ensure!(there, "{reference} leads nowhere");
    }
    Ok(())
}

#[test]
fn nothing_is_taken_away_within_a_version() -> Result<()> {
    let promised = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    for (name, way) in PROMISED {
        let broken = broken(&read(&promised.join(name))?, &read(&schemas().join(name))?, way);
        ensure!(broken.is_empty(), "{name} breaks what was promised:\n{}", broken.join("\n"));
    }
    Ok(())
}

/// The check itself finds what it is there for.
#[test]
fn what_breaks_a_promise_is_found() {
    let before = json!({
        "type": "object", "required": ["id"], "description": "before",
        "properties": { "id": { "type": "string" }, "state": { "enum": ["open", "done"] } },
        "$defs": { "Reason": { "oneOf": [{ "const": "a" }, { "const": "b", "description": "x" }] } },
    });
    let with = |pointer: &str, value: Value| {
        let mut after = before.clone();
        if let Some(place) = after.pointer_mut(pointer) {
            *place = value;
        }
        after
    };
    let added = with(
        "/properties",
        json!({
            "id": { "type": "string", "description": "of it" }, "state": { "enum": ["open", "done", "lost"] }, "more": {},
        }),
    );
    let reasons = with("/$defs/Reason/oneOf", json!([{ "const": "c" }, { "const": "b" }, { "const": "a" }]));
    for fine in [&before, &added, &reasons] {
        assert_eq!(broken(&before, fine, Way::Out), Vec::<String>::new());
        assert_eq!(broken(&before, fine, Way::In), Vec::<String>::new());
    }
    for (after, way, told) in [
        (with("/properties", json!({ "id": { "type": "string" } })), Way::Out, "/properties: state is gone"),
        (with("/properties/id/type", json!("integer")), Way::Out, "/properties/id/type"),
        (
            with("/properties/state/enum", json!(["open"])),
            Way::Out,
            "/properties/state/enum: \"done\" is gone",
        ),
        (with("/$defs/Reason/oneOf", json!([{ "const": "a" }])), Way::Out, "/$defs/Reason/oneOf"),
        (with("/required", json!([])), Way::Out, "/required: \"id\" need not be there"),
        (with("/required", json!(["id", "state"])), Way::In, "/required: \"state\" has to be there"),
    ] {
        let found = broken(&before, &after, way);
        assert!(found.len() == 1 && found[0].starts_with(told), "{told}: {found:?}");
    }
}

/// What of a schema no longer holds, a line each.
fn broken(before: &Value, now: &Value, way: Way) -> Vec<String> {
    let mut found = Vec::new();
    compare("", before, now, way, &mut found);
    found
}

fn compare(path: &str, before: &Value, now: &Value, way: Way, found: &mut Vec<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        if before != now {
            found.push(format!("{path}: {before} became {now}"));
        }
        return;
    };
    for (key, value) in old.iter().filter(|(key, _)| !FOR_PEOPLE.contains(&key.as_str())) {
        let here = format!("{path}/{key}");
        let Some(other) = new.get(key) else {
            found.push(format!("{path}: {key} is gone"));
            continue;
        };
        match key.as_str() {
            "required" => found.extend(demands(&here, value, other, way)),
            "enum" => found.extend(gone(&here, value, other)),
            "oneOf" | "anyOf" => found.extend(unmatched(&here, value, other, way)),
            _ => compare(&here, value, other, way, found),
        }
    }
    let is_new_demand = way == Way::In && !old.contains_key("required");
    if let Some(other) = new.get("required").filter(|_| is_new_demand) {
        found.extend(demands(&format!("{path}/required"), &json!([]), other, way));
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn gone(path: &str, before: &Value, now: &Value) -> Vec<String> {
    let lost = list(before).iter().filter(|value| !list(now).contains(value));
    lost.map(|value| format!("{path}: {value} is gone")).collect()
}

fn demands(path: &str, before: &Value, now: &Value, way: Way) -> Vec<String> {
    let (old, new) = (list(before), list(now));
    match way {
        Way::In => {
            let more = new.iter().filter(|name| !old.contains(name));
            more.map(|name| format!("{path}: {name} has to be there now")).collect()
        }
        Way::Out => {
            let fewer = old.iter().filter(|name| !new.contains(name));
            fewer.map(|name| format!("{path}: {name} need not be there any more")).collect()
        }
    }
}

/// Every choice of before is still one.
fn unmatched(path: &str, before: &Value, now: &Value, way: Way) -> Vec<String> {
    let is_still_one = |choice: &&Value| list(now).iter().any(|other| broken(choice, other, way).is_empty());
    let lost = list(before).iter().filter(|choice| !is_still_one(choice));
    lost.map(|choice| format!("{path}: {choice} is no choice any more")).collect()
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/schemas")
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

/// The files of a folder.
fn contents(folder: &Path) -> Result<BTreeMap<String, String>> {
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file?.path();
        let name = path.file_name().context("no name")?.to_string_lossy().into_owned();
        Ok((name, std::fs::read_to_string(path)?))
    };
    std::fs::read_dir(folder)?.map(read).collect()
}

fn collect(value: &Value, references: &mut Vec<String>) {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        references.push(reference.to_owned());
    }
    let members = value.as_object().into_iter().flat_map(serde_json::Map::values);
    members.chain(value.as_array().into_iter().flatten()).for_each(|member| collect(member, references));
}
