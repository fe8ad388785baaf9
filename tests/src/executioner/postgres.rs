//! Messages of PostgreSQL: type (1), length with itself (4), payload; what opens a connection has no type. The answer comes when a
//! group of messages ends with Sync or Flush, or is a simple query.

use std::collections::HashMap;

use super::amqp::number;
use super::proxy::{Cut, Cutter};
use super::{Piece, Then};

/// What a worker asks of PostgreSQL.
#[derive(Debug, Default)]
pub(super) struct Statements {
    started: bool,
    /// Prepared statements by their name.
    prepared: HashMap<String, String>,
    /// The group that is coming, and the statement it executes.
    group: Vec<u8>,
    executes: Option<String>,
    /// What the transaction has written.
    written: Option<Vec<String>>,
}

/// Asks for encryption, which gets a refusal, and goes on with the real opening.
const ENCRYPTION: u64 = 80_877_103;

impl Cutter for Statements {
    fn cut(&mut self, buffer: &mut Vec<u8>) -> Option<Cut> {
        if !self.started {
            let length = usize::try_from(number(buffer, 0, 4)?).ok()?;
            let asks_for = number(buffer, 4, 4)?;
            if buffer.len() < length {
                return None;
            }
            self.started = asks_for != ENCRYPTION;
            return Some(Cut { bytes: buffer.drain(..length).collect(), piece: None });
        }
        loop {
            let length = 1 + usize::try_from(number(buffer, 1, 4)?).ok()?;
            if buffer.len() < length {
                return None;
            }
            let message: Vec<u8> = buffer.drain(..length).collect();
            let ends = self.read(&message);
            self.group.extend(message);
            if ends {
                let piece = self.executes.take().and_then(|statement| self.piece(&statement));
                return Some(Cut { bytes: std::mem::take(&mut self.group), piece });
            }
        }
    }
}

impl Statements {
    /// Whether an answer comes after this message.
    fn read(&mut self, message: &[u8]) -> bool {
        let mut texts = message.get(5..).unwrap_or_default().split(|byte| *byte == 0);
        let mut text = || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
        match message.first() {
            Some(b'P') => {
                let name = text();
                self.prepared.insert(name, text());
                false
            }
            Some(b'B') => {
                let (_portal, name) = (text(), text());
                self.executes = self.prepared.get(&name).cloned();
                false
            }
            Some(b'Q') => {
                self.executes = Some(text());
                true
            }
            Some(b'S' | b'H' | b'p') => true,
            Some(_) | None => false,
        }
    }

    fn piece(&mut self, statement: &str) -> Option<Piece> {
        let lower = statement.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let (name, then) = match words.first().copied() {
            Some("begin") => {
                self.written = Some(Vec::new());
                return None;
            }
            Some("commit") => {
                let written = self.written.take().unwrap_or_default();
                (format!("commit of {}", written.join("; ")), Then::Answer)
            }
            Some(_) => {
                let (name, writes) = summary(&words);
                if writes && let Some(written) = &mut self.written {
                    written.push(name.clone());
                    (name, Then::AnswerOnly)
                } else {
                    (name, if writes { Then::Answer } else { Then::AnswerOnly })
                }
            }
            None => return None,
        };
        Some(Piece { name: format!("postgres: {name}"), then })
    }
}

/// The first words of what is written, or from where is read.
fn summary(words: &[&str]) -> (String, bool) {
    let starts = |pair: &[&str]| matches!(pair, ["insert", "into"] | ["delete", "from"] | ["update", _]);
    let joined = |from: usize, count: usize| {
        words
            .iter()
            .skip(from)
            .take(count)
            .map(|word| word.trim_end_matches(','))
            .collect::<Vec<_>>()
            .join(" ")
    };
    // `on conflict do update set` is no update of its own, and comes later.
    if let Some(from) = words.windows(2).position(starts) {
        let count = if words.get(from) == Some(&"update") { 6 } else { 3 };
        return (joined(from, count), true);
    }
    match words.iter().rposition(|word| *word == "from") {
        _ if words.iter().any(|word| word.contains("clock_timestamp")) => ("the time".to_owned(), false),
        Some(from) => (format!("select {}", joined(from, 2)), false),
        None => (joined(0, 3), false),
    }
}
