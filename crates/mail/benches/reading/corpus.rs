//! Mails as customers send them, 4 to 16 kB each: seven languages in seven shapes, with the header blocks that providers write.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The verifier whose results the reader is told to believe.
pub(crate) const VERIFIER: &str = "mx.larkspur.example";

/// Every language in every shape.
pub(crate) fn mails() -> Vec<Vec<u8>> {
    let shapes = [plain_quoted, plain_encoded, gmail, outlook, html_only, attachment, forwarded];
    let mails = LETTERS.iter().enumerate();
    mails.flat_map(|(at, letter)| shapes.iter().map(move |shape| shape(letter, at).into_bytes())).collect()
}

/// What somebody writes in one language.
struct Letter {
    subject: &'static str,
    greeting: &'static str,
    request: &'static str,
    more: &'static str,
    closing: &'static str,
    wrote: &'static str,
    history: &'static str,
}

fn plain_quoted(letter: &Letter, at: usize) -> String {
    let history: String =
        letter.history.repeat(3).lines().fold(String::new(), |text, line| text + "> " + line + "\r\n");
    let body = format!("{}{}\r\n\r\n{}", written(letter), letter.wrote, history);
    let head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n";
    format!("{}{head}\r\n{body}", headers(letter, at))
}

fn plain_encoded(letter: &Letter, at: usize) -> String {
    let body =
        quoted_printable(&format!("{}{}\r\n\r\n{}", written(letter), letter.wrote, letter.history.repeat(4)));
    let head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    format!("{}{head}\r\n{body}", headers(letter, at))
}

fn gmail(letter: &Letter, at: usize) -> String {
    let quoted = letter.history.lines().fold(String::new(), |text, line| text + "> " + line + "\r\n");
    let plain = quoted_printable(&format!("{}{}\r\n\r\n{quoted}", written(letter), letter.wrote));
    let html = quoted_printable(&format!(
        "<div dir=\"ltr\">{}</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div>\
         <blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">\
         <div dir=\"ltr\">{}</div></blockquote></div>\r\n",
        paragraphs(&written(letter)),
        escaped(letter.wrote),
        paragraphs(letter.history),
    ));
    let boundary = "000000000000625cc9bebe96";
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: \
         text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{plain}\r\n--{boundary}\r\nContent-Type: \
         text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{html}\r\n--{boundary}--\r\n",
        headers(letter, at)
    )
}

fn outlook(letter: &Letter, at: usize) -> String {
    let boundary = "_000_AM9PR04MB8242EURPRD04PRODOUTLOO_";
    let rule = "________________________________\r\nFrom: Larkspur <billing@larkspur.example>\r\nSent: Tuesday, November 17, 2026 10:42 AM\r\n\
                To: Marta Keller <marta@studio.example>\r\nSubject: Your invoice\r\n\r\n";
    let plain = encoded(&format!("{}{rule}{}", written(letter), letter.history));
    let html = encoded(&outlook_html(letter));
    format!(
        "{}X-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:\r\nx-ms-exchange-messagesentrepresentingtype: 1\r\nx-ms-publictraffictype: Email\r\n\
         x-microsoft-antispam-message-info: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\
         \tboundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: \
         base64\r\n\r\n{plain}\r\n--{boundary}\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: \
         base64\r\n\r\n{html}\r\n--{boundary}--\r\n",
        headers(letter, at),
        folded(&signature(at + 90, 620)),
    )
}

fn html_only(letter: &Letter, at: usize) -> String {
    let html = quoted_printable(&outlook_html(letter));
    let head = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    format!("{}{head}\r\n{html}", headers(letter, at))
}

fn attachment(letter: &Letter, at: usize) -> String {
    let boundary = "Apple-Mail=_5B1C9E0A-7A43-4F0E-8D0D-0C2B5E6D7F11";
    let file = encoded(&signature(at + 40, 2_600));
    format!(
        "{}X-Mailer: Apple Mail (2.3826.200.121)\r\nMime-Version: 1.0 (Mac OS X Mail 16.0)\r\nContent-Type: multipart/mixed;\r\n\
         \tboundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: \
         text/plain;\r\n\tcharset=utf-8\r\n\r\n{}\r\n--{boundary}\r\nContent-Disposition: attachment;\r\n\tfilename=invoice.pdf\r\n\
         Content-Type: application/pdf;\r\n\tx-unix-mode=0644;\r\n\tname=\"invoice.pdf\"\r\nContent-Transfer-Encoding: \
         base64\r\n\r\n{file}\r\n--{boundary}--\r\n",
        headers(letter, at),
        quoted_printable(&written(letter)),
    )
}

