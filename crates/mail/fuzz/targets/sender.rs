#![no_main]
//! The header scan: whoever is named stands in the one From field there is.

use libfuzzer_sys::fuzz_target;
use mail_fuzz::{in_time, let_panics_be_contained};

fuzz_target!(init: let_panics_be_contained(), |block: &[u8]| {
    let Ok(sender) = in_time(|| mail::sender_of(block)) else { return };
    assert_eq!(from_fields(block), 1, "a sender was named beside several From fields, or none");
    let again = format!("From: <{sender}>\r\n\r\n");
    assert_eq!(mail::sender_of(again.as_bytes()).as_ref(), Ok(&sender), "a sender does not read as itself");
});

/// Counts the lines that begin with `From:` above the first empty line, as simply as can be.
fn from_fields(block: &[u8]) -> usize {
    let block = block.strip_prefix("\u{feff}".as_bytes()).unwrap_or(block);
    let has_newline = block.contains(&b'\n');
    let ends = |byte: &u8| *byte == b'\n' || (!has_newline && *byte == b'\r');
    block
        .split(ends)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
        .filter(|line| line.len() >= 5 && line[..5].eq_ignore_ascii_case(b"From:"))
        .count()
}
