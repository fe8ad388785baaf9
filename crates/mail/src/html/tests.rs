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
        assert_eq!(html_to_text(&format!("<style>{}</style>", sheet.repeat(200_000))).text, "", "{sheet}");
    }
}
