//! HTML to the text that a reader's eyes would get, in one pass.

mod entities;
mod hiding;
mod sizes;
mod tags;

#[cfg(test)]
mod tests;

use std::fmt;

use hiding::{Declared, Sheet};
use sizes::{Size, Sizes};
use tags::{Tag, TagKind};

use crate::sender::is_invisible;

/// The deepest quote that is marked; deeper ones are marked the same, so that marks do not outgrow the text.
const MAX_QUOTE_DEPTH: usize = 5;
/// The longest link target that is written out, in bytes.
const MAX_LINK_BYTES: usize = 500;
/// What Outlook's plain text has above a quoted mail.
const RULE: &str = "________________________________";

/// The text of an HTML document, and whether there was more that nobody was meant to see.
#[derive(Default, PartialEq, Eq)]
pub struct HtmlText {
    /// What a reader's eyes would get, with `\n` line ends.
    pub text: String,
    /// Whether text was dropped because it was hidden.
    pub has_hidden_text: bool,
}

/// Hides the text.
impl fmt::Debug for HtmlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlText")
            .field("text_bytes", &self.text.len())
            .field("has_hidden_text", &self.has_hidden_text)
            .finish()
    }
}

/// The text of `html`, in one pass over it, whatever it holds.
///
/// Blocks begin lines, cells are separated by tabs, list items begin with `- `, quotes with `> `, links are followed by their target
/// when it is not what they show. Hidden elements, scripts and styles are left out. A `<` that opens no tag is text.
///
/// What `<style>` hides by a class, an id or a tag is hidden as well. White text counts as hidden where nothing in the document has a
/// background of another color and not all of the text is white: a button is white on a colour, and a mail written in the dark is white altogether.
///
/// Of what clients put around quoted mail only `<blockquote>` becomes a quote. Gmail and Yahoo wrap answers between quotes and whole
/// forwarded mails in the same elements as history, so those begin a line and nothing more. Where Outlook parts the history by a
/// border or by an element of its own, a line of underscores is written, as its plain text has.
pub fn html_to_text(html: &str) -> HtmlText {
    let ground = if hiding::has_colored_background(html) { Ground::Colored } else { Ground::White };
    let sheet = Sheet::of(html);
    let read = read(html, &sheet, ground);
    if read.has_hidden_text && read.text.is_empty() && ground == Ground::White {
        return self::read(html, &sheet, Ground::Colored);
    }
    read
}

/// What the text stands on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Ground {
    /// White text cannot be seen.
    White,
    #[default]
    Colored,
}

fn read(html: &str, sheet: &Sheet, ground: Ground) -> HtmlText {
    let mut page = Page { ground, ..Page::default() };
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, markup) = rest.split_at(open);
        page.write(text);
        let Some((tag, length)) = tags::read(markup) else {
            page.write("<");
            rest = markup.get(1..).unwrap_or_default();
            continue;
        };
        rest = markup.get(length..).unwrap_or_default();
        if let Some(tag) = tag {
            rest = page.enter(&tag, sheet, rest);
        }
    }
    page.write(rest);
    page.finish()
}

/// The text so far, and what is open.
#[derive(Default)]
struct Page {
    text: String,
    has_hidden_text: bool,
    quotes: usize,
    preformatted: usize,
    /// The hidden element that is open, and how many of its name are open inside it.
    hidden: Option<(String, usize)>,
    sizes: Sizes,
    link: Option<Link>,
    /// White space was read and not yet written.
    has_space: bool,
    /// How many line ends to write before the next text.
    line_ends: usize,
    ground: Ground,
    /// A line of underscores stands before the next text.
    has_rule: bool,
    /// A list item or a cell began and holds no text yet.
    mark: Option<&'static str>,
}

struct Link {
    target: String,
    text_start: usize,
}

