//! What keeps text from the reader's eyes: declarations of one element, and rules of a style sheet.
//!
//! Hidden text is how words are put into a mail that a person never reads and a program does. Honest mail hides its preview line the
//! same way; leaving that out is right as well.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::{memchr, memchr_iter, memmem};

use super::sizes::Size;
use super::tags;

/// The most rules of a sheet that are kept; newsletters have some hundred, few of which hide.
const MAX_RULES: usize = 1_000;
/// The largest type that nobody can read, in pixels or points.
const UNREADABLE_SIZE: f32 = 1.0;
/// How much of a background's value is looked at, in bytes.
const MAX_COLOR_BYTES: usize = 48;
/// How far outside the page an element is out of sight, in pixels.
const OUT_OF_SIGHT: f32 = -500.0;

/// What declarations say of whether an element can be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) hides: bool,
    /// It is displayed after all, whatever a sheet says.
    pub(super) displays: bool,
    /// Its text is white and it names no background: hidden where the page is white.
    pub(super) is_white: bool,
    /// The size of its type, where it does not depend on that of the type around it.
    pub(super) size: Option<Size>,
}

/// Reads declarations as they stand in `style="…"` or between the braces of a rule.
pub(super) fn declared(style: &str) -> Declared {
    let plain = if style.contains(['\\', '/']) {
        Cow::Owned(unescaped(&without_comments(style)))
    } else {
        Cow::Borrowed(style)
    };
    let style: String = plain.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let mut declared = Declared::default();
    let (mut is_flat, mut clips, mut color, mut background) = (false, false, None, None);
    for declaration in style.split(';') {
        let (property, value) = declaration.split_once(':').unwrap_or((declaration, ""));
        let value = value.trim_end_matches("!important");
        declared.hides |= match property {
            "display" => value == "none",
            "visibility" => value == "hidden" || value == "collapse",
            "mso-hide" => value == "all",
            "opacity" | "max-height" | "max-width" => is_zero(value),
            "left" | "top" | "right" | "bottom" | "margin-left" | "margin-top" | "text-indent" => {
                length(value).is_some_and(|offset| offset <= OUT_OF_SIGHT)
            }
            "clip" => value.starts_with("rect(0") || value.starts_with("rect(1px,1px,1px,1px"),
            "clip-path" => value == "inset(100%)" || value == "inset(50%)",
            "transform" => value == "scale(0)",
            "color" => value == "transparent",
            _ => false,
        };
        match property {
            "display" => declared.displays = value != "none",
            "height" | "width" => is_flat |= is_zero(value),
            "overflow" | "overflow-x" | "overflow-y" => clips |= value == "hidden",
            "font-size" => declared.size = size(value).or(declared.size),
            "color" => color = Some(value),
            "background" | "background-color" => background = Some(value),
            _ => {}
        }
    }
    let same = color
        .zip(background)
        .is_some_and(|(text, behind)| is_white(text) && is_white(behind) || text == behind);
    declared.hides |= (is_flat && clips) || same;
    declared.is_white = background.is_none() && color.is_some_and(is_white);
    declared
}

/// A text with what `\` escapes written out: `n\6fne` is a way to write `none` (CSS Syntax, 4.3.7).
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = escaped.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        let code = escaped.get(..digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        plain.extend(code.and_then(char::from_u32));
        rest = escaped.get(digits..).unwrap_or_default();
        rest = if digits > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    }
    plain.push_str(rest);
    plain
}

fn is_white(color: &str) -> bool {
    matches!(color, "white" | "#fff" | "#ffffff" | "#fefefe" | "rgb(255,255,255)" | "rgba(255,255,255,1)")
}

fn size(value: &str) -> Option<Size> {
    const UNITS: [&str; 7] = ["px", "pt", "pc", "cm", "mm", "in", "rem"];
    const NAMES: [&str; 3] = ["small", "medium", "large"];
    let is_absolute = |value: &str| {
        UNITS.iter().any(|unit| value.ends_with(unit)) || NAMES.iter().any(|name| value.ends_with(name))
    };
    if is_zero(value) || length(value).is_some_and(|size| size <= UNREADABLE_SIZE) {
        return Some(Size::Unreadable);
    }
    is_absolute(value).then_some(Size::Readable)
}

/// Whether some background in a document is neither white nor transparent. It is looked for in the source, styles and all.
pub(super) fn has_colored_background(html: &str) -> bool {
    // `background` and `bgcolor` in the cases they are written in: `bgColor` is as common as the others.
    ["ackground", "ACKGROUND", "gcolor", "gColor", "GCOLOR"].iter().any(|name| {
        memmem::find_iter(html.as_bytes(), name).any(|at| {
            let value = html.get(at + name.len()..).unwrap_or_default();
            let value = value.strip_prefix("-color").or(value.strip_prefix("-COLOR")).unwrap_or(value);
            is_colored(crate::sender::cut_at_char(value, MAX_COLOR_BYTES))
        })
    })
}

