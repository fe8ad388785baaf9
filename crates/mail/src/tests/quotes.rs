//! Cutting: shapes of clients, and what must never be cut.

use super::{linear, read};
use crate::cut_quotes;

/// Checks what is left of `text`, and that history was seen when the text has OLD in it.
#[track_caller]
fn check(text: &str, written: &str) {
    let read = cut_quotes(text);
    assert_eq!(read.written, written, "of {text:?}");
    assert_eq!(read.quoted, text.contains("OLD"), "quoted, of {text:?}");
    assert!(!read.written.contains("OLD"), "of {text:?}");
}

/// Checks that nothing is cut.
#[track_caller]
fn check_kept(text: &str) {
    assert_eq!(cut_quotes(text).written, text);
}

#[test]
fn attributions_are_found_wherever_they_are_wrapped() {
    for line in [
        "On Mon, Nov 3, 2025 at 10:42 AM Larkspur Billing <\nbilling@larkspur.example> wrote:",
        "On Mon, Nov 3, 2025 at 10:42 AM Larkspur Billing\n<billing@larkspur.example>\nwrote:",
        "On Monday, November 3, 2025\nat 10:42:00 AM GMT+1,\nLarkspur Billing\n<billing@larkspur.example> wrote:",
        "Am Mo., 3. Nov. 2025 um 10:42 Uhr schrieb Larkspur Billing <\nbilling@larkspur.example>:",
        "Larkspur Billing\n<billing@larkspur.example> schrieb am Mo., 3. Nov. 2025, 10:42:",
        "Il giorno lun 3 nov 2025 alle ore 10:42 Larkspur Billing <\nbilling@larkspur.example> ha scritto:",
        "Op ma 3 nov 2025 om 10:42 schreef Larkspur Billing <\nbilling@larkspur.example>:",
    ] {
        check(&format!("Please refund\n\n{line}\n\n> OLD\n> more"), "Please refund");
        check(&format!("Please refund\n\n{line}\n\nOLD\nmore"), "Please refund");
    }
}

#[test]
fn attributions_of_every_client_are_known() {
    for line in [
        "On Nov 3, 2025, Larkspur Billing wrote:",
        "On 3 Nov 2025, Larkspur wrote:",
        "On Nov 3, 2025 at 10:42 AM +0100, Larkspur <billing@larkspur.example>, wrote:",
        "On Monday, November 3rd, 2025 at 10:42 AM, Larkspur <billing@larkspur.example> wrote:",
        "On 03/11/2025, 10:42, \"Larkspur\" <billing@larkspur.example> wrote:",
        "Le lun. 3 nov. 2025 à 10:42, X a écrit\u{a0}:",
        "Le lun. 3 nov. 2025, à 10 h 42, X <x@larkspur.example> a écrit :",
        "Le lundi 3 novembre 2025 à 10:42:00 UTC+1, X <x@larkspur.example> a écrit :",
        "Am 03.11.25 um 10:42 schrieb X:",
        "Am 03.11.2025 schrieb X:",
        "Am Montag, 3. November 2025 um 10:42:00 MEZ hat X <x@larkspur.example> Folgendes geschrieben:",
        "Op ma 3 nov 2025 om 10:42 schreef X:",
        "Op 3 nov 2025, om 10:42 heeft X <x@larkspur.example> het volgende geschreven:",
        "Il giorno 3 nov 2025, alle ore 10:42, X <x@larkspur.example> ha scritto:",
        "Il 03/11/2025 10:42, X ha scritto:",
        "Em seg., 3 de nov. de 2025 às 10:42, X escreveu:",
        "X <x@larkspur.example> escreveu (segunda, 3/11/2025 à(s) 10:42):",
        "El lun, 3 nov 2025 a las 10:42, X escribió:",
        "El lunes, 3 de noviembre de 2025, 10:42:00 CET, X <x@larkspur.example> escribió:",
        "---- On Mon, 03 Nov 2025 10:42:00 +0100 X <x@larkspur.example> wrote ---",
        "---- Am Mo., 03 Nov 2025 10:42:00 +0100 X<x@larkspur.example> schrieb ----",
    ] {
        check(&format!("Please refund\n\n{line}\n\n> OLD\n> more"), "Please refund");
        check(&format!("Please refund\n\n{line}\nOLD\nmore"), "Please refund");
    }
}

