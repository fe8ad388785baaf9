//! Whether a program wrote the mail. Answering one starts a loop, so these get no draft.

use domain::EmailAddress;
use domain::mail::{Automatic, Flag};

use crate::headers::Headers;
use crate::mime;
use crate::trust::Trust;

/// Why no person is behind this mail; the first rule that holds names the reason.
///
/// `X-Auto-Response-Suppress` is not among them: it asks not to be auto-replied to, and Exchange puts it on mail that people write.
pub(crate) fn recognize(
    headers: &Headers<'_>,
    sender: Option<&EmailAddress>,
    trust: &Trust,
) -> Option<Automatic> {
    if sender.is_some_and(|sender| trust.is_own_address(sender)) {
        Some(Automatic::OwnAddress)
    } else if is_loop(headers, trust) {
        Some(Automatic::Loop)
    } else if is_report(headers) || sender.is_some_and(|sender| is_mail_system(sender.local())) {
        Some(Automatic::Bounce)
    } else if is_autoresponder(headers) {
        Some(Automatic::Autoresponder)
    } else if is_auto_submitted(headers) {
        Some(Automatic::AutoSubmitted)
    } else if headers.named("Return-Path").any(|field| is_null_path(&field.text())) {
        Some(Automatic::Bounce)
    } else if is_bulk(headers) {
        Some(Automatic::Bulk)
    } else if sender.is_some_and(|sender| nobody_reads(sender.local())) {
        Some(Automatic::NoReply)
    } else {
        None
    }
}

/// `MailingList` when a list, or a rewriting relay, passed the mail on. A customer's mail may well have come that way: it is not
/// automatic, but it proves nothing.
pub(crate) fn list_flag(headers: &Headers<'_>) -> Option<Flag> {
    let passed_on = headers.iter().any(|field| starts_with_ignoring_case(field.name, "List-"))
        || ["X-Original-From", "X-Original-Sender", "X-Mailing-List", "Mailing-List"]
            .iter()
            .any(|name| headers.has(name));
    passed_on.then_some(Flag::MailingList)
}

fn is_loop(headers: &Headers<'_>, trust: &Trust) -> bool {
    let names_us = |value: String| {
        let address = value.trim_matches(['<', '>', ' ']).parse();
        address.is_ok_and(|address: EmailAddress| trust.is_own_address(&address))
    };
    headers.has("X-MS-Exchange-Inbox-Rules-Loop")
        || headers.named("X-Loop").any(|field| names_us(field.text()))
}

/// A delivery status, a disposition notification or a feedback report.
fn is_report(headers: &Headers<'_>) -> bool {
    const TYPES: [&str; 7] = [
        "multipart/report",
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
    ];
    let media_type = headers.text("Content-Type").unwrap_or_default();
    let media_type = media_type.split([';', '(']).next().unwrap_or_default().trim().to_ascii_lowercase();
    TYPES.contains(&media_type.as_str()) || headers.has("X-Failed-Recipients")
}

/// The envelope's sender of what must not be answered (RFC 5321, 4.5.5); `#@[]` is qmail's for a bounce that bounced. Services that
/// send for people have paths like `bounces+42@…`: those say nothing.
fn is_null_path(path: &str) -> bool {
    let path: String = path.chars().filter(|c| !c.is_whitespace()).collect();
    let local = path.trim_start_matches('<').split(['@', '>']).next().unwrap_or_default();
    path == "<>" || path.trim_matches(['<', '>']) == "#@[]" || is_daemon(local)
}

fn is_auto_submitted(headers: &Headers<'_>) -> bool {
    headers.named("Auto-Submitted").any(|field| {
        let keyword = first_word(&field.text());
        !keyword.is_empty() && keyword != "no"
    })
}

fn is_autoresponder(headers: &Headers<'_>) -> bool {
    const FIELDS: [&str; 6] = [
        "X-Autoreply",
        "X-Auto-Reply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-Mail-Autoreply",
        "X-AutoReply-From",
    ];
    let says_no = |value: String| matches!(first_word(&value).as_str(), "no" | "false" | "0");
    FIELDS.iter().any(|name| headers.named(name).any(|field| !says_no(field.text())))
        || has_precedence(headers, &["auto_reply", "auto-reply"])
        || headers.text("Subject").is_some_and(|subject| is_absence_notice(&mime::decoded_words(&subject)))
}

/// What Outlook and Exchange put before the subject of an absence notice. Only the front counts: a person who answers one has `Re:`.
fn is_absence_notice(subject: &str) -> bool {
    const FRONTS: [&str; 10] = [
        "automatic reply:",
        "auto-reply:",
        "out of office:",
        "automatische antwort:",
        "abwesenheitsnotiz:",
        "réponse automatique",
        "respuesta automática:",
        "risposta automatica:",
        "resposta automática:",
        "automatisch antwoord:",
    ];
    let subject = subject.trim_start().to_lowercase();
    FRONTS.iter().any(|front| subject.starts_with(front))
}

/// `Precedence: bulk` or `junk`; and `list`, unless `List-Post` names an address: then it is a list that people write to, as a
/// business's own billing group, and a person may have written this. Newsletters have no such address (`List-Post: NO`, or none).
fn is_bulk(headers: &Headers<'_>) -> bool {
    let people_post = || headers.text("List-Post").is_some_and(|value| value.contains('<'));
    has_precedence(headers, &["bulk", "junk"]) || (has_precedence(headers, &["list"]) && !people_post())
}

fn has_precedence(headers: &Headers<'_>, words: &[&str]) -> bool {
    headers.named("Precedence").any(|field| words.contains(&first_word(&field.text()).as_str()))
}

fn first_word(value: &str) -> String {
    value
        .split(|c: char| c.is_whitespace() || c == ';' || c == '(')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn is_mail_system(local: &str) -> bool {
    let local = local.to_ascii_lowercase();
    let bounces = |front: &str| {
        local
            .strip_prefix(front)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '+', '_', '.', '=']))
    };
    is_daemon(&local) || local == "postmaster" || bounces("bounce") || bounces("bounces")
}

fn is_daemon(local: &str) -> bool {
    ["mailer-daemon", "mailerdaemon", "mail-daemon"].iter().any(|name| name.eq_ignore_ascii_case(local))
}

fn nobody_reads(local: &str) -> bool {
    const FRONTS: [&str; 12] = [
        "noreply",
        "donotreply",
        "dontreply",
        "noanswer",
        "keineantwort",
        "nichtantworten",
        "nepasrepondre",
        "noresponder",
        "nonrispondere",
        "naoresponda",
        "naoresponder",
        "nietbeantwoorden",
    ];
    let letters: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let letters = letters.to_ascii_lowercase();
    FRONTS.iter().any(|front| letters.starts_with(front))
}

fn starts_with_ignoring_case(text: &str, front: &str) -> bool {
    text.get(..front.len()).is_some_and(|start| start.eq_ignore_ascii_case(front))
}
