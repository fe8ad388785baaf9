//! What stands under `deploy/` beside the built program: every setting, verb, flag and metric that is named there exists. What needs tools
//! of its own is checked by `deploy/check`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Finished, Postill};

const SOON: Duration = Duration::from_secs(20);
/// Variables of scripts, and what Kubernetes would set.
const NO_SETTINGS: &[&str] =
    &["POSTILL_CONFIG", "POSTILL_DEPLOY_TOOLS", "POSTILL_PORT", "POSTILL_RUN_INSIDE"];

#[tokio::test]
async fn every_variable_that_is_set_is_a_setting() -> Result<()> {
    let mut named: BTreeSet<String> = deployed()?.iter().flat_map(|(_, text)| variables(text)).collect();
    named.extend(secrets_of_the_chart()?.iter().map(|name| format!("POSTILL_{}_FILE", name.to_uppercase())));
    named.extend(
        credentials_of_the_units()?.iter().map(|name| format!("POSTILL_{}_FILE", name.to_uppercase())),
    );
    ensure!(named.contains("POSTILL_OBSERVE_BIND") && named.contains("POSTILL_MASTER_KEY_FILE"), "{named:?}");
    let check = named.iter().fold(Postill::with(["config", "check"]), |run, name| run.env(name, "/dev/null"));
    let said = check.finish(SOON).await?.stderr;
    let unknown: Vec<&str> = said.lines().filter(|line| line.contains("no such setting")).collect();
    ensure!(unknown.is_empty(), "{unknown:#?}");
    Ok(())
}

#[tokio::test]
async fn every_setting_that_is_spoken_of_exists() -> Result<()> {
    let known = settings().await?;
    let sections: BTreeSet<&str> = known.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let wrong: Vec<String> = deployed()?
        .iter()
        .filter(|(path, _)| !path.components().any(|part| part.as_os_str() == "checks"))
        .flat_map(|(path, text)| dotted(text).into_iter().map(move |word| (path, word)))
        .filter(|(_, word)| word.split_once('.').is_some_and(|(section, _)| sections.contains(section)))
        .filter(|(_, word)| !known.iter().any(|key| key == word || key.starts_with(&format!("{word}."))))
        .map(|(path, word)| format!("{}: {word}", path.display()))
        .collect();
    ensure!(wrong.is_empty(), "no such settings: {wrong:#?}");
    Ok(())
}

#[tokio::test]
async fn the_settings_that_the_chart_brings_are_valid() -> Result<()> {
    let values = fs::read_to_string(root().join("deploy/helm/postill/values.yaml"))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("postill.toml");
    fs::write(&file, format!("{}\n{}", block(&values, "settings")?, block(&values, "policy")?))?;
    for name in [file, root().join("deploy/policy.toml")] {
        let check =
            Postill::with([OsStr::new("--config"), name.as_os_str(), "config".as_ref(), "check".as_ref()]);
        let Finished { status, stderr, .. } = check.finish(SOON).await?;
        ensure!(status.success(), "{}: {stderr}", name.display());
    }
    Ok(())
}