#[test]
fn headers_stand_in_any_order_and_dress() {
    for block in [
        "Gesendet: Montag, 3. November 2025 um 10:42 Uhr\nVon: \"L\" <l@b.example>\nAn: m@b.example\nBetreff: x",
        "**Von:** L\n**Gesendet:** Montag\n**An:** M\n**Betreff:** x",
        "-----Original-Nachricht-----\nBetreff: x\nDatum: 2025-11-03T10:42:00+0100\nVon: L\nAn: M",
        "envoyé : 3 novembre 2025 à 10:42\nde : L <l@b.example>\nà : m@b.example\nobjet : Re: x",
        "----Messaggio originale----\nDa: l@b.example\nData: 3-nov-2025 10.42\nA: <m@b.example>\nOgg: x",
        "-------- Original message --------From: L <l@b.example> Date: 03/11/2025  10:42  (GMT+01:00) To: m@b.example Subject: x",
        "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, L wrote:",
        "From: L <l@b.example> Sent: Monday, November 3, 2025 10:42 AM To: m@b.example Subject: x",
        "From: L\n\nSent: Monday\n\nTo: M; N;\n O; P\n\nSubject: x",
    ] {
        check(&format!("Please refund\n\n{block}\n\nOLD"), "Please refund");
        check(&format!("Please refund\n________________________________\n{block}\n\nOLD"), "Please refund");
    }
}

#[test]
fn answers_stand_above_below_and_between() {
    let quote = "On Mon, Nov 3, 2025 at 10:42 AM L <l@b.example> wrote:\n\n";
    check(
        &format!("{quote}> OLD one?\n\nYes.\n\n> OLD two?\n\nPlease refund it.\n"),
        "Yes.\n\nPlease refund it.",
    );
    check(&format!("{quote}> OLD one?\n> > OLDER\nYes.\n>> OLD\n>\n\nNo."), "Yes.\n\nNo.");
    check("-----Original Message-----\n> OLD\n\nPlease refund", "Please refund");
    check("Hi\n\nLB> OLD\nLB> OLD\nYes", "Hi\n\nYes");
    check("Hi\n\n| OLD\n| OLD\n\nYes", "Hi\n\nYes");
    check(
        "Please refund\n-- \nMarta\n\nOn 3 Nov 2025 at 10:42, L wrote:\n> OLD\n\nAnd this",
        "Please refund\n\nAnd this",
    );
}

#[test]
fn a_help_desk_line_ends_what_was_written() {
    for line in [
        "##- Please type your reply above this line -##",
        "--- Reply above this line ---",
        "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein -##",
        "##- Veuillez saisir votre réponse au-dessus de cette ligne -##",
        "##- Escriba su respuesta por encima de esta línea -##",
        "##- Digitare la risposta sopra questa riga -##",
        "##- Por favor, digite sua resposta acima desta linha -##",
        "##- Typ uw antwoord boven deze regel -##",
    ] {
        check(&format!("Please refund\n\n{line}\n\nOLD"), "Please refund");
    }
}

#[test]
fn signatures_go_and_names_stay() {
    for (text, written) in [
        ("Bitte\n\nViele Grüße aus Köln\nMarta\nTel. 0221 12345", "Bitte\n\nViele Grüße aus Köln\nMarta"),
        ("Bitte\n\nLG Marta\n\nwww.keller.example", "Bitte\n\nLG Marta"),
        ("Hi\n\nThanks, Marta\nHead of Operations\nStudio Keller Ltd", "Hi\n\nThanks, Marta"),
        ("Please refund\n\nMarta Keller\nHead of Operations\n+49 30 123456", "Please refund"),
        ("Please refund\n\nMarta Keller\n\nStudio Keller\nT: +49 30 123456", "Please refund\n\nMarta Keller"),
        (
            "Hi\n\nThanks\nMarta\n+49 30 123456\n\nPS: please cancel too",
            "Hi\n\nThanks\nMarta\n\nPS: please cancel too",
        ),
        ("Hi\n-- \nMarta\n+49 30 123456\n\nPS: cancel too\n\nBerlin", "Hi\n\nPS: cancel too"),
        ("Hi\n\n---\nMarta Keller\nwww.keller.example", "Hi"),
        (
            "Hi\n\nCordialement,\n\nMarta Keller\n06 12 34 56 78\n12 rue de la Paix\n75002 Paris",
            "Hi\n\nCordialement,\n\nMarta Keller",
        ),
        ("Bom dia, aqui.\n\nValeu,\nRafael", "Bom dia, aqui.\n\nValeu,\nRafael"),
        ("Bom dia, aqui.\n\nValeu,\nRafael\n+55 11 0000 0000", "Bom dia, aqui.\n\nValeu,\nRafael"),
        ("Mejor dos.\n\nDorada.\n\nBego", "Mejor dos.\n\nDorada.\n\nBego"),
        ("Bitte\n\nMfG\nDr. Keller\nKaistraße 3, 10115 Nordersand", "Bitte\n\nMfG\nDr. Keller"),
        (
            "Hallo\n\nHoogachtend,\n\nmr. Pieter van Loon\nNotaris\nT 000 - 000 00 00",
            "Hallo\n\nHoogachtend,\n\nmr. Pieter van Loon",
        ),
        ("Hola\n\nUn saludo,\nMarta\n\ncalle de la cal, 3\nkeller.example", "Hola\n\nUn saludo,\nMarta"),
    ] {
        check(text, written);
    }
}