fn forwarded(letter: &Letter, at: usize) -> String {
    let body = format!(
        "{}---------- Forwarded message ---------\r\nFrom: Larkspur <billing@larkspur.example>\r\nDate: Tue, 17 Nov 2026\r\nSubject: \
         Your invoice\r\nTo: <marta@studio.example>\r\n\r\n{}",
        written(letter),
        letter.history.repeat(2)
    );
    let head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n";
    format!("{}{head}\r\n{}", headers(letter, at), encoded(&body))
}

fn written(letter: &Letter) -> String {
    format!(
        "{}\r\n\r\n{}\r\n\r\n{}\r\n\r\n{}\r\n\r\n",
        letter.greeting, letter.request, letter.more, letter.closing
    )
}

fn outlook_html(letter: &Letter) -> String {
    let css = "/* Font Definitions */ @font-face {font-family:\"Cambria Math\"; panose-1:2 4 5 3 5 4 6 3 2 4;} p.MsoNormal, li.MsoNormal \
               {margin:0cm; font-size:11.0pt; font-family:\"Calibri\",sans-serif;} a:link {color:#0563C1; text-decoration:underline;} \
               .MsoChpDefault {mso-style-type:export-only;} @page WordSection1 {size:612.0pt 792.0pt; margin:70.85pt;} div.WordSection1 \
               {page:WordSection1;}";
    format!(
        "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; \
         charset=utf-8\"><style><!-- {css} --></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\" spidmax=\"1026\" /></xml>\
         <![endif]--></head><body lang=\"DE\" link=\"#0563C1\" vlink=\"#954F72\"><div class=\"WordSection1\">{}<div style=\"border:none;\
         border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p class=\"MsoNormal\"><b>From:</b> Larkspur \
         &lt;billing@larkspur.example&gt;<br><b>Sent:</b> Tuesday, November 17, 2026 10:42 AM<br><b>To:</b> Marta Keller<br>\
         <b>Subject:</b> Your invoice<o:p></o:p></p></div>{}</div></body></html>",
        office_paragraphs(&written(letter)),
        office_paragraphs(letter.history),
    )
}

fn office_paragraphs(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "<p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>\r\n".to_owned(),
        _ => format!("<p class=\"MsoNormal\"><span lang=\"EN-US\" style=\"mso-fareast-language:EN-US\">{}<o:p></o:p></span></p>\r\n", escaped(line)),
    });
    lines.collect()
}

fn paragraphs(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "<div><br></div>".to_owned(),
        _ => format!("<div>{}</div>", escaped(line)),
    });
    lines.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Three hops, two signatures, a sealed chain and the results of the verifier.
