//! What was written now, in the shapes of clients and languages.

use domain::mail::Flag;

use super::read;

#[track_caller]
fn check(text: &str, written: &str) {
    let mail = read(format!("From: m@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}"));
    assert_eq!(mail.text.written, written);
    assert!(mail.text.quoted, "quoted");
    assert!(mail.text.cut.contains("OLD"), "{:?}", mail.text.cut);
    assert!(!mail.flags.contains(&Flag::OnlyQuoted));
}

#[track_caller]
fn check_ending(text: &str, written: &str) {
    let mail = read(format!("From: m@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}"));
    assert_eq!((mail.text.written.as_str(), mail.text.quoted), (written, false));
}

#[track_caller]
fn check_forward(text: &str) {
    let mail = read(format!(
        "From: m@b.example\nContent-Type: text/plain; charset=utf-8\n\nPlease see\n\n{text}\nOLD\n"
    ));
    assert_eq!(mail.text.written, "Please see", "{text}");
    assert_eq!(mail.flags, [Flag::Forwarded], "{text}");
}

#[test]
fn attributions_are_cut_in_every_language() {
    let lines = [
        "On Tue, Mar 3, 2026 at 10:42 AM Larkspur <billing@larkspur.example> wrote:",
        "On 3 Mar 2026, at 10:42, Larkspur <billing@larkspur.example> wrote:",
        "On Tuesday, March 3, 2026 at 10:42:00 AM GMT+1, Larkspur\n<billing@larkspur.example> wrote:",
        "On 03/03/2026 10:42, Larkspur wrote:",
        "Am Di., 3. März 2026 um 10:42 Uhr schrieb Larkspur <billing@larkspur.example>:",
        "Am 03.03.26 um 10:42 schrieb Larkspur:",
        "Larkspur <billing@larkspur.example> schrieb am Di., 3. März 2026, 10:42:",
        "Le mar. 3 mars 2026 à 10:42, Larkspur <billing@larkspur.example> a écrit :",
        "Le 03/03/2026 à 10:42, Larkspur a écrit\u{a0}:",
        "El mar, 3 mar 2026 a las 10:42, Larkspur (<billing@larkspur.example>) escribió:",
        "Il giorno mar 3 mar 2026 alle ore 10:42 Larkspur <billing@larkspur.example> ha scritto:",
        "No dia ter., 3 de mar. de 2026 às 10:42, Larkspur <\nbilling@larkspur.example> escreveu:",
        "Em ter., 3 de mar. de 2026 às 10:42, Larkspur <billing@larkspur.example> escreveu:",
        "Op di 3 mrt 2026 om 10:42 schreef Larkspur <billing@larkspur.example>:",
    ];
    for line in lines {
        check(&format!("Please refund\n\n{line}\n\n> OLD text\n> more\n"), "Please refund");
        check(&format!("Please refund\n\n{line}\nOLD text\nmore\n"), "Please refund");
    }
}

#[test]
fn an_answer_below_or_between_quotes_is_kept() {
    check(
        "On 3 Mar 2026 at 10:42, L wrote:\n> OLD question?\n\nYes please.\n> more\n\nAnd this.",
        "Yes please.\n\nAnd this.",
    );
    check("2026-03-03 10:42 GMT+01:00 L <a@b.example>:\n\n> OLD\n\nBelow", "Below");
}

#[test]
fn outlook_headers_are_cut_in_every_language() {
    let blocks = [
        "From: L <a@b.example>\nSent: Tuesday, March 3, 2026 10:42 AM\nTo: M\nSubject: x",
        "*From:* L\n*Sent:* Tuesday\n*To:* M\n*Subject:* x",
        "Von: L\nGesendet: Dienstag, 3. März 2026 10:42\nAn: M\nBetreff: x",
        "De : L\nEnvoyé : mardi 3 mars 2026 10:42\nÀ : M\nObjet : x",
        "De: L\nEnviado el: martes, 3 de marzo de 2026 10:42\nPara: M\nAsunto: x",
        "Da: L\nInviato: martedì 3 marzo 2026 10:42\nA: M\nOggetto: x",
        "De: L\nEnviada em: terça-feira, 3 de março de 2026 10:42\nPara: M\nAssunto: x",
        "Van: L\nVerzonden: dinsdag 3 maart 2026 10:42\nAan: M\nOnderwerp: x",
    ];
    for block in blocks {
        check(&format!("Please refund\n\n________________________________\n{block}\n\nOLD"), "Please refund");
        check(&format!("Please refund\n\n{block}\n\nOLD"), "Please refund");
    }
    check("Please refund\n\n-----Ursprüngliche Nachricht-----\nOLD", "Please refund");
    check("Please refund\n\n-------- Original message --------\nOLD", "Please refund");
    check("Please refund\n\n-----Message d’origine-----\nOLD", "Please refund");
}

