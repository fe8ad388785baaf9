//! A report as a person reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use charts::grouped;
use replay_report::{
    Answers, Counts, Differences, Report, Sums, Through, causes, in_words, lasting, mails, words,
};

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, STRONG, WARN, amount, styled};

pub(super) fn show(report: &Report) -> anyhow::Result<()> {
    let style = if report.ended.is_whole() { GOOD } else { WARN };
    let ended = words(report.ended.as_str());
    terminal::result(&format!("{}  {}", styled(STRONG, title(report.through)), styled(style, &ended)))?;
    terminal::result_table(&[], &counted(&report.counts, report.through))?;
    terminal::result(&pace(report))?;
    if let Some(all) = report.all_runs.as_ref().filter(|all| all.runs > 1) {
        terminal::result(&format!("\n{} runs together", styled(STRONG, &grouped(all.runs))))?;
        terminal::result_table(&[], &counted(&all.counts, report.through))?;
    }
    doubts(report)?;
    if let Some(answers) = &report.answers {
        answered(answers)?;
    }
    report.differences.as_ref().map_or(Ok(()), different)
}

const fn title(through: Through) -> &'static str {
    match through {
        Through::Queue => "Replay into the queue",
        Through::Here => "Replay on this machine",
        Through::DryRun => "Dry run",
    }
}

/// What became of the mails that were taken.
pub(super) const fn replayed(through: Through) -> &'static str {
    match through {
        Through::Queue => "published",
        Through::Here => "answered",
        Through::DryRun => "chosen",
    }
}

fn counted(counts: &Counts, through: Through) -> Vec<Vec<Cell>> {
    let failed_style = if counts.failed.is_empty() { FAINT } else { BAD };
    vec![
        row("read", counts.read, "", FAINT),
        row(replayed(through), counts.replayed, "", FAINT),
        row("skipped", counts.skipped(), &causes(&counts.skipped), FAINT),
        row("failed", counts.failed(), &causes(&counts.failed), failed_style),
    ]
}

fn row(name: &str, count: u64, more: &str, style: terminal::Style) -> Vec<Cell> {
    vec![
        Cell::plain(format!("  {name}")),
        Cell::plain(format!("{:>13}", grouped(count))),
        Cell::new(more, style),
    ]
}

fn pace(report: &Report) -> String {
    let took = Duration::try_from_secs_f64(report.seconds).unwrap_or_default();
    let took = if took < SOON { format!("{:.1} s", report.seconds) } else { lasting(took) };
    let (bytes, unit) = match report.looks.bytes {
        bytes @ ..1_000_000 => (bytes / 1_000, "kB"),
        bytes => (bytes / 1_000_000, "MB"),
    };
    format!("  {} {unit} in {took}, {:.0} mails a second", grouped(bytes), report.mails_per_second)
}

/// Below this, tenths of a second are told.
const SOON: Duration = Duration::from_secs(10);

fn doubts(report: &Report) -> anyhow::Result<()> {
    let looks = &report.looks;
    if looks.undated > 0 {
        terminal::result(&format!("  {} without a readable date", mails(looks.undated)))?;
    }
    if looks.cut_off > 0 {
        let text = format!("  mailboxes that end in the middle of a mail: {}", grouped(looks.cut_off));
        terminal::result(&styled(WARN, &text))?;
    }
    let suspicions = &looks.suspicions;
    if suspicions.count == 0 {
        return Ok(());
    }
    let split = format!(
        "  doubtful beginnings of mails: {}; taken for one: {}",
        grouped(suspicions.count),
        grouped(suspicions.split)
    );
    terminal::result(&styled(WARN, &split))?;
    for listed in suspicions.listed.iter().take(SHOWN) {
        let path = report.sources.get(listed.source).map(|source| source.path.display().to_string());
        let line =
            format!("    {} at byte {}: {}", path.unwrap_or_default(), listed.offset, in_words(&listed.kind));
        terminal::result(&styled(FAINT, &line))?;
    }
    Ok(())
}

/// How many doubtful places are printed; the report has more.
const SHOWN: usize = 10;

fn answered(answers: &Answers) -> anyhow::Result<()> {
    counts("Outcomes", &answers.outcomes)?;
    counts("Intents", &answers.intents)?;
    let would_have: Vec<Vec<Cell>> = answers
        .would_have
        .iter()
        .flat_map(|(function, would)| {
            let of = |who: &str, sums: &Sums| would_row(function.as_str(), who, sums);
            [of("within the policy", &would.by_policy), of("if a person allows it", &would.by_person)]
                .into_iter()
                .flatten()
        })
        .collect();
    if !would_have.is_empty() {
        terminal::result(&format!("\n{}", styled(STRONG, "Would have been done")))?;
        terminal::result_table(&[], &would_have)?;
    }
    Ok(())
}

fn would_row(function: &str, who: &str, sums: &Sums) -> Option<Vec<Cell>> {
    let amounts: Vec<String> = sums.amounts.iter().map(|sum| amount(*sum)).collect();
    (sums.count > 0).then(|| {
        vec![
            Cell::plain(format!("  {}", words(function))),
            Cell::plain(who),
            Cell::plain(format!("{:>9}", grouped(sums.count))),
            Cell::plain(amounts.join(" + ")),
        ]
    })
}

fn counts(title: &str, counts: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut most_first: Vec<_> = counts.iter().collect();
    most_first.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let rows: Vec<Vec<Cell>> =
        most_first.into_iter().map(|(name, count)| row(&words(name), *count, "", FAINT)).collect();
    terminal::result(&format!("\n{}", styled(STRONG, title)))?;
    terminal::result_table(&[], &rows)?;
    Ok(())
}

fn different(differences: &Differences) -> anyhow::Result<()> {
    let Differences { same, changed, new, missing, outcomes, intents, .. } = differences;
    let with = differences.with.display();
    terminal::result(&format!("\n{} {with}", styled(STRONG, "Compared with")))?;
    let rows = [("as before", same), ("changed", changed), ("new", new), ("missing", missing)];
    let rows: Vec<Vec<Cell>> = rows.into_iter().map(|(name, count)| row(name, *count, "", FAINT)).collect();
    terminal::result_table(&[], &rows)?;
    for (what, changes) in [("outcome", outcomes), ("intent", intents)] {
        for change in changes.iter().take(SHOWN) {
            terminal::result(&format!(
                "    {what} {} → {}: {}",
                words(&change.before),
                words(&change.now),
                grouped(change.mails)
            ))?;
        }
    }
    Ok(())
}