fn headers(letter: &Letter, at: usize) -> String {
    let subject = if letter.subject.is_ascii() {
        letter.subject.to_owned()
    } else {
        format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(letter.subject))
    };
    format!(
        "Return-Path: <marta@studio.example>\r\nDelivered-To: billing@larkspur.example\r\nReceived: from mx.larkspur.example \
         ([10.2.1.7])\r\n\tby store.larkspur.example with LMTP\r\n\tid {id}\r\n\t(envelope-from <marta@studio.example>)\r\n\tfor \
         <billing@larkspur.example>; Sat, 21 Nov 2026 17:21:02 +0100\r\nAuthentication-Results: {VERIFIER};\r\n\tdkim=pass (2048-bit \
         key; unprotected) header.d=studio.example header.i=@studio.example header.b={short};\r\n\tarc=pass (\"google.com:s=arc-20240605\");\
         \r\n\tspf=pass (mx.larkspur.example: domain of marta@studio.example designates 209.85.218.41 as permitted sender) \
         smtp.mailfrom=marta@studio.example;\r\n\tdmarc=pass (p=none dis=none) header.from=studio.example\r\nReceived: from \
         mail-ej1-f41.google.com (mail-ej1-f41.google.com [209.85.218.41])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 \
         (256/256 bits)\r\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\r\n\tby mx.larkspur.example (Postfix) with ESMTPS \
         id 4F478D2D27\r\n\tfor <billing@larkspur.example>; Sat, 21 Nov 2026 17:21:01 +0100 (CET)\r\nReceived: by \
         mail-ej1-f41.google.com with SMTP id a640c23a62f3a-b72b495aa81so{id}\r\n        for <billing@larkspur.example>; Sat, 21 Nov 2026 \
         08:21:01 -0800 (PST)\r\nARC-Seal: i=1; a=rsa-sha256; t=1795278061; cv=none;\r\n        d=google.com; s=arc-20240605;\r\n        \
         b={seal}\r\nARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=google.com; s=arc-20240605;\r\n        \
         h=to:subject:message-id:date:from:mime-version:dkim-signature;\r\n        bh={hash};\r\n        fh={hash};\r\n        \
         b={message}\r\nARC-Authentication-Results: i=1; mx.google.com; dkim=pass header.i=@studio.example header.s=google \
         header.b={short};\r\n       spf=pass smtp.mailfrom=marta@studio.example; dmarc=pass header.from=studio.example\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n        d=studio.example; s=google; t=1795278061; x=1795882861; \
         darn=larkspur.example;\r\n        h=to:subject:message-id:date:from:mime-version:from:to:cc:subject\r\n         \
         :date:message-id:reply-to;\r\n        bh={hash};\r\n        b={dkim}\r\nX-Google-DKIM-Signature: v=1; a=rsa-sha256; \
         c=relaxed/relaxed;\r\n        d=1e100.net; s=20230601; t=1795278061; x=1795882861;\r\n        bh={hash};\r\n        \
         b={google}\r\nX-Gm-Message-State: AOJu0Y{state}\r\nX-Gm-Gg: ASbGnc{state}\r\nX-Google-Smtp-Source: AGHT+IF{short}\r\n\
         X-Received: by 2002:a17:907:9483:b0:b73:6838:6703 with SMTP id\r\n a640c23a62f3a; Sat, 21 Nov 2026 08:21:01 -0800 (PST)\r\n\
         References: <invoice.2026-1117@larkspur.example> <CA+XKi{id}@mail.studio.example>\r\nIn-Reply-To: \
         <invoice.2026-1117@larkspur.example>\r\nFrom: Marta Keller <marta@studio.example>\r\nDate: Sat, 21 Nov 2026 17:20:5{digit} \
         +0100\r\nMessage-ID: <CA+XKiTn8{id}@mail.studio.example>\r\nSubject: {subject}\r\nTo: Larkspur <billing@larkspur.example>\r\n",
        id = signature(at, 18),
        digit = at % 10,
        short = signature(at + 1, 8),
        seal = folded(&signature(at + 2, 342)),
        hash = signature(at + 3, 43),
        message = folded(&signature(at + 4, 342)),
        dkim = folded(&signature(at + 5, 342)),
        google = folded(&signature(at + 6, 342)),
        state = signature(at + 7, 160),
    )
}

/// Letters and digits that look like a signature; the same for the same seed.
fn signature(seed: usize, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789XY";
    let mut state = u32::try_from(seed).unwrap_or(0).wrapping_mul(2_654_435_761).wrapping_add(1);
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        LETTERS.get((state >> 26) as usize).map_or('A', |letter| char::from(*letter))
    });
    letters.take(length).collect()
}

fn folded(text: &str) -> String {
    lines_of(text, 64).join("\r\n         ")
}

fn encoded(text: &str) -> String {
    lines_of(&BASE64_STANDARD.encode(text), 76).join("\r\n")
}

fn lines_of(text: &str, length: usize) -> Vec<&str> {
    (0..text.len()).step_by(length).filter_map(|at| text.get(at..text.len().min(at + length))).collect()
}

fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    for line in text.lines() {
        let mut column = 0;
        for byte in line.bytes() {
            if column > 72 {
                encoded.push_str("=\r\n");
                column = 0;
            }
            if matches!(byte, b' '..=b'~') && byte != b'=' {
                encoded.push(char::from(byte));
                column += 1;
            } else {
                encoded.push('=');
                encoded.extend([byte >> 4, byte & 15].map(hexadecimal));
                column += 3;
            }
        }
        encoded.push_str("\r\n");
    }
    encoded
}