impl Page {
    /// Takes in a tag that begins before `rest`, and returns where reading goes on.
    fn enter<'a>(&mut self, tag: &Tag<'_>, sheet: &Sheet, rest: &'a str) -> &'a str {
        if tag.kind == TagKind::Open && tag.has_raw_text() {
            return tags::after_raw_text(&tag.name, rest);
        }
        if self.hidden.is_some() {
            if !self.leaves_hidden(tag) {
                return rest;
            }
            if tag.kind == TagKind::Close {
                return rest;
            }
        }
        match tag.kind {
            TagKind::Open if tag.is_void() => self.open(tag),
            TagKind::Open => {
                let declared = tag.attribute("style").map(hiding::declared).unwrap_or_default();
                if self.is_hidden(tag, declared, sheet) {
                    self.hidden = Some((tag.name.clone(), 1));
                    return rest;
                }
                let of_font = tag.attribute("size").filter(|_| tag.name == "font").map(|_| Size::Readable);
                self.sizes.enter(&tag.name, declared.size.or(of_font));
                self.open(tag);
            }
            TagKind::Close => {
                self.sizes.leave(&tag.name);
                self.close(tag);
            }
        }
        rest
    }

    fn is_hidden(&self, tag: &Tag<'_>, declared: Declared, sheet: &Sheet) -> bool {
        let is_white = declared.is_white
            || tag.name == "font"
                && tag
                    .attribute("color")
                    .is_some_and(|color| hiding::declared(&format!("color:{color}")).is_white);
        declared.hides
            || is_white && self.ground == Ground::White
            || tag.attribute("hidden").is_some()
            || !declared.displays && sheet.hides(&tag.name, tag.attribute("class"), tag.attribute("id"))
    }

    /// Whether the tag ends the hidden element. Paragraphs, items and cells also end where the next one begins.
    fn leaves_hidden(&mut self, tag: &Tag<'_>) -> bool {
        let Some((name, depth)) = &mut self.hidden else { return true };
        if *name != tag.name {
            return false;
        }
        match tag.kind {
            TagKind::Open if !sizes::ends_itself(name) => *depth += 1,
            TagKind::Open => *depth = 0,
            TagKind::Close => *depth = depth.saturating_sub(1),
        }
        let is_over = *depth == 0;
        if is_over {
            self.hidden = None;
        }
        is_over
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if tag.name == "div" && begins_outlook_history(tag) {
            self.break_line(1);
            self.has_rule = true;
        }
        match tag.name.as_str() {
            "br" => self.line_ends += 1,
            "hr" => self.break_line(1),
            "a" => self.open_link(tag),
            "td" | "th" if !self.is_at_line_start() => self.mark = Some("\t"),
            "blockquote" => {
                self.break_line(1);
                self.quotes += 1;
            }
            "li" => {
                self.break_line(1);
                self.mark = Some("- ");
            }
            "pre" => {
                self.break_line(1);
                self.preformatted += 1;
            }
            name => self.break_line(line_ends_around(name)),
        }
    }

    fn close(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "a" => self.close_link(),
            "blockquote" => {
                self.break_line(1);
                self.quotes = self.quotes.saturating_sub(1);
            }
            "pre" => {
                self.break_line(1);
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            name => self.break_line(line_ends_around(name)),
        }
    }