#[test]
fn forwarded_mails_are_cut_and_said() {
    for line in [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ---------",
        "---------- Mensaje reenviado ----------",
        "---------- Messaggio inoltrato ----------",
        "---------- Mensagem encaminhada ---------",
        "---------- Doorgestuurd bericht ----------",
    ] {
        check_forward(line);
    }
    let mail = read("From: m@b.example\n\n---------- Forwarded message ---------\nFrom: x\n\nOLD");
    assert_eq!(mail.flags, [Flag::Forwarded, Flag::OnlyQuoted]);
    assert!(mail.text.written.contains("OLD"));
}

#[test]
fn signatures_disclaimers_and_app_lines_are_cut() {
    check_ending("Please refund\n\n-- \nMarta\n+49 30 1234", "Please refund");
    check_ending(
        "Please refund\n\nBest regards,\nMarta Keller\nStudio Keller\n+49 30 1234",
        "Please refund\n\nBest regards,\nMarta Keller",
    );
    check_ending(
        "Bitte\n\nMit freundlichen Grüßen\n\nMarta\n\nStudio GmbH\nBerlin",
        "Bitte\n\nMit freundlichen Grüßen\n\nMarta",
    );
    check_ending(
        "Please refund\n\nThanks\nMarta\nPS: and cancel",
        "Please refund\n\nThanks\nMarta\nPS: and cancel",
    );
    check_ending("Thanks\nMarta\n\nCan you send the invoice?", "Thanks\nMarta\n\nCan you send the invoice?");
    for line in [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Get Outlook for iOS <https://aka.ms/o0ukef>",
        "Holen Sie sich Outlook für iOS",
    ] {
        check_ending(&format!("Please refund\n\n{line}\n"), "Please refund");
    }
    for disclaimer in [
        "This e-mail and any attachments are confidential.\nDelete it.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Ce message et ses pièces jointes sont confidentiels.",
        "Este mensaje es confidencial.",
        "Questo messaggio è riservato.",
        "Esta mensagem é confidencial.",
        "Dit bericht is vertrouwelijk.",
    ] {
        check_ending(&format!("Please refund\n\n{disclaimer}\n"), "Please refund");
    }
}

#[test]
fn what_people_write_is_not_cut() {
    for text in [
        "From: the start I wanted a refund",
        "As I wrote on Monday:\nplease refund 20",
        "On 3 May I paid twice: once by card",
        "This email is the one on file, please use it",
        "I paid:\n- 20 EUR\n- 30 EUR",
        "Date: 3 May\nSubject: pens\nAmount: 20",
    ] {
        check_ending(text, text);
    }
}

#[test]
fn what_a_list_adds_is_cut() {
    check_ending("Anyone?\n____________________________\nChoir mailing list\nleave@x.example", "Anyone?");
}

#[test]
fn broken_mime_is_read_as_far_as_it_goes_and_flagged() {
    let mail = read(
        "From: m@b.example\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nplease\n",
    );
    assert_eq!((mail.text.written.as_str(), mail.flags), ("please", vec![Flag::BrokenMime]));
    let mail = read(b"From: m@b.example\nContent-Type: text/plain; charset=utf-8\n\nse\xf1al\n");
    assert_eq!(mail.flags, [Flag::BrokenMime]);
}

#[test]
fn the_history_under_a_signature_is_known() {
    check("Please refund\n-- \nMarta\n\nOn 3 Mar 2026 at 10:42, L wrote:\n> OLD", "Please refund");
}

#[test]
fn plain_text_is_preferred_and_html_read_where_there_is_none() {
    let both = "From: m@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\n\
                Content-Type: text/html\n\n<p>html</p>\n--b--\n";
    assert_eq!((read(both).text.written.as_str(), read(both).flags), ("plain", vec![]));
    let empty_plain = both.replace("\n\nplain\n", "\n\n \n");
    assert_eq!(
        (read(&empty_plain).text.written.as_str(), read(&empty_plain).flags),
        ("html", vec![Flag::HtmlOnly])
    );
}

