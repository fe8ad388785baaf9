#![no_main]
//! HTML to text, and the text parted: bounded work, bounded output, and nothing lost between the parts.

use libfuzzer_sys::fuzz_target;
use mail_fuzz::{in_time, let_panics_be_contained};

fuzz_target!(init: let_panics_be_contained(), |html: &[u8]| {
    let html = String::from_utf8_lossy(html);
    let read = in_time(|| mail::html_to_text(&html));
    // Marks of quotes, items and links make a text longer than its source, but only by a factor.
    assert!(read.text.len() <= 64 + html.len() * 16, "{} bytes of text from {}", read.text.len(), html.len());
    let parted = in_time(|| mail::cut_quotes(&read.text));
    assert_eq!(marks(&parted.written) + marks(&parted.cut), marks(&read.text), "lost, or there twice");
});

fn marks(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}
