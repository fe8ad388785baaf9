//! The `From ` line of an mbox.

/// Whether a line is a full mbox separator: `From `, a sender without spaces, and a date as `ctime` writes it, with or without a
/// zone.
pub(super) fn is_separator(line: &[u8]) -> bool {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(text) = line.strip_prefix(b"From ").and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return false;
    };
    if text.len() > 400 {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_sender, weekday, month, day, time, rest @ ..] = words.as_slice() else { return false };
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    let is_zone = |word: &str| {
        word.len() <= 6 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
    };
    DAYS.contains(weekday)
        && MONTHS.contains(month)
        && day.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day))
        && is_clock_time(time)
        && rest.len() <= 3
        && rest.iter().any(|word| is_year(word))
        && rest.iter().all(|word| is_zone(word))
}

fn is_clock_time(word: &str) -> bool {
    let parts: Vec<&str> = word.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a line can be the first of a header.
pub(super) fn is_header_field(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    // Old writers put a second separator, quoted, above the header.
    line.starts_with(b">From ")
        || (name.len() < line.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

/// `>From ` back to `From `, one mark less, as mboxrd writes it.
pub(super) fn without_quote_mark(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    let is_quoted = marks > 0 && line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "));
    line.get(usize::from(is_quoted)..).unwrap_or(line)
}
