//! How much of two hundred mails is cut as a person would cut it: see `threads/README.md`.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;

use domain::WorkspaceId;
use domain::mail::Flag;
use mail::{Envelope, Format, Limits, Reader, Trust};

/// The least share that is cut exactly.
const EXACT_FLOOR: f64 = 0.97;

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
    let threads = threads().unwrap();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for thread in &threads {
        let mut parts = thread.name.splitn(3, '-').skip(1);
        let (language, client) = (parts.next().unwrap(), parts.next().unwrap());
        for group in ["all", &format!("language {language}"), &format!("client {client}")] {
            scores.entry(group.to_owned()).or_default().add(thread);
        }
        if thread.written != thread.expected {
            println!("{}\n  is:  {}\n  not: {}", thread.name, thread.written, thread.expected);
        }
    }
    for (group, score) in &scores {
        println!(
            "{group:24} {:3} mails {:3} exact {:3} leaks {:3} losses",
            score.mails, score.exact, score.leaks, score.losses
        );
    }
    let all = scores.get("all").copied().unwrap_or_default();
    assert_eq!(all.mails, 200);
    assert_eq!(all.losses, 0);
    assert!(f64::from(all.exact) >= EXACT_FLOOR * f64::from(all.mails), "{all:?}");
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

fn threads() -> Result<Vec<Thread>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/threads");
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