#[test]
fn a_title_needs_no_phone_number_under_the_name_of_the_sender() {
    let written = |from: &str, text: &str| read(format!("From: {from} <m@b.example>\n\n{text}")).text.written;
    assert_eq!(written("Marta Keller", "Hi\n\nMarta\nHead of Office\nStudio Keller"), "Hi\n\nMarta");
    assert_eq!(written("\"Keller, Marta\"", "Hi\n\nMarta Keller\nStudio Keller"), "Hi");
    assert_eq!(written("Tom", "Hi\n\nPlan Pro\nPlan Basic"), "Hi\n\nPlan Pro\nPlan Basic");
}

#[test]
fn what_programs_add_goes() {
    for line in [
        "Sent from my Galaxy",
        "Sent from Yahoo Mail on Android",
        "Sent from my iPhone. Please excuse typos and brevity.",
        "Sent with Proton Mail secure email.",
        "Von meinem Galaxy gesendet",
        "Gesendet mit der WEB.DE Mail App",
        "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
        "Envoyé depuis mon appareil Galaxy",
        "Enviado desde mi Galaxy",
        "Inviato dal mio Galaxy",
        "Enviado a partir do meu Galaxy",
        "Verzonden vanaf mijn Galaxy",
        "Get BlueMail for Android",
        "Outlook für Android herunterladen",
        "Téléchargez Outlook pour iOS <https://aka.ms/o0ukef>",
        "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
        "Virenfrei. www.avast.com",
        "🌳 Please consider the environment before printing this e-mail",
        "Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail ausdrucken.",
        "Avant d'imprimer cet e-mail, pensez à l'environnement",
        "To unsubscribe from this group, send an email to leave@l.example",
    ] {
        check(&format!("Please refund\n\n{line}\n"), "Please refund");
    }
}

#[test]
fn disclaimers_go_with_all_that_follows_but_a_request() {
    check(
        "Hi\n\nConfidentiality notice\n\nThis message is confidential.\n\nLarkspur Ltd\n\nPS please cancel my plan",
        "Hi\n\nPS please cancel my plan",
    );
    check_kept("Hi\n\nThis message is confidential, please refund me quietly.");
}

#[test]
fn what_a_disclaimer_asks_of_the_wrong_reader_is_no_request() {
    for asked in [
        "If you have received it in error, please delete it and cancel its distribution.",
        "If you received this message in error please destroy it, together with any invoice attached.",
    ] {
        let disclaimer = format!("This e-mail is confidential and intended for the addressee only. {asked}");
        check(
            &format!("Where is my parcel?\n\n{disclaimer}\nNo refund arises from it."),
            "Where is my parcel?",
        );
        check_kept(&format!("Hi\n\n{disclaimer} Please refund me."));
    }
    check_kept("Hi\n\nThis message is confidential: I was charged in error, please refund it.");
}

