//! Who may know whom. The drawing of it is in ARCHITECTURE.md.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Each of our crates, and those of ours it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("charts", &[]),
    ("broker", &[]),
    ("stripe-sandbox", &[]),
    ("mail", &["domain"]),
    ("intent", &["domain"]),
    ("load", &["domain"]),
    ("meters", &["domain"]),
    ("replay-report", &["charts", "domain"]),
    ("training", &["charts", "domain", "mail", "intent"]),
    ("store", &["domain"]),
    ("stripe-client", &["domain", "meters"]),
    ("verifier", &["domain", "mail"]),
    ("language-model", &["domain"]),
    (
        "engine",
        &["domain", "mail", "meters", "verifier", "intent", "language-model", "store", "stripe-client"],
    ),
    ("console", &["charts", "domain", "engine", "replay-report", "store", "stripe-client"]),
    ("app", ALL_PARTS),
    ("tests", ALL_PARTS),
];

const ALL_PARTS: &[&str] = &[
    "charts",
    "domain",
    "replay-report",
    "mail",
    "verifier",
    "intent",
    "training",
    "load",
    "meters",
    "language-model",
    "store",
    "stripe-client",
    "engine",
    "console",
    "broker",
    "stripe-sandbox",
];

/// The crates that may use ours in their tests only: they are where the parts meet.
const MAY_USE_IN_TESTS: &[&str] = &["app", "tests"];

/// What else a crate may use in its tests, and not otherwise.
const ALSO_IN_TESTS: &[(&str, &[&str])] = &[("console", &["intent", "mail"])];

/// Names that say nothing, so that everything ends up behind them.
const SAYS_NOTHING: &[&str] = &["common", "core", "types", "utils", "errors", "config"];

#[test]
fn crates_use_only_those_they_may_know() -> Result<()> {
    let crates = our_crates()?;
    let wrong: Vec<String> = crates
        .iter()
        .flat_map(|from| from.uses.iter().map(move |used| (from, used)))
        .filter(|(from, used)| !is_allowed(&from.name, used))
        .map(|(from, used)| format!("{} must not use {} ({})", from.name, used.name, used.kind))
        .collect();
    assert!(wrong.is_empty(), "edges that the table MAY_USE does not have:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_crate_has_a_row_in_the_table() -> Result<()> {
    for each in our_crates()? {
        assert!(MAY_USE.iter().any(|(name, _)| *name == each.name), "give {} a row in MAY_USE", each.name);
    }
    Ok(())
}

#[test]
fn crate_names_say_what_is_inside() -> Result<()> {
    for each in our_crates()? {
        assert!(!SAYS_NOTHING.contains(&each.name.as_str()), "{} is a name for anything", each.name);
    }
    Ok(())
}

#[test]
fn the_table_tells_allowed_edges_from_others() {
    let normal = |name: &str| Use { name: name.to_owned(), kind: "normal".to_owned() };
    let dev = |name: &str| Use { name: name.to_owned(), kind: "dev".to_owned() };
    assert!(is_allowed("engine", &normal("store")));
    assert!(!is_allowed("engine", &normal("broker")));
    assert!(!is_allowed("engine", &dev("store")));
    assert!(is_allowed("tests", &dev("store")));
    assert!(is_allowed("console", &dev("mail")));
    assert!(!is_allowed("console", &normal("mail")));
    assert!(!is_allowed("app", &normal("tests")));
}

struct OurCrate {
    name: String,
    uses: Vec<Use>,
}

struct Use {
    name: String,
    /// `normal`, `dev` or `build`, as cargo calls them.
    kind: String,
}

fn is_allowed(from: &str, used: &Use) -> bool {
    let has = |table: &[(&str, &[&str])]| {
        table.iter().any(|(name, may_use)| *name == from && may_use.contains(&used.name.as_str()))
    };
    match used.kind.as_str() {
        "dev" => has(ALSO_IN_TESTS) || (has(MAY_USE) && MAY_USE_IN_TESTS.contains(&from)),
        _ => has(MAY_USE),
    }
}

fn our_crates() -> Result<Vec<OurCrate>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
    packages.iter().map(our_crate).collect()
}

fn our_crate(package: &Value) -> Result<OurCrate> {
    let dependencies = package["dependencies"].as_array().context("a package lists no dependencies")?;
    // Ours are those found by a path; all others come from the registry.
    let uses = dependencies.iter().filter(|dependency| dependency["path"].is_string()).map(|dependency| {
        Ok(Use {
            name: dependency["name"].as_str().context("a dependency has no name")?.to_owned(),
            kind: dependency["kind"].as_str().unwrap_or("normal").to_owned(),
        })
    });
    let name = package["name"].as_str().context("a package has no name")?.to_owned();
    Ok(OurCrate { name, uses: uses.collect::<Result<_>>()? })
}
