//! Tags as the HTML standard reads them: only as much as is needed to know where they end and what they hide.

use memchr::memchr_iter;

/// A tag that was read.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    /// In lower case.
    pub(super) name: String,
    pub(super) kind: TagKind,
    attributes: Vec<(&'a str, &'a str)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    Open,
    Close,
}

/// More attributes than any tag has that matters here.
const MAX_ATTRIBUTES: usize = 64;

/// Reads the markup that `text`, which begins with `<`, begins with, and its length. The tag is `None` for comments and
/// declarations; all is `None` when the `<` is only text. Markup that never ends takes the rest, as in a browser.
pub(super) fn read(text: &str) -> Option<(Option<Tag<'_>>, usize)> {
    let inner = text.get(1..)?;
    if let Some(comment) = inner.strip_prefix("!--") {
        return Some((None, after_comment(comment).map_or(text.len(), |end| end + 4)));
    }
    if inner.starts_with(['!', '?']) {
        return Some((None, text.find('>').map_or(text.len(), |end| end + 1)));
    }
    let (kind, named) = match inner.strip_prefix('/') {
        Some(named) => (TagKind::Close, named),
        None => (TagKind::Open, inner),
    };
    if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name_end =
        named.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(named.len());
    let (name, rest) = named.split_at(name_end);
    let (attributes, after) = attributes(rest);
    Some((Some(Tag { name: name.to_ascii_lowercase(), kind, attributes }), text.len() - after.len()))
}

/// How far a comment goes whose `<!--` stands before `comment`, with its end, or `None` when it never ends. `<!-->` and `<!--->` are
/// whole comments, and `--!>` ends one, as in a browser.
pub(super) fn after_comment(comment: &str) -> Option<usize> {
    let empty = ["->", ">"].iter().find(|end| comment.starts_with(**end)).map(|end| end.len());
    let ends = |at: &usize| {
        comment.get(..*at).is_some_and(|before| before.ends_with("--") || before.ends_with("--!"))
    };
    empty.or_else(|| memchr_iter(b'>', comment.as_bytes()).find(ends).map(|at| at + 1))
}

/// What follows the text of an element whose text is not markup.
pub(super) fn after_raw_text<'a>(name: &str, text: &'a str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest.find('>').and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        }
    }
    ""
}

impl Tag<'_> {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    pub(super) fn has_raw_text(&self) -> bool {
        matches!(
            self.name.as_str(),
            "script" | "style" | "title" | "template" | "textarea" | "xmp" | "iframe" | "noframes"
        )
    }

    pub(super) fn is_void(&self) -> bool {
        matches!(
            self.name.as_str(),
            "br" | "hr"
                | "img"
                | "input"
                | "meta"
                | "link"
                | "area"
                | "base"
                | "col"
                | "embed"
                | "source"
                | "track"
                | "wbr"
        )
    }
}

/// Reads attributes up to and with the `>`, and returns what follows it.
fn attributes(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut attributes = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (attributes, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (attributes, after);
        }
        // An `=` at the front is part of the name, so every round takes at least one character.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        let name_end =
            rest.get(first..).and_then(|tail| tail.find(ends)).map_or(rest.len(), |end| end + first);
        let (name, after_name) = rest.split_at(name_end);
        let (value, after) = match after_name.trim_ascii_start().strip_prefix('=') {
            Some(value) => value_of(value.trim_ascii_start()),
            None => ("", after_name),
        };
        if attributes.len() < MAX_ATTRIBUTES {
            attributes.push((name, value));
        }
        rest = after;
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
    text.split_at(end)
}
