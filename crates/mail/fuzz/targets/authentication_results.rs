#![no_main]
//! Authentication-Results: what stands in a comment or in a quoted string is no result.

use libfuzzer_sys::fuzz_target;
use mail::AuthenticationResults;
use mail_fuzz::{in_time, let_panics_be_contained};

fuzz_target!(init: let_panics_be_contained(), |value: &[u8]| {
    let Ok(results) = in_time(|| AuthenticationResults::parse(value)) else { return };
    let bare = without_comments_and_quotes(&String::from_utf8_lossy(value)).to_ascii_lowercase();
    for found in results.methods {
        assert!(bare.contains(&found.method), "a method was read out of a comment or a quoted string");
    }
});

/// Everything outside of parentheses and double quotes.
fn without_comments_and_quotes(text: &str) -> String {
    let (mut bare, mut depth, mut is_quoted, mut is_escaped) = (String::new(), 0_usize, false, false);
    for c in text.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if depth > 0 || is_quoted => is_escaped = true,
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 && !is_quoted => bare.push(c),
            _ => {}
        }
    }
    bare
}
