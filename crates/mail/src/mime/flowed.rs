//! `format=flowed` (RFC 3676): a space at the end of a line says that the paragraph goes on in the next.

/// The signature separator ends in a space and flows nowhere.
const SIGNATURE: &str = "-- ";

/// Whose the space before a soft break is (`DelSp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spaces {
    /// It stands between two words.
    OfText,
    /// It only marks the break: scripts that write no spaces.
    OfBreaks,
}

/// The text with its soft breaks joined and its stuffed spaces taken off. Only lines of the same quote depth are joined; a quoted line
/// begins with one `>` for each level and a space.
pub(super) fn joined(text: &str, spaces: Spaces) -> String {
    let mut joined = String::with_capacity(text.len());
    // The depth of the paragraph that goes on.
    let mut open = None;
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_fixed = content == SIGNATURE || !content.ends_with(' ');
        if open != Some(depth) || content == SIGNATURE {
            begin_line(&mut joined, depth);
        }
        let kept = if is_fixed || spaces == Spaces::OfText {
            content
        } else {
            content.strip_suffix(' ').unwrap_or(content)
        };
        joined.push_str(kept);
        open = (!is_fixed).then_some(depth);
    }
    joined
}

fn begin_line(joined: &mut String, depth: usize) {
    if !joined.is_empty() {
        joined.push('\n');
    }
    joined.extend(std::iter::repeat_n('>', depth));
    if depth > 0 {
        joined.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(joined(text, Spaces::OfText), expected);
    }

    #[test]
    fn paragraphs_are_joined_at_one_quote_depth() {
        check("Please \nrefund\n\nMarta", "Please refund\n\nMarta");
        check("> old \n> words\n>> older \n>> words\nnew", "> old words\n>> older words\nnew");
        check("> old \nnew \n> old", "> old \nnew \n> old");
        check("end \r\nof line\r\n", "end of line\n");
    }

    #[test]
    fn stuffed_lines_lose_one_space() {
        check(" > not quoted\n From here\n  two", "> not quoted\nFrom here\n two");
    }

    #[test]
    fn the_signature_separator_does_not_flow() {
        check("text \n-- \nMarta", "text \n-- \nMarta");
        check("> text \n> -- \n> Marta", "> text \n> -- \n> Marta");
    }

    #[test]
    fn delsp_takes_the_space_with_the_break() {
        assert_eq!(joined("返金を \nお願い \nします", Spaces::OfBreaks), "返金をお願いします");
    }
}