    fn open_link(&mut self, tag: &Tag<'_>) {
        let target = tag.attribute("href").map(entities::decoded).unwrap_or_default();
        let target = target.trim();
        let is_shown = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| target.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme)));
        let is_shown = is_shown && target.len() <= MAX_LINK_BYTES && !target.contains(char::is_whitespace);
        self.link = is_shown.then(|| Link { target: target.to_owned(), text_start: self.text.len() });
    }

    /// Writes the target after the link's text, when that does not show it already. A link without text is a picture or a pixel.
    fn close_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let shown = self.text.get(link.text_start..).unwrap_or_default().trim();
        let without_scheme = |url: &str| {
            let url = url
                .trim_start_matches("mailto:")
                .trim_start_matches("https://")
                .trim_start_matches("http://");
            url.trim_start_matches("www.").trim_end_matches('/').to_lowercase()
        };
        if !shown.is_empty() && without_scheme(shown) != without_scheme(&link.target) {
            self.text.push_str(" <");
            self.text.push_str(&link.target);
            self.text.push('>');
        }
    }

    fn write(&mut self, source: &str) {
        if source.is_empty() {
            return;
        }
        if self.hidden.is_some() || self.sizes.are_unreadable() {
            let shows = |c: char| !c.is_whitespace() && !is_invisible(c);
            self.has_hidden_text |= entities::decoded(source).chars().any(shows);
            return;
        }
        let decoded = entities::decoded(source);
        let mut rest: &str = &decoded;
        while !rest.is_empty() {
            let length = rest.bytes().position(is_space).unwrap_or(rest.len());
            let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if !word.is_empty() {
                self.write_visible(word);
            }
            let mut behind = behind.chars();
            match behind.next() {
                None => {}
                Some('\n') if self.preformatted > 0 => self.line_ends += 1,
                Some(space @ (' ' | '\t')) if self.preformatted > 0 && !self.is_at_line_start() => {
                    self.text.push(space);
                }
                Some(_) => self.has_space = true,
            }
            rest = behind.as_str();
        }
    }

    fn write_visible(&mut self, word: &str) {
        if self.line_ends > 0 || self.text.is_empty() {
            self.begin_line();
        }
        if let Some(mark) = self.mark.take() {
            self.text.push_str(mark);
        } else if self.has_space && !self.text.ends_with(['\n', ' ', '\t']) {
            self.text.push(' ');
        }
        self.has_space = false;
        self.text.push_str(word);
    }

    fn begin_line(&mut self) {
        let line_ends = if self.text.is_empty() { 0 } else { self.line_ends.min(2) };
        self.text.extend(std::iter::repeat_n('\n', line_ends));
        if std::mem::take(&mut self.has_rule) && !self.text.trim_end().ends_with(RULE) {
            self.text.extend(std::iter::repeat_n("> ", self.quotes.min(MAX_QUOTE_DEPTH)));
            self.text.push_str(RULE);
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n("> ", self.quotes.min(MAX_QUOTE_DEPTH)));
        (self.line_ends, self.has_space) = (0, false);
        if self.mark == Some("\t") {
            self.mark = None;
        }
    }

    fn break_line(&mut self, line_ends: usize) {
        self.line_ends = self.line_ends.max(line_ends);
    }

    fn is_at_line_start(&self) -> bool {
        self.line_ends > 0 || self.text.is_empty()
    }

    fn finish(self) -> HtmlText {
        HtmlText { text: self.text, has_hidden_text: self.has_hidden_text }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Outlook's elements around the header of a quoted mail: by name in its web and phone programs, by the border above in the others.
fn begins_outlook_history(tag: &Tag<'_>) -> bool {
    let has_id = |id: &str| id.ends_with("divRplyFwdMsg") || id.ends_with("appendonsend");
    let has_border = |style: &str| {
        let style = style.split_ascii_whitespace().collect::<String>().to_ascii_lowercase();
        style.starts_with("border:none;border-top:solid#")
    };
    tag.attribute("id").is_some_and(has_id) || tag.attribute("style").is_some_and(has_border)
}

/// How many line ends a block has before and after it; none for what runs in the line.
fn line_ends_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => 2,
        "div" | "table" | "tbody" | "thead" | "tfoot" | "tr" | "caption" | "ul" | "ol" | "dl" | "dt"
        | "dd" | "li" | "section" | "article" | "header" | "footer" | "main" | "aside" | "nav"
        | "details" | "summary" | "address" | "center" | "form" | "fieldset" | "figure" | "figcaption"
        | "body" | "html" | "title" | "option" | "select" => 1,
        _ => 0,
    }
}
