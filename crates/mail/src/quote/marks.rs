//! Marks at the front of quoted lines.

/// A line whose front marks it as quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    /// `>`, which nothing else begins with.
    Certain,
    /// A bar or initials, which tables and people use too: two such lines, or one under an attribution, are a quote.
    Likely(&'a str),
}

/// The longest name that is put before `>`, in bytes.
const MAX_NAME_BYTES: usize = 12;

/// The mark at the front of `line`.
pub(super) fn mark(line: &str) -> Option<Mark<'_>> {
    let line = line.trim_start();
    match line.bytes().next()? {
        b'>' => Some(Mark::Certain),
        b'|' if !line.get(1..)?.contains('|') => Some(Mark::Likely("|")),
        byte if byte.is_ascii_alphabetic() => initials(line).map(Mark::Likely),
        _ => None,
    }
}

/// `John> text`, with a name of letters only.
fn initials(line: &str) -> Option<&str> {
    let end = line.bytes().take(MAX_NAME_BYTES + 1).position(|byte| !byte.is_ascii_alphabetic())?;
    let after = line.get(end..)?.strip_prefix('>')?;
    (after.is_empty() || after.starts_with([' ', '>', '\u{a0}'])).then(|| line.get(..end)).flatten()
}

/// Whether the next line that is not empty has a mark.
pub(super) fn follow(lines: &[&str]) -> bool {
    lines.iter().take(4).find(|line| !line.trim().is_empty()).is_some_and(|line| mark(line).is_some())
}

/// Whether `rest` begins with `line`, and that is one between marks that says whose mail follows, none of which is marked: a client of Novell writes
/// `>>> L <l@b.example> 11/3/2025 4:20 PM >>>` above it.
pub(super) fn is_above_unmarked(line: &str, rest: &[&str]) -> bool {
    let below = rest.get(1..).unwrap_or_default();
    let between = line.strip_prefix(">>> ").and_then(|line| line.strip_suffix(" >>>"));
    between.is_some_and(|between| between.bytes().any(|byte| byte.is_ascii_digit())) && !follow(below)
}

/// Whether the first line of `rest` is quoted. `is_in_quote` says that the line above was.
pub(super) fn is_quoted(rest: &[&str], is_in_quote: bool) -> bool {
    let Some(mark_here) = rest.first().and_then(|line| mark(line)) else { return false };
    match mark_here {
        Mark::Certain => true,
        likely @ Mark::Likely(_) => is_in_quote || rest.get(1).and_then(|next| mark(next)) == Some(likely),
    }
}