#[test]
fn requests_are_never_taken_for_something_else() {
    for text in [
        "From: the moment I paid I could not log in.\nDate: 3 May\nPlease refund.",
        "From: Berlin\nTo: Paris\nDate: 3 May 2026\nPlease cancel this booking.",
        "On Monday you wrote: we will refund. Where is it?",
        "On Monday you wrote:\nwe will refund you.\nWhere is it?",
        "On 3 November 2025 I wrote:\nplease cancel my plan",
        "Am 3. November 2025 haben Sie geschrieben:\nwir erstatten das. Wo bleibt es?",
        "Le 3 novembre 2025 vous avez écrit :\nnous rembourserons",
        "Sent from my bank account on Monday: 50 EUR twice. Refund one, please.",
        "Thanks\nMarta\nplease cancel my plan",
        "Thanks\nMarta\nOrder 12345",
        "Hi\n\nPlease change the address to:\n\nMarta Keller\nHauptstr. 5\n10115 Berlin\n+49 30 123456",
        "I paid 20.\n--\nPlease refund it, it was charged twice.",
        "Hi, please\n\nUnsubscribe",
        "| a | b |\n| 1 | 2 |",
        "USD> 20",
        "Vielen Dank!\nMarta\n\nIch kündige zum Monatsende.",
        "Kündigung\n\nMarta Keller\nKundennummer 12345\nTel. 030 1234567",
        "On 3 Nov 2025 at 10:42 I paid 20 EUR. I wrote:\n\nplease refund",
        "Please type your reply above this line is what I saw. I want a refund.",
        "--\nPlease cancel my subscription",
        "Le 3 novembre 2025 à 10:42, le produit est arrivé cassé. Mon mari a écrit :\nremboursez",
        "Please cancel these two.\n\nPlan Pro\nPlan Basic",
        "Please refund the jacket.\n\nBlue Jacket\nRed Shoes",
        "Hello,\n\n> 50 dollars is a lot of money.\n\nOwen",
        "Please update our address.\n\nStudio Keller\nHauptstr. 5\n10115 Berlin\n+49 30 123456",
        "Thanks\nMarta\ncancel my plan",
        "I have a question about what you wrote:\nwhere is it?",
        "Best price? Please send the invoice.",
    ] {
        check_kept(text);
    }
    check(
        "I have a question about what you wrote:\n> OLD\nWhere is it?",
        "I have a question about what you wrote:\nWhere is it?",
    );
    check(
        "On Monday I asked for a refund please\nOn Nov 3, 2025 at 10:42 AM L <l@b.example> wrote:\n> OLD",
        "On Monday I asked for a refund please",
    );
}

#[test]
fn hostile_texts_take_linear_time() {
    for piece in [
        "On Mon, Nov 3, 2025 at 10:42 AM L <l@b.example>\n",
        "On 3 Nov you wrote:\n",
        "From: x\n",
        "Sent: x\n",
        "\n",
        " \n",
        "--\n",
        "LB> x\n",
        "This e-mail\n",
        "PS: x\n\n",
        "-- ",
        "a:",
        "Thanks\n",
    ] {
        for front in ["", "Hi\n-- \n", "> x\n"] {
            linear::check(
                80_000 / piece.len(),
                |times| format!("{front}{}", piece.repeat(times)),
                cut_quotes,
            );
        }
    }
    cut_quotes(&"x".repeat(250_000));
}

#[test]
fn the_quote_may_stand_on_the_line_of_its_attribution() {
    let attribution = "On Mon, Nov 3, 2025 at 9:14 AM, Larkspur<l@b.example> wrote:";
    check(&format!("Please refund\n\n{attribution}   OLD\nmore"), "Please refund");
    check_kept("On 3 November at 9:14 your colleague wrote:  no refund. Is that so?");
    check_kept(&format!("{attribution}   and that is all that there is"));
}

#[test]
fn a_mail_original_is_a_quoted_one() {
    check("Please refund\n\n----- Mail original -----\nDe: L\n\nOLD", "Please refund");
}

#[test]
fn two_closings_on_a_line_hold_no_name() {
    for closing in ["Danke und Gruß", "Vielen Dank und Grüße", "Merci, Cordialement", "Gracias y saludos"]
    {
        check(
            &format!("Please refund\n\n{closing}\nMarta\nStudio Keller\n+49 30 123456"),
            &format!("Please refund\n\n{closing}\nMarta"),
        );
    }
}

#[test]
fn a_closing_that_is_spoken_of_does_not_cost_the_name() {
    let text =
        "It ended with\n\nBest regards\nLarkspur Billing\n\nbut is it really from you, I wonder?\n\nMarta";
    let cut = crate::quote::cut(text, Some("Marta Keller"));
    assert_eq!(cut.text.written, text);
}

#[test]
fn groupwise_marks_only_the_line_above_the_quote() {
    check("Please refund\n\n>>> L <l@b.example> 11/3/2025 4:20 PM >>>\nOLD\nmore", "Please refund");
    check(
        "Please refund\n\n>>> L <l@b.example> 11/3/2025 4:20 PM >>>\n> OLD\n\nBelow",
        "Please refund\n\nBelow",
    );
}

#[test]
fn who_has_a_virus_is_no_scanner() {
    check_kept("This email has been hacked: my account was taken over by a virus. Lock it.\n\nMarta");
    check("Please refund\n\nThis email has been checked for viruses by Avast.", "Please refund");
}
