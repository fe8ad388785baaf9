//! HTML to the text that a reader's eyes would get, in one pass.

mod entities;
mod hiding;
mod sizes;
mod tags;

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
        for c in entities::decoded(source).chars() {
            match c {
                '\n' if self.preformatted > 0 => self.line_ends += 1,
                ' ' | '\t' if self.preformatted > 0 && !self.is_at_line_start() => self.text.push(c),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.has_space = true,
                _ => self.write_visible(c),
            }
        }
    }

    fn write_visible(&mut self, c: char) {
        if self.line_ends > 0 || self.text.is_empty() {
            self.begin_line();
        }
        if let Some(mark) = self.mark.take() {
            self.text.push_str(mark);
        } else if self.has_space && !self.text.ends_with(['\n', ' ', '\t']) {
            self.text.push(' ');
        }
        self.has_space = false;
        self.text.push(c);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(html_to_text(html).text, expected);
    }

    #[test]
    fn blocks_break_lines_and_cells_are_separated() {
        check(
            "<table><tr><td>Invoice</td><td>INV-1</td></tr><tr><td>Total</td><td>49</td></tr></table>",
            "Invoice\tINV-1\nTotal\t49",
        );
        check("<p>One</p><p>Two</p><div>Three</div>", "One\n\nTwo\n\nThree");
        check("a<br>b<br/><br />c", "a\nb\n\nc");
        check("<ul><li>one<li>two</ul>three", "- one\n- two\nthree");
        check("<b>bo</b>ld\n  text", "bold text");
        check("<pre>a\n  b</pre>", "a\nb");
    }

    #[test]
    fn a_bare_less_than_loses_nothing() {
        check("a < b and 3<4 <> </> done", "a < b and 3<4 <> </> done");
        check("x <3 you", "x <3 you");
    }

    #[test]
    fn hidden_text_is_dropped_and_said() {
        for html in [
            "a<div style='display: none'>x<div>y</div>z</div>b",
            "a<span hidden>x</span>b",
            "a<p style=\"mso-hide:all\">x<p>b",
            "a<div style='FONT-SIZE:0px;color:red'>x</div>b",
            "a<div style='opacity:0'>x</div>b",
        ] {
            let read = html_to_text(html);
            assert_eq!(read.text.split_whitespace().collect::<String>(), "ab", "{html}");
            assert!(read.has_hidden_text, "{html}");
        }
        assert!(!html_to_text("a<div style='display:none'> &nbsp;&zwnj; </div>b").has_hidden_text);
        assert!(!html_to_text("<div style='opacity:0.9;font-size:0.9em'>b</div>").has_hidden_text);
    }

    #[test]
    fn what_a_sheet_or_a_trick_hides_is_hidden() {
        for html in [
            "<style>.x{display:none}</style>a<span class='y x'>EVIL</span>b",
            "a<span class=x>EVIL</span>b<style><!-- .x , p.q { Display : NONE !important } --></style>",
            "<style>@font-face{src:x} /* .a{} */ #pre{font-size:0}</style>a<div id=pre>EVIL</div>b",
            "<style>@media screen{span.x{visibility:hidden}}</style>a<span class=x>EVIL</span>b",
            "<style>@import url(x);.x{color:red;opacity:0}</style>a<i class=x>EVIL</i>b",
            "a<span style='font-size:1px'>EVIL</span>b",
            "a<span style='color:#FFF'>EVIL</span>b",
            "a<font color=white>EVIL</font>b",
            "a<span style='color:#123;background:#123'>EVIL</span>b",
            "a<div style='position:absolute;left:-9999px'>EVIL</div>b",
            "a<div style='text-indent: -999px'>EVIL</div>b",
            "a<div style='height:0;overflow:hidden'>EVIL</div>b",
            "a<div style='color:transparent'>EVIL</div>b",
            "a<i style='dis\\70lay:none'>EVIL</i><i style='display:n\\6f ne'>EVIL</i>b",
            "a<i style='display:/*x*/none'>EVIL</i>b",
            "a<div style='font-size:0'>EVIL<b style='font-size:1em'>EVIL</b></div>b",
            "a<div style='font-size:0'><table><td style='font-size:0'>EVIL<td>EVIL</table>EVIL</div>b",
            "<body bgcolor='#FFFFFF'>a<font color=white>EVIL</font>b",
            "<div style='background-color: #fff;'>a<span style='color:#ffffff'>EVIL</span>b</div>",
            "a<!-- --!><style>.x{display:none}</style><i class=x>EVIL</i>b",
        ] {
            let read = html_to_text(html);
            assert_eq!(read.text.split_whitespace().collect::<String>(), "ab", "{html}");
            assert!(read.has_hidden_text, "{html}");
        }
    }

    #[test]
    fn what_the_eye_sees_is_kept() {
        for html in [
            "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>seen</p>",
            "<style>@media print{.x{display:none}}</style><p class=x>seen</p>",
            "<style>.x{display:none}.x{display:block}</style><p class=x>seen</p>",
            "<style>.x{display:none}</style><p class=x style='display:block'>seen</p>",
            "<style>span.x{display:none} .y .x{display:none}</style><p class=x>seen</p>",
            "<!--[if mso]><style>.x{display:none}</style><![endif]--><p class=x>seen</p>",
            "<table bgcolor=black><td style='color:white'>seen</td></table>",
            "<div style='color:white'>seen</div>",
            "<p style='margin-left:-8px;font-size:11px;height:0'>seen</p>",
            "<p aria-hidden=true>seen</p>",
            "<noscript>seen</noscript>",
            "<details><summary></summary>seen</details>",
            "<td style='font-size:0px;padding:10px'><div style='font-size:13px'>seen</div></td>",
            "<table style='font-size:0'><td style='font-size:14px'><table><td>seen<td></table></td></table>",
            "<div style='font-size:0'><div style='font-size:1rem'><span style='font-size:9pt'><div></div>seen</span>",
            "<p style='font-size:0'><p>seen",
            "<td style='font-size:0'></td><td><font size=2>seen</font></td>",
            "<div style='font-size:0'><font size=2>seen</font></div>",
            "<!-->seen",
            "<!--->seen",
            "<!-- no --!>seen",
            "<!-- --!><style>@media print{p{display:none}}</style><p>seen",
            "<table bgColor=#004080><td>s<b style='color:#fff'>een</b></table>",
            "<td style='Background-Color:#004080'>s<font color=white>een</font></td>",
            "<body bgcolor=#ffffff><table bgcolor='#004080'><td style='color:#fff'>seen</table>",
        ] {
            let read = html_to_text(html);
            assert_eq!((read.text.as_str(), read.has_hidden_text), ("seen", false), "{html}");
        }
    }

    #[test]
    fn outlook_history_begins_under_a_rule() {
        let history = "<b>From:</b> L<br><b>Sent:</b> Tuesday</div>";
        for front in [
            "<div id='appendonsend'></div><hr><div id=divRplyFwdMsg>",
            "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>",
        ] {
            check(&format!("new{front}{history}"), &format!("new\n{RULE}\nFrom: L\nSent: Tuesday"));
        }
        check("<blockquote><div id=divRplyFwdMsg>old</div></blockquote>", &format!("> {RULE}\n> old"));
    }

    #[test]
    fn scripts_styles_and_comments_say_nothing() {
        check(
            "<style>p{a:b}</style>a<!-- x > y -->b<script>if (1<2) {}</SCRIPT >c<![if !mso]>d<![endif]>",
            "abcd",
        );
        check("a<!-- never closed", "a");
        check("a<title>t</title>b", "ab");
        check("<details><summary>One</summary>Two</details>", "One\nTwo");
    }

    #[test]
    fn quotes_are_marked_on_every_line() {
        check(
            "new<blockquote>old<br>older<blockquote>oldest</blockquote></blockquote>end",
            "new\n> old\n> older\n> > oldest\nend",
        );
    }

    #[test]
    fn links_show_a_target_that_differs() {
        check("<a href='https://a.example/x'>here</a>", "here <https://a.example/x>");
        check("<a href='https://a.example/'>a.example</a>", "a.example");
        check("<a href='mailto:m@a.example'>m@a.example</a>", "m@a.example");
        check("<a href='javascript:x'>here</a><a href='https://p.example'><img src=x></a>", "here");
    }

    #[test]
    fn entities_are_read() {
        check(
            "&euro;49 &amp; &#8364;5 &#x20AC;6 M&uuml;ller&nbsp;&lt;x&gt; AT&T &unknown; &#xD800;",
            "€49 & €5 €6 Müller\u{a0}<x> AT&T &unknown; \u{fffd}",
        );
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        check("&#128;49&#150;50 &#x92;", "€49–50 ’");
        check("a&nbsp&lt 3 &copy 2026 x&lty", "a\u{a0}< 3 © 2026 x&lty");
        check("<a href='https://a.example/?a=1&copy=2'>x</a>", "x <https://a.example/?a=1&copy=2>");
        check("pay&colon; 5&dollar; &rarr; &le;", "pay: 5$ → ≤");
    }

    #[test]
    fn attributes_cannot_end_a_tag_early() {
        check("a<img alt='x > y' src=\"z\">b<p title=it's>c</p>", "ab\n\nc");
        check("a<span title=\"never closed>b", "a");
    }

    #[test]
    fn deep_nesting_takes_linear_time() {
        let deep = "<div>".repeat(200_000) + "x" + &"<blockquote>".repeat(100_000) + "y";
        let read = html_to_text(&deep);
        assert_eq!(read.text, "x\n> > > > > y");
        assert_eq!(html_to_text(&"<a ".repeat(300_000)).text, "");
        assert_eq!(html_to_text(&"<style>".repeat(100_000)).text, "");
        assert_eq!(html_to_text(&"<!-- >".repeat(100_000)).text, "");
        assert_eq!(html_to_text(&"<td style='font-size:9px'><table>".repeat(50_000)).text, "");
        assert_eq!(html_to_text(&"<i style='background:'>".repeat(50_000)).text, "");
        assert_eq!(html_to_text(&"<div id=divRplyFwdMsg>".repeat(100_000)).text, "");
        for sheet in [".x{display:none}", "@media{", "{", "/*", ".x,", "<!--", "@media (a){.x{"] {
            assert_eq!(
                html_to_text(&format!("<style>{}</style>", sheet.repeat(200_000))).text,
                "",
                "{sheet}"
            );
        }
    }
}
