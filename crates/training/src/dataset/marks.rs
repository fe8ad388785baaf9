//! Marks around the words that ask: `[[please refund me]]`, `[[also:cancel_subscription|and end it]]`.

use std::ops::Range;

use domain::Label;

use super::Problem;

/// Words of a mail that ask for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Where they stand in the text, in bytes.
    pub range: Range<usize>,
    /// What they ask for.
    pub label: Label,
}

/// The text without marks, and what was marked; where a mark names no label it is that of the situation.
pub(super) fn strip(marked: &str, label: Label) -> Result<(String, Vec<Asked>), Problem> {
    let mut text = String::with_capacity(marked.len());
    let mut asked = Vec::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once("[[") {
        let (inside, behind) = after.split_once("]]").ok_or(Problem::Mark)?;
        let (label, words) = named(inside, label)?;
        text.push_str(before);
        let start = text.len();
        text.push_str(words);
        asked.push(Asked { range: start..text.len(), label });
        rest = behind;
    }
    text.push_str(rest);
    Ok((text, asked))
}

fn named(inside: &str, label: Label) -> Result<(Label, &str), Problem> {
    if inside.contains("[[") || inside.trim().is_empty() {
        return Err(Problem::Mark);
    }
    match inside.strip_prefix("also:").map(|rest| rest.split_once('|')) {
        None => Ok((label, inside)),
        Some(None) => Err(Problem::Mark),
        Some(Some((name, words))) => Ok((name.trim().parse().map_err(|_unknown| Problem::Label)?, words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_out_and_what_they_held_is_known_by_its_place() {
        let refund: Label = "refund".parse().unwrap();
        let cancel: Label = "cancel_subscription".parse().unwrap();
        let marked = "Hi, ü. [[Money back]] please [[also:cancel_subscription|and end it]].";
        let (text, asked) = strip(marked, refund).unwrap();
        assert_eq!(text, "Hi, ü. Money back please and end it.");
        let found: Vec<_> = asked.iter().map(|asked| (&text[asked.range.clone()], asked.label)).collect();
        assert_eq!(found, [("Money back", refund), ("and end it", cancel)]);
    }

    #[test]
    fn a_mark_that_does_not_end_is_refused() {
        assert_eq!(strip("[[a", Label::None), Err(Problem::Mark));
        assert_eq!(strip("[[a [[b]]", Label::None), Err(Problem::Mark));
        assert_eq!(strip("[[also:refunds|a]]", Label::None), Err(Problem::Label));
    }
}