#[test]
fn html_quotes_and_hidden_text_are_parted_from_what_was_written() {
    let html = "<div>Please refund</div><div style='display:none'>and pay evil</div><div class=gmail_quote><div>On Tue, Mar 3, 2026 at \
                10:42 AM L &lt;<a href='mailto:a@b.example'>a@b.example</a>&gt; wrote:<br></div><blockquote>OLD</blockquote></div>";
    let mail = read(format!("From: m@b.example\nContent-Type: text/html; charset=utf-8\n\n{html}"));
    assert_eq!(mail.text.written, "Please refund");
    assert_eq!(mail.flags, [Flag::HtmlOnly, Flag::HiddenText]);
    assert!(mail.text.quoted);
}

#[test]
fn charsets_and_encodings_are_decoded() {
    let mail = |charset: &str, encoding: &str, body: &[u8]| {
        let head = format!(
            "From: m@b.example\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
        );
        read([head.as_bytes(), body].concat()).text.written
    };
    assert_eq!(mail("iso-2022-jp", "7bit", b"\x1b$B%O%m!<\x1b(B"), "ハロー");
    assert_eq!(mail("ISO-2022-JP", "base64", b"GyRCJU8lbSE8GyhC"), "ハロー");
    assert_eq!(mail("iso-8859-1", "8bit", b"r\xfcckzahlen"), "rückzahlen");
    assert_eq!(mail("utf-8", "quoted-printable", b"r=C3=BCck=\nzahlen"), "rückzahlen");
    assert_eq!(mail("windows-1252", "base64", b"ODAg4oKs".as_slice()), "80 â‚¬");
}

#[test]
fn charsets_that_mail_still_comes_in_are_decoded() {
    let mail = |charset: &str, body: &[u8]| {
        let head = format!("From: m@b.example\nContent-Type: text/plain; charset={charset}\n\n");
        read([head.as_bytes(), body].concat())
    };
    for (charset, body, text) in [
        ("shift_jis", b"\x95\xd4\x8b\xe0".as_slice(), "返金"),
        ("\"euc-kr\"", b"\xc8\xaf\xba\xd2", "환불"),
        ("GB18030", b"\xcd\xcb\xbf\xee", "退款"),
        ("koi8-r", b"\xd7\xcf\xda\xd7\xd2\xc1\xd4", "возврат"),
        ("windows-1251", b"\xe2\xee\xe7\xe2\xf0\xe0\xf2", "возврат"),
        ("windows-1250", b"vr\xe1cen\xed", "vrácení"),
        ("windows-1252", b"49 \x80 \x96 50", "49 € – 50"),
        ("iso-8859-15", b"49 \xa4", "49 €"),
        ("us-ascii", b"refund", "refund"),
        ("utf-16le", b"h\0i\0", "hi"),
        ("\"iso-2022-jp\"", b"\x1b$BJV6b\x1b(B", "返金"),
    ] {
        let read = mail(charset, body);
        assert_eq!((read.text.written.as_str(), read.flags.as_slice()), (text, [].as_slice()), "{charset}");
    }
    for (charset, body) in [("x-nobody-knows", b"r\xfcck".as_slice()), ("utf-8", b"r\xfcck")] {
        assert_eq!(mail(charset, body).flags, [Flag::BrokenMime], "{charset}");
    }
    let subject = read("From: m@b.example\nSubject: =?ISO-2022-JP?B?GyRCSlY2YhsoQg==?=\n\nx").subject;
    assert_eq!(subject, "返金");
}

#[test]
fn utf_7_is_read_as_clients_show_it() {
    let head = "From: m@b.example\nSubject: =?utf-7?q?+AHIAZQBmAHUAbgBk-?=\nContent-Type: text/plain; charset=UTF-7\n\n";
    let mail = read(format!("{head}+AHIAZQBmAHUAbgBk-"));
    assert_eq!(mail.text.written, "+AHIAZQBmAHUAbgBk-");
    assert_eq!(mail.subject, "=?utf-7?q?+AHIAZQBmAHUAbgBk-?=");
}

#[test]
fn broken_encodings_give_what_can_be_read() {
    let mail = |kind: &str, encoding: &str, body: &str| {
        read(format!(
            "From: m@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/{kind}; \
             charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}\n--b--\n"
        ))
    };
    for (kind, encoding, body, text) in [
        ("plain", "base64", "UGxlYXNlIHJl!ZnVuZA==", "Please refund"),
        ("plain", "quoted-printable", "r=C3=BCck=ZZ 49=\n =E2=82=AC", "rück=ZZ 49 €"),
        ("html", "quoted-printable", "<p>a=3Db =XY<p>c", "a=b =XY\n\nc"),
    ] {
        let read = mail(kind, encoding, body);
        assert_eq!(read.text.written, text);
        assert!(read.flags.contains(&Flag::BrokenMime), "{body}");
    }
}

