//! Numbers, lengths of time and codes as a person reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use charts::grouped;

/// `1 mail`, `1,200 mails`
pub fn mails(count: u64) -> String {
    if count == 1 { "1 mail".to_owned() } else { format!("{} mails", grouped(count)) }
}

/// `40 s`, `3 min 20 s`, `2 h 5 min`
pub fn lasting(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A code, in words.
pub fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// `undated 3, other sender 10`
pub fn causes(counts: &BTreeMap<String, u64>) -> String {
    let causes = counts.iter().map(|(cause, count)| format!("{} {}", words(cause), grouped(*count)));
    causes.collect::<Vec<_>>().join(", ")
}

/// A line of an mbox where a mail might begin, in words.
pub fn in_words(kind: &str) -> &'static str {
    match kind {
        "no_empty_line_above" => "no empty line above it: not split",
        "no_header_below" => "no header below it: not split",
        "inside_content_length" => "within the length that the mail above gives: not split",
        "inside_mime" => "inside a part of the mail above: not split",
        "after_open_mime" => "the parts of the mail above never end: split",
        _ => "doubtful",
    }
}