#[tokio::test]
async fn every_verb_and_flag_that_is_told_exists() -> Result<()> {
    let told: Vec<(PathBuf, Vec<String>)> = deployed()?
        .into_iter()
        .flat_map(|(path, text)| commands(&text).into_iter().map(move |words| (path.clone(), words)))
        .collect();
    ensure!(told.len() > 50, "only {} commands were found", told.len());
    let (mut wrong, mut helps) = (Vec::new(), BTreeMap::new());
    for (path, words) in told {
        let verb = verb_of(&words);
        if !helps.contains_key(&verb) {
            helps.insert(verb.clone(), help(&verb).await?);
        }
        let flags =
            words.iter().filter_map(|word| word.split('=').next()).filter(|word| word.starts_with("--"));
        match helps.get(&verb).and_then(Option::as_ref) {
            Some(help) => wrong.extend(
                flags
                    .filter(|flag| !help.contains(*flag))
                    .map(|flag| format!("{}: {verb:?} {flag}", path.display())),
            ),
            None => wrong.push(format!("{}: {verb:?}", path.display())),
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn every_metric_that_is_asked_for_exists() -> Result<()> {
    let known: BTreeSet<&str> = meters::METRICS.iter().map(|metric| metric.name).collect();
    let mut asked = BTreeSet::new();
    for name in [
        "deploy/prometheus/postill.rules.yml",
        "deploy/prometheus/postill.rules.test.yml",
        "deploy/grafana/postill.json",
    ] {
        asked.extend(metrics(&fs::read_to_string(root().join(name))?));
    }
    ensure!(asked.len() > 20, "only {asked:?} were found");
    let unknown: Vec<&String> = asked.iter().filter(|name| !known.contains(without_part(name))).collect();
    ensure!(unknown.is_empty(), "no such metrics: {unknown:?}");
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the deployment.
fn deployed() -> Result<Vec<(PathBuf, String)>> {
    let (mut found, mut folders) = (vec![root().join("docker-compose.yml")], vec![root().join("deploy")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    let read = |path: PathBuf| fs::read_to_string(&path).map(|text| (path, text));
    Ok(found.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// Every word made of some characters.
fn words(text: &str, of_word: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| !of_word(c)).filter(|word| !word.is_empty())
}

fn variables(text: &str) -> Vec<String> {
    words(text, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        .filter(|word| word.strip_prefix("POSTILL_").is_some_and(|rest| !rest.is_empty()))
        .filter(|word| !NO_SETTINGS.contains(word) && !word.starts_with("POSTILL_TEST_"))
        .map(str::to_owned)
        .collect()
}

/// Words like `worker.grace_seconds` that are no file, no host and no value of the chart.
fn dotted(text: &str) -> Vec<String> {
    let no_setting = [".com", ".toml", ".yaml", ".yml", ".md", ".service", ".eml", ".enabled"];
    words(text, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.contains('.') && !word.contains(|c: char| c.is_ascii_uppercase()))
        .filter(|word| !no_setting.iter().any(|end| word.ends_with(end)))
        .map(str::to_owned)
        .collect()
}

/// Recorded names have colons; promtool sees to those.
fn metrics(text: &str) -> Vec<String> {
    words(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == ':')
        .filter(|word| word.starts_with("postill_") || word.starts_with("process_"))
        .filter(|word| !word.contains(':'))
        .map(str::to_owned)
        .collect()
}

/// A histogram is asked for by its parts.
fn without_part(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

/// The words behind `postill` or `postill-run`, in backticks and in lines of shell.
fn commands(text: &str) -> Vec<Vec<String>> {
    let in_backticks = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let in_lines = text.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim());
    in_backticks
        .chain(in_lines)
        .filter_map(|line| {
            let line = line.trim_start_matches("ExecStart=/usr/bin/");
            let behind = line.strip_prefix("postill ").or_else(|| line.strip_prefix("postill-run "));
            behind.or_else(|| Some(line.split_once(" -- postill ")?.1))
        })
        .map(|command| command.split_whitespace().map(str::to_owned).collect())
        .filter(|words: &Vec<String>| {
            words.first().is_some_and(|word| is_verb(word) || word.starts_with("--"))
        })
        .collect()
}

/// The verb and the one below it, without the settings before.
fn verb_of(words: &[String]) -> Vec<String> {
    let skipped = if words.first().is_some_and(|word| word == "--config") { 2 } else { 0 };
    words.iter().skip(skipped).take(2).take_while(|word| is_verb(word)).cloned().collect()
}

fn is_verb(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase())
}

async fn help(verb: &[String]) -> Result<Option<String>> {
    let run = Postill::with(verb.iter().map(String::as_str).chain(["--help"])).finish(SOON).await?;
    Ok(run.status.success().then_some(run.stdout))
}

async fn settings() -> Result<BTreeSet<String>> {
    let checked = Postill::with(["config", "check", "--json"]).finish(SOON).await?;
    let all: Vec<Value> = serde_json::from_str(&checked.stdout)?;
    all.iter()
        .map(|each| Ok(each.get("key").and_then(Value::as_str).context("a setting has no key")?.to_owned()))
        .collect()
}

fn secrets_of_the_chart() -> Result<Vec<String>> {
    let schema: Value =
        serde_json::from_slice(&fs::read(root().join("deploy/helm/postill/values.schema.json"))?)?;
    let keys = schema.pointer("/properties/secrets/properties/keys/properties").and_then(Value::as_object);
    Ok(keys.context("the schema names no secrets")?.keys().cloned().collect())
}

fn credentials_of_the_units() -> Result<Vec<String>> {
    let texts = deployed()?;
    let lines = texts.iter().flat_map(|(_, text)| text.lines());
    let named =
        lines.filter_map(|line| Some(line.strip_prefix("LoadCredential=")?.split_once(':')?.0.to_owned()));
    Ok(named.collect())
}

/// The lines of a block of YAML, `name: |`, without their indentation.
fn block(yaml: &str, name: &str) -> Result<String> {
    let (_, behind) =
        yaml.split_once(&format!("\n{name}: |\n")).with_context(|| format!("no block {name}"))?;
    let lines = behind.lines().take_while(|line| line.is_empty() || line.starts_with("  "));
    Ok(lines.map(str::trim_start).collect::<Vec<_>>().join("\n"))
}