/// Whether what follows the name of a property or an attribute names a color that is not the page's.
fn is_colored(value: &str) -> bool {
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let Some(value) = value.strip_prefix([':', '=']) else { return true };
    let value = value.trim_start_matches(['"', '\'']);
    let color = value.split([';', '"', '\'', '>', '}', '!']).next().unwrap_or_default();
    !is_white(color) && !matches!(color, "none" | "transparent" | "inherit" | "initial")
}

/// `0`, `0px`, `0.0em`.
fn is_zero(value: &str) -> bool {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    !digits.is_empty() && digits.bytes().all(|b| b == b'0' || b == b'.')
}

/// A length in pixels or points, which are near enough to each other here.
fn length(value: &str) -> Option<f32> {
    value.strip_suffix("px").or_else(|| value.strip_suffix("pt"))?.parse().ok()
}

/// The rules of a document's style sheets that hide, as far as they name a class, an id or a tag alone (`.x`, `#x`, `x`, `x.y`).
/// Selectors that look at what stands around an element are not read.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// By `.class`, `#id` or `tag`; the tag that the element must have besides, or nothing, and whether the last such rule hides.
    rules: HashMap<String, (String, bool)>,
}

impl Sheet {
    /// Reads every `<style>` of a document, wherever it stands: a rule holds for what stands above it as well.
    pub(super) fn of(html: &str) -> Self {
        let mut sheet = Self::default();
        let bytes = html.as_bytes();
        let mut end_of_markup = 0;
        for open in memchr_iter(b'<', bytes) {
            let rest = bytes.get(open + 1..).unwrap_or_default();
            if open < end_of_markup {
                continue;
            }
            if rest.starts_with(b"!--") {
                let comment = html.get(open + 4..).unwrap_or_default();
                end_of_markup = tags::after_comment(comment).map_or(bytes.len(), |end| open + 4 + end);
            } else if rest.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"style")) {
                let start = memchr(b'>', rest).map_or(bytes.len(), |end| open + end + 2);
                let css = html.get(start..).unwrap_or_default();
                let css = memmem::find(css.as_bytes(), b"</").and_then(|end| css.get(..end)).unwrap_or(css);
                end_of_markup = start + css.len();
                sheet.read(css);
            }
        }
        sheet
    }

    /// Whether a rule hides the element. A class that is named many times costs its own length, like any attribute.
    pub(super) fn hides(&self, tag: &str, class: Option<&str>, id: Option<&str>) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        let holds = |selector: &str| {
            self.rules.get(selector).is_some_and(|(only, hides)| *hides && (only.is_empty() || only == tag))
        };
        holds(tag)
            || id.is_some_and(|id| holds(&format!("#{}", id.trim())))
            || class
                .is_some_and(|names| names.split_ascii_whitespace().any(|name| holds(&format!(".{name}"))))
    }

    fn read(&mut self, css: &str) {
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some(open) = memchr(b'{', rest.as_bytes()) {
            let (prelude, block) = rest.split_at(open);
            let selectors = prelude.rsplit(['}', ';']).next().unwrap_or_default().trim();
            let block = block.get(1..).unwrap_or_default();
            if selectors.starts_with('@') {
                // What holds on every screen is read like a rule outside; what depends on its width or on paper is not.
                rest = if is_for_every_screen(selectors) { block } else { after_block(block) };
                continue;
            }
            let end = memchr(b'}', block.as_bytes()).unwrap_or(block.len());
            self.add(selectors, declared(block.get(..end).unwrap_or_default()));
            rest = block.get(end + 1..).unwrap_or_default();
        }
    }

    fn add(&mut self, selectors: &str, declared: Declared) {
        let hides = declared.hides || declared.size == Some(Size::Unreadable);
        if !hides && !declared.displays {
            return;
        }
        for selector in selectors.split(',').map(str::trim) {
            let name_start = selector.find(['.', '#']).unwrap_or(0);
            let (tag, name) = selector.split_at(name_start);
            let inner = name.strip_prefix(['.', '#']).unwrap_or(name);
            let is_simple =
                |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            if inner.is_empty() || !is_simple(inner) || !is_simple(tag) {
                continue;
            }
            if self.rules.len() < MAX_RULES || self.rules.contains_key(name) {
                self.rules.insert(name.to_owned(), (tag.to_ascii_lowercase(), hides));
            }
        }
    }
}

fn is_for_every_screen(at_rule: &str) -> bool {
    let at_rule = at_rule.to_ascii_lowercase();
    at_rule.starts_with("@media")
        && !at_rule.contains(['(', ','])
        && !at_rule.contains("print")
        && !at_rule.contains("not")
}

/// What follows the block that `text` begins in.
fn after_block(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}

/// A sheet without `/* … */`, and without the marks that hide a sheet from old programs.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.replace("<!--", " ").replace("-->", " ")
}
