//! `postill policy test`: whether a policy judges examples as it should.

use std::process::ExitCode;

use domain::policy::{Judgement, PolicyLine, Verdict};
use domain::{Clock, ReasonCode, SystemClock};
use serde_json::{Value, json};

use super::examples::{self, Example};
use super::{note_switches, policy_of};
use crate::cli::PolicyTest;
use crate::settings::{Layers, Settings, Sources};
use crate::terminal::{self, Cell, Style};

/// An example and what came of it.
struct Tested {
    example: Example,
    judgement: Judgement,
    passed: bool,
}

pub(super) async fn run(arguments: &PolicyTest, sources: &Sources<'_>) -> anyhow::Result<ExitCode> {
    let examples = examples::read(&arguments.examples)?;
    let file = arguments.policy.as_deref().or(sources.file);
    let settings = Settings::parse(Layers::read(&Sources { file, ..*sources }))?;
    let policy = policy_of(&settings, arguments.workspace.as_ref()).await?;
    let now = SystemClock.now();
    let tested: Vec<Tested> = examples
        .into_iter()
        .map(|example| {
            let judgement = example.judge(&policy, now);
            let passed = example.expected.is_met_by(&judgement);
            Tested { example, judgement, passed }
        })
        .collect();
    let failed = tested.iter().filter(|tested| !tested.passed).count();
    if arguments.json {
        let examples: Vec<Value> = tested.iter().map(Tested::json).collect();
        let shown = json!({ "version": policy.version(), "failed": failed, "examples": examples });
        terminal::result(&serde_json::to_string_pretty(&shown)?)?;
    } else {
        print(&tested)?;
        note_switches(arguments.workspace.as_ref())?;
        let (style, all) = if failed == 0 { (terminal::GOOD, tested.len()) } else { (terminal::BAD, failed) };
        let verb = if failed == 0 { "passed" } else { "failed" };
        let count = format!("{all} of {} examples {verb}", tested.len());
        terminal::note(&format!("{} by version {}", terminal::styled(style, &count), policy.version()))?;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All of them, and every rule of those that failed.
fn print(tested: &[Tested]) -> anyhow::Result<()> {
    let rows: Vec<Vec<Cell>> = tested.iter().map(Tested::row).collect();
    terminal::result_table(&["", "example", "expected", "got"], &rows)?;
    for failed in tested.iter().filter(|tested| !tested.passed) {
        terminal::result(&format!("\n{}", terminal::styled(terminal::STRONG, &failed.example.name)))?;
        let rows: Vec<Vec<Cell>> = failed.judgement.lines().iter().map(rule_row).collect();
        terminal::result_table(&[], &rows)?;
    }
    Ok(())
}

fn rule_row(line: &PolicyLine) -> Vec<Cell> {
    vec![
        Cell::plain(format!("  {}", line.rule)),
        Cell::new(line.verdict.as_str(), style(line.verdict)),
        Cell::plain(&line.text),
    ]
}

const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => terminal::GOOD,
        Verdict::NeedsApproval => terminal::WARN,
        Verdict::Refused => terminal::BAD,
    }
}

impl Tested {
    fn row(&self) -> Vec<Cell> {
        let (mark, style) = if self.passed { ("ok", terminal::GOOD) } else { ("failed", terminal::BAD) };
        let expected = &self.example.expected;
        let (verdict, reason, persons) = self.got();
        vec![
            Cell::new(mark, style),
            Cell::plain(&self.example.name),
            Cell::plain(words(expected.verdict, expected.reason, expected.persons)),
            Cell::plain(words(verdict, reason, expected.persons.map(|_asked| persons))),
        ]
    }

    fn got(&self) -> (Verdict, Option<ReasonCode>, u32) {
        let reason = self.judgement.objection().and_then(|line| line.code);
        (self.judgement.verdict(), reason, self.judgement.persons())
    }

    fn json(&self) -> Value {
        let expected = &self.example.expected;
        let (verdict, reason, persons) = self.got();
        json!({
            "name": self.example.name,
            "passed": self.passed,
            "expected": { "verdict": expected.verdict, "reason": expected.reason, "persons": expected.persons },
            "got": { "verdict": verdict, "reason": reason, "persons": persons },
            "lines": self.judgement.lines(),
        })
    }
}

/// `needs_approval (above_limit, 2 persons)`
fn words(verdict: Verdict, reason: Option<ReasonCode>, persons: Option<u32>) -> String {
    let reason = reason.and_then(|code| json!(code).as_str().map(str::to_owned));
    let persons = persons.map(|persons| match persons {
        1 => "1 person".to_owned(),
        several => format!("{several} persons"),
    });
    let parts: Vec<String> = [reason, persons].into_iter().flatten().collect();
    if parts.is_empty() {
        verdict.as_str().to_owned()
    } else {
        format!("{} ({})", verdict.as_str(), parts.join(", "))
    }
}
