#![no_main]
//! HTML to text, and the text parted: bounded work, bounded output.

use libfuzzer_sys::fuzz_target;
use mail_fuzz::{in_time, let_panics_be_contained};

fuzz_target!(init: let_panics_be_contained(), |html: &[u8]| {
    let html = String::from_utf8_lossy(html);
    let read = in_time(|| mail::html_to_text(&html));
    // Marks of quotes, items and links make a text longer than its source, but only by a factor.
    assert!(read.text.len() <= 64 + html.len() * 16, "{} bytes of text from {}", read.text.len(), html.len());
    let parted = in_time(|| mail::cut_quotes(&read.text));
    assert!(parted.written.len() + parted.cut.len() <= read.text.len() + 2, "the parts are longer than the text");
});
