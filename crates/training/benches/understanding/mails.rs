//! Every letter in three lengths and three shapes, with the header block of a provider.

use crate::letters::{LETTERS, Letter};

/// How much somebody writes, and what its mails are called in the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// The request alone.
    Short,
    /// The whole letter.
    Usual,
    /// The letter, what went before it, and the history quoted below.
    Long,
}

impl Length {
    pub(crate) const ALL: [Self; 3] = [Self::Short, Self::Usual, Self::Long];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Short => "300 B",
            Self::Usual => "2 kB",
            Self::Long => "20 kB",
        }
    }
}

/// Every letter in every shape: 24 mails.
pub(crate) fn mails(length: Length) -> Vec<Vec<u8>> {
    let shapes = [plain, alternative, html_alone];
    let letters = LETTERS.iter().enumerate();
    letters.flat_map(|(at, letter)| shapes.map(|shape| shape(letter, at, length).into_bytes())).collect()
}

fn plain(letter: &Letter, at: usize, length: Length) -> String {
    let head = "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n";
    format!("{}{head}\r\n{}", headers(letter, at), crlf(&text(letter, at, length)))
}

fn alternative(letter: &Letter, at: usize, length: Length) -> String {
    let boundary = "000000000000625cc9bebe96";
    let text = text(letter, at, length);
    let parts = [("plain", crlf(&text)), ("html", html(&text))];
    let body = parts
        .iter()
        .map(|(kind, part)| {
            format!(
                "--{boundary}\r\nContent-Type: text/{kind}; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{part}\r\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let head = format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n");
    format!("{}{head}\r\n{body}--{boundary}--\r\n", headers(letter, at))
}

fn html_alone(letter: &Letter, at: usize, length: Length) -> String {
    let head = "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n";
    format!("{}{head}\r\n{}", headers(letter, at), html(&text(letter, at, length)))
}

fn headers(letter: &Letter, at: usize) -> String {
    format!(
        "Received: by mail-wr1-f{at}.mailer.example with SMTP id f{at}so1274635wrs for <help@larkspur.example>; \
         Tue, 17 Nov 2026 11:15:0{at} +0000 (UTC)\r\nAuthentication-Results: mx.larkspur.example; dkim=pass header.d=studio.example; \
         spf=pass smtp.mailfrom=studio.example; dmarc=pass header.from=studio.example\r\nFrom: Customer {at} <customer{at}@studio.example>\r\n\
         To: help@larkspur.example\r\nSubject: {}\r\nDate: Tue, 17 Nov 2026 12:15:0{at} +0100\r\nMessage-ID: <{at}@studio.example>\r\n\
         MIME-Version: 1.0\r\n",
        letter.subject
    )
}

fn text(letter: &Letter, at: usize, length: Length) -> String {
    let [request, ..] = letter.paragraphs;
    let whole = format!("{}\n\n{}\n\n{}\n", letter.greeting, letter.paragraphs.join("\n\n"), letter.closing);
    match length {
        Length::Short => format!("{}\n{request}\n{}\n", letter.greeting, letter.closing),
        Length::Usual => whole,
        Length::Long => {
            let [_, told @ ..] = letter.paragraphs;
            let before = told.join("\n\n");
            let others = LETTERS.iter().cycle().skip(at + 1).take(4).flat_map(|other| other.paragraphs);
            let quoted = others.map(|paragraph| format!("> {paragraph}\n>\n")).collect::<Vec<_>>().concat();
            format!("{whole}\n{before}\n\n{before}\n\n{before}\n\n{}\n\n{quoted}", letter.wrote)
        }
    }
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs = escaped.split("\n\n").map(|paragraph| {
        format!(
            "<p style=\"margin:0 0 12px;font-family:Arial,sans-serif\">{}</p>\r\n",
            paragraph.replace('\n', "<br>\r\n")
        )
    });
    format!("<html><body><div dir=\"auto\">{}</div></body></html>\r\n", paragraphs.collect::<String>())
}