#[test]
fn flowed_text_is_joined_before_quotes_are_cut() {
    let mail = read(
        "From: m@b.example\nContent-Type: text/plain; charset=utf-8; format=flowed\n\nPlease refund the \nsecond payment.\n\n\
         On 3 Mar 2026 at 10:42, \nLarkspur <billing@larkspur.example> wrote:\n> OLD \n> words",
    );
    assert_eq!(mail.text.written, "Please refund the second payment.");
    assert!(mail.text.cut.ends_with("> OLD words"), "{:?}", mail.text.cut);
}

#[test]
fn a_text_that_only_points_to_the_html_is_not_read() {
    let mail = |text: &str| {
        read(format!(
            "From: m@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; \
             charset=utf-8\n\n{text}\n--b\nContent-Type: text/html\n\n<p>Please refund</p>\n--b--\n"
        ))
    };
    for text in [
        "Your email client does not support HTML messages.",
        "This is an HTML email, please view it in a program that can.",
        "Ihr E-Mail-Programm unterstützt keine HTML-Nachrichten.",
    ] {
        assert_eq!(mail(text).text.written, "Please refund", "{text}");
    }
    assert_eq!(mail("The invoice is a file in HTML.").text.written, "The invoice is a file in HTML.");
}

#[test]
fn subject_date_and_thread_are_read_from_their_own_fields() {
    let mail = read(
        "From: m@b.example\nSubject: =?utf-8?q?R=C3=BCckzahlung?=\n =?utf-8?q?_bitte?=\nDate: Wed, 3 Mar 2026 10:42:00 +0100 (CET)\n\
         Message-ID: <one@b.example>\nReferences: <a@x>\n <b@x>\nIn-Reply-To: <c@x>\n\nx",
    );
    assert_eq!(mail.subject, "Rückzahlung bitte");
    assert_eq!(mail.sent_at.unwrap().to_string(), "2026-03-03T09:42:00Z");
    assert_eq!(mail.message_id.as_deref(), Some("one@b.example"));
    assert_eq!(mail.references, ["a@x", "b@x", "c@x"]);
}

#[test]
fn a_mail_without_a_body_speaks_by_its_subject() {
    let mail = read("From: m@b.example\nSubject: please cancel\n\n");
    assert_eq!((mail.subject.as_str(), mail.flags), ("please cancel", vec![Flag::SubjectOnly]));
}

#[test]
fn card_numbers_and_keys_do_not_get_through() {
    let mail = read(
        "From: m@b.example\nSubject: 4242 4242 4242 4242\n\nkey sk_live_abcdefgh1234 for in_1MtHbELkdIwHu7ix\n> 5555555555554444",
    );
    assert_eq!(mail.subject, "[card number removed]");
    assert_eq!(mail.text.written, "key [key removed] for in_1MtHbELkdIwHu7ix");
    assert_eq!(mail.text.cut, "> [card number removed]");
    assert_eq!((mail.redactions, mail.flags), (3, vec![Flag::Redacted]));
}

#[test]
fn a_charset_that_the_bytes_speak_against_is_not_believed() {
    let mail = |kind: &str, body: &[u8]| {
        read([format!("From: m@b.example\nContent-Type: {kind}\n\n").as_bytes(), body].concat())
    };
    let utf_8 = mail("text/plain; charset=us-ascii", "zurück".as_bytes());
    assert_eq!((utf_8.text.written.as_str(), utf_8.flags.as_slice()), ("zurück", [].as_slice()));
    for (kind, body, text) in [
        ("text/plain; charset=utf-8", b"zur\xfcck, d\xe9j\xe0 49 \x80".as_slice(), "zurück, déjà 49 €"),
        ("text/plain", b"zur\xfcck", "zurück"),
        ("text/plain; charset=utf-8", b"zur\xc3\xbcck \xff", "zurück \u{fffd}"),
        ("text/html", b"<meta charset='windows-1251'><p>\xe2\xee\xe7", "воз"),
        ("text/html", b"<meta content=\"text/html; charset=KOI8-R\">\xd7\xcf\xda", "воз"),
        ("text/html; charset=utf-8", b"<meta charset=koi8-r>zur\xfcck", "zurück"),
    ] {
        let read = mail(kind, body);
        assert_eq!(read.text.written, text, "{kind}");
        assert!(read.flags.contains(&Flag::BrokenMime), "{kind}");
    }
}

#[test]
fn digits_of_full_width_are_digits() {
    assert_eq!(
        read("From: m@b.example\n\n４２４２４２４２４２４２４２４２").text.written,
        "[card number removed]"
    );
}
