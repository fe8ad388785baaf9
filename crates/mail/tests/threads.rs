//! How much of two sets of mails is cut as a person would cut it: see `threads/README.md` and `threads_unseen/README.md`.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use domain::WorkspaceId;
use domain::mail::Flag;
use mail::{Envelope, Format, Limits, Reader, Trust};

/// What became of some mails.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    mails: u32,
    exact: u32,
    /// Mails in which something was left that should have been cut.
    leaks: u32,
    /// Mails in which something was cut that should have been left.
    losses: u32,
}

struct Thread {
    name: String,
    written: String,
    expected: String,
}

#[test]
fn threads_are_cut_as_a_person_would() {
    let (all, report) = measured("threads").unwrap();
    println!("{report}");
    assert_eq!((all.mails, all.losses), (200, 0));
    assert!(all.exact >= 194, "{all:?}");
}

#[test]
fn threads_that_no_rule_was_written_for_are_cut_as_a_person_would() {
    let (all, report) = measured("threads_unseen").unwrap();
    println!("{report}");
    assert_eq!((all.mails, all.losses), (81, 0));
    assert!(all.exact >= 80, "{all:?}");
}

/// The score of all mails of a folder, and a report of what is not cut exactly and how every language and client scores.
fn measured(folder: &str) -> Result<(Score, String), Box<dyn Error>> {
    let mut report = String::new();
    let threads = threads(folder)?;
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for thread in &threads {
        let mut parts = thread.name.splitn(3, '-').skip(1);
        let (language, client) = parts.next().zip(parts.next()).ok_or("a name without a client")?;
        for group in ["all", &format!("language {language}"), &format!("client {client}")] {
            scores.entry(group.to_owned()).or_default().add(thread);
        }
        if thread.written != thread.expected {
            writeln!(report, "{}\n  is:  {}\n  not: {}", thread.name, thread.written, thread.expected)?;
        }
    }
    for (group, score) in &scores {
        writeln!(
            report,
            "{group:24} {:3} mails {:3} exact {:3} leaks {:3} losses",
            score.mails, score.exact, score.leaks, score.losses
        )?;
    }
    Ok((scores.get("all").copied().unwrap_or_default(), report))
}

impl Score {
    fn add(&mut self, thread: &Thread) {
        self.mails += 1;
        self.exact += u32::from(thread.written == thread.expected);
        self.leaks += u32::from(has_more(&thread.written, &thread.expected));
        self.losses += u32::from(has_more(&thread.expected, &thread.written));
    }
}

/// Whether `text` has a word more often than `other`.
fn has_more(text: &str, other: &str) -> bool {
    let mut counts: HashMap<&str, i32> = HashMap::new();
    text.split(' ').filter(|word| !word.is_empty()).for_each(|word| *counts.entry(word).or_default() += 1);
    other.split(' ').for_each(|word| *counts.entry(word).or_default() -= 1);
    counts.values().any(|count| *count > 0)
}

fn threads(folder: &str) -> Result<Vec<Thread>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let reader = Reader::new(Trust::default(), Limits::default());
    let mut threads = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let name =
            path.file_stem().and_then(|name| name.to_str()).ok_or("a name that is no text")?.to_owned();
        let written = written(&reader, &std::fs::read(&path)?)?;
        threads.push(Thread {
            name,
            written,
            expected: one_line(&std::fs::read_to_string(path.with_extension("txt"))?),
        });
    }
    threads.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(threads)
}

/// What was written now, which is nothing where only a quote is there to be read.
fn written(reader: &Reader, message: &[u8]) -> Result<String, Box<dyn Error>> {
    let workspace = WorkspaceId::default();
    let mail = reader
        .read(&Envelope { format: Format::Rfc822, body: message, workspace: &workspace, run: None })?
        .mail;
    let is_only_quoted = mail.flags.contains(&Flag::OnlyQuoted);
    Ok(if is_only_quoted { String::new() } else { one_line(&mail.text.written) })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