fn hexadecimal(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

const LETTERS: [Letter; 7] = [
    Letter {
        subject: "Re: Your invoice from Larkspur",
        greeting: "Hi there,",
        request: "I was charged twice for November (49.00 EUR on the 17th and again on the 18th, see invoice LKS-2026-1117). Could you please \
                  refund the second payment? Our\r\nbookkeeper closes the month on Friday, so it would be great to have this sorted before.",
        more: "Also, which card is on file right now? The old one ends in 4242 and expires next month, I would like to change it.",
        closing: "Thanks a lot,\r\nMarta Keller\r\nStudio Keller\r\nTorstr. 12, 10119 Berlin\r\n+49 30 1234567",
        wrote: "On Tue, Nov 17, 2026 at 10:42 AM Larkspur <billing@larkspur.example> wrote:",
        history: "Hello Marta,\r\n\r\nthank you for your payment. Your invoice for November is attached to this mail, and you find all earlier\r\n\
                  invoices in your account. The next payment is due on December 17, 2026.\r\n\r\nIf you have questions, just answer this mail. We are \
                  there from Monday to Friday, 9 to 17 h.\r\n\r\nKind regards\r\nYour team at Larkspur\r\n\r\n",
    },
    Letter {
        subject: "AW: Ihre Rechnung für November",
        greeting: "Guten Tag,",
        request: "mir wurde der Betrag für November doppelt abgebucht (49,00 € am 17. und noch einmal am 18., Rechnung LKS-2026-1117). Könnten Sie \
                  die zweite Zahlung\r\nbitte zurückerstatten? Unsere Buchhaltung schließt den Monat am Freitag ab.",
        more: "Außerdem möchte ich wissen, welche Karte hinterlegt ist, und sie gegebenenfalls ändern.",
        closing: "Mit freundlichen Grüßen\r\n\r\nMarta Keller\r\nStudio Keller GmbH\r\nTorstraße 12, 10119 Berlin",
        wrote: "Am Di., 17. Nov. 2026 um 10:42 Uhr schrieb Larkspur <billing@larkspur.example>:",
        history: "Guten Tag Frau Keller,\r\n\r\nvielen Dank für Ihre Zahlung. Ihre Rechnung für November finden Sie im Anhang, alle früheren Rechnungen \
                  in\r\nIhrem Konto. Die nächste Zahlung ist am 17. Dezember 2026 fällig.\r\n\r\nBei Fragen antworten Sie einfach auf diese E-Mail. \
                  Wir sind Montag bis Freitag von 9 bis 17 Uhr für Sie da.\r\n\r\nFreundliche Grüße\r\nIhr Team von Larkspur\r\n\r\n",
    },
    Letter {
        subject: "Re : Votre facture de novembre – remboursement",
        greeting: "Bonjour,",
        request: "J'ai été débitée deux fois pour le mois de novembre (49,00 € le 17 puis le 18, facture LKS-2026-1117). Pourriez-vous me rembourser \
                  le\r\ndeuxième paiement, s'il vous plaît ? Notre comptable clôture le mois vendredi.",
        more: "Par ailleurs, quelle carte est enregistrée actuellement ? L'ancienne expire le mois prochain.",
        closing: "Bien cordialement,\r\nMarta Keller\r\nStudio Keller\r\n12, rue des Écoles, 75005 Paris",
        wrote: "Le mar. 17 nov. 2026 à 10:42, Larkspur <billing@larkspur.example> a écrit :",
        history: "Bonjour Madame Keller,\r\n\r\nmerci pour votre paiement. Vous trouverez la facture de novembre en pièce jointe et toutes les factures\r\n\
                  précédentes dans votre compte. Le prochain paiement est prévu le 17 décembre 2026.\r\n\r\nPour toute question, répondez simplement \
                  à ce message, du lundi au vendredi de 9 h à 17 h.\r\n\r\nCordialement\r\nL'équipe Larkspur\r\n\r\n",
    },
    Letter {
        subject: "Re: Su factura de noviembre: devolución",
        greeting: "Buenos días:",
        request: "Me han cobrado dos veces el mes de noviembre (49,00 € el día 17 y otra vez el 18, factura LKS-2026-1117). ¿Podrían devolverme el \
                  segundo\r\npago, por favor? Nuestra contable cierra el mes el viernes.",
        more: "Además, ¿qué tarjeta tengo registrada? La anterior caduca el mes que viene y quisiera cambiarla.",
        closing: "Un cordial saludo,\r\nMarta Keller\r\nEstudio Keller\r\nC/ Alcalá 12, 28014 Madrid",
        wrote: "El mar, 17 nov 2026 a las 10:42, Larkspur (<billing@larkspur.example>) escribió:",
        history: "Hola Marta:\r\n\r\ngracias por su pago. Adjuntamos la factura de noviembre; todas las facturas anteriores están en su cuenta.\r\nEl \
                  próximo pago vence el 17 de diciembre de 2026.\r\n\r\nSi tiene preguntas, responda a este correo. Estamos de lunes a viernes, de 9 a \
                  17 h.\r\n\r\nSaludos\r\nEl equipo de Larkspur\r\n\r\n",
    },
    Letter {
        subject: "Re: Fattura di novembre – rimborso",
        greeting: "Buongiorno,",
        request: "mi è stato addebitato due volte il mese di novembre (49,00 € il 17 e di nuovo il 18, fattura LKS-2026-1117). Potreste rimborsare \
                  il\r\nsecondo pagamento, per favore? La nostra contabile chiude il mese venerdì.",
        more: "Inoltre, quale carta risulta registrata? Quella vecchia scade il mese prossimo e vorrei cambiarla.",
        closing: "Cordiali saluti\r\nMarta Keller\r\nStudio Keller\r\nVia Verdi 12, 20121 Milano",
        wrote: "Il giorno mar 17 nov 2026 alle ore 10:42 Larkspur <billing@larkspur.example> ha scritto:",
        history: "Gentile Marta,\r\n\r\ngrazie per il pagamento. In allegato trova la fattura di novembre; tutte le fatture precedenti sono nel suo\r\n\
                  account. Il prossimo pagamento è previsto per il 17 dicembre 2026.\r\n\r\nPer domande risponda a questa e-mail, dal lunedì al venerdì \
                  dalle 9 alle 17.\r\n\r\nSaluti\r\nIl team di Larkspur\r\n\r\n",
    },
    Letter {
        subject: "Re: Sua fatura de novembro (reembolso)",
        greeting: "Bom dia,",
        request: "Fui cobrada duas vezes no mês de novembro (R$ 49,00 no dia 17 e de novo no dia 18, fatura LKS-2026-1117). Vocês podem reembolsar \
                  o\r\nsegundo pagamento, por favor? Nossa contadora fecha o mês na sexta-feira.",
        more: "Além disso, qual cartão está cadastrado agora? O antigo vence no mês que vem e não é mais válido.",
        closing: "Atenciosamente,\r\nMarta Keller\r\nEstúdio Keller\r\nRua Augusta 12, São Paulo",
        wrote: "Em ter., 17 de nov. de 2026 às 10:42, Larkspur <billing@larkspur.example> escreveu:",
        history: "Olá, Marta,\r\n\r\nobrigado pelo pagamento. A fatura de novembro está em anexo, e todas as anteriores estão na sua conta. O\r\npróximo \
                  pagamento vence em 17 de dezembro de 2026.\r\n\r\nEm caso de dúvidas, responda a este e-mail. Atendemos de segunda a sexta, das 9 às \
                  17 h.\r\n\r\nAbraços\r\nEquipe Larkspur\r\n\r\n",
    },
    Letter {
        subject: "Re: Uw factuur van november",
        greeting: "Goedemorgen,",
        request: "Voor november is er twee keer afgeschreven (49,00 euro op de 17e en nog een keer op de 18e, factuur LKS-2026-1117). Kunt u de \
                  tweede\r\nbetaling terugstorten? Onze boekhouder sluit de maand vrijdag af.",
        more: "Welke kaart staat er nu bij jullie? De oude verloopt volgende maand, die wil ik graag wijzigen.",
        closing: "Met vriendelijke groet,\r\nMarta Keller\r\nStudio Keller\r\nPrinsengracht 12, Amsterdam",
        wrote: "Op di 17 nov 2026 om 10:42 schreef Larkspur <billing@larkspur.example>:",
        history: "Beste Marta,\r\n\r\nbedankt voor uw betaling. De factuur van november vindt u in de bijlage, alle eerdere facturen in uw account.\r\nDe \
                  volgende betaling is op 17 december 2026.\r\n\r\nHeeft u vragen, beantwoord dan deze mail. Wij zijn er van maandag tot en met \
                  vrijdag, van 9 tot 17 uur.\r\n\r\nMet vriendelijke groet\r\nHet team van Larkspur\r\n\r\n",
    },
];
