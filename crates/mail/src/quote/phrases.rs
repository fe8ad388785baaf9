//! What mail clients and companies write into mails in English, German, French, Spanish, Italian, Portuguese and Dutch. All is
//! compared in lower case.

/// Fields of a quoted header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    From,
    Date,
    To,
    Subject,
}

const LABELS: [(Label, &[&str]); 4] = [
    (Label::From, &["from", "von", "de", "da", "van"]),
    (
        Label::Date,
        &[
            "sent",
            "date",
            "gesendet",
            "gesendet am",
            "datum",
            "envoyé",
            "envoyé le",
            "date d'envoi",
            "enviado",
            "enviado el",
            "fecha",
            "inviato",
            "inviato il",
            "data",
            "enviada",
            "enviada em",
            "enviado em",
            "verzonden",
            "verstuurd",
            "verzonden op",
        ],
    ),
    (Label::To, &["to", "an", "à", "a", "para", "aan", "cc", "kopie"]),
    (Label::Subject, &["subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp"]),
];

/// The label that a line begins with, such as `*Gesendet:*`.
pub(super) fn header_label(line: &str) -> Option<Label> {
    let line = line.trim_start_matches(['*', ' ', '>']);
    let (label, _) = line.get(..line.len().min(24)).or_else(|| short_front(line))?.split_once(':')?;
    let label = label.trim_matches(['*', ' ']).to_lowercase().replace('’', "'");
    LABELS.iter().find(|(_, words)| words.contains(&label.as_str())).map(|(label, _)| *label)
}

/// The front of a line whose 24th byte lies inside a character.
fn short_front(line: &str) -> Option<&str> {
    (20..24).rev().find_map(|end| line.get(..end))
}

/// What stands between dashes, or alone, above a forwarded mail.
pub(super) fn is_forward_line(lower: &str) -> bool {
    const BETWEEN_DASHES: [&str; 17] = [
        "forwarded message",
        "forwarded mail",
        "weitergeleitete nachricht",
        "weitergeleitete e-mail",
        "message transféré",
        "message transfere",
        "courriel transféré",
        "mensaje reenviado",
        "forwarded by",
        "messaggio inoltrato",
        "messaggio inoltrato da",
        "mensagem encaminhada",
        "mensagem reencaminhada",
        "doorgestuurd bericht",
        "doorgestuurde bericht",
        "forwarded message from",
        "message réexpédié",
    ];
    const ALONE: [&str; 10] = [
        "begin forwarded message:",
        "anfang der weitergeleiteten nachricht:",
        "début du message transféré :",
        "début du message transféré:",
        "début du message réexpédié :",
        "inicio del mensaje reenviado:",
        "inizio messaggio inoltrato:",
        "início da mensagem encaminhada:",
        "início da mensagem reencaminhada:",
        "begin doorgestuurd bericht:",
    ];
    between_dashes(lower).is_some_and(|inner| BETWEEN_DASHES.contains(&inner)) || ALONE.contains(&lower)
}

/// What stands between dashes above a quoted mail.
pub(super) fn is_original_message_line(lower: &str) -> bool {
    const BETWEEN_DASHES: [&str; 18] = [
        "original message",
        "original email",
        "original appointment",
        "ursprüngliche nachricht",
        "originalnachricht",
        "original-nachricht",
        "original nachricht",
        "message d'origine",
        "message original",
        "message initial",
        "mensaje original",
        "messaggio originale",
        "messaggio original",
        "mensagem original",
        "oorspronkelijk bericht",
        "oorspronkelijke bericht",
        "origineel bericht",
        "reply message",
    ];
    between_dashes(lower).is_some_and(|inner| BETWEEN_DASHES.contains(&inner.replace('’', "'").as_str()))
}

fn between_dashes(line: &str) -> Option<&str> {
    let is_dash = |c: char| matches!(c, '-' | '_' | '—' | '–' | '*' | ' ' | ':');
    let dashes = line.chars().take_while(|c| is_dash(*c)).filter(|c| *c != ' ').count();
    (dashes >= 2).then(|| line.trim_matches(is_dash))
}

/// Words that `On … wrote:` begins with.
pub(super) fn begins_attribution(lower: &str) -> bool {
    const FRONTS: [&str; 9] = ["on ", "am ", "le ", "el ", "il ", "em ", "no dia ", "op ", "in data "];
    FRONTS.iter().any(|front| lower.starts_with(front)) || (lower.contains('@') && has_wrote(lower))
}

/// Whether a line says that somebody wrote.
pub(super) fn has_wrote(lower: &str) -> bool {
    const WROTE: [&str; 11] = [
        "wrote",
        "schrieb",
        "a écrit",
        "à écrit",
        "escribió",
        "ha scritto",
        "escreveu",
        "schreef",
        "geschreven",
        "writes",
        "het volgende",
    ];
    WROTE.iter().any(|wrote| lower.contains(wrote))
}

/// Lines that apps on phones and free services put under a mail.
pub(super) fn is_app_line(lower: &str) -> bool {
    const FRONTS: [&str; 30] = [
        "sent from my ",
        "sent from mail for ",
        "sent from outlook",
        "sent from yahoo mail",
        "sent from proton mail",
        "sent with proton mail",
        "sent via ",
        "get outlook for ",
        "von meinem iphone gesendet",
        "von meinem ipad gesendet",
        "gesendet von meinem ",
        "gesendet mit der ",
        "gesendet mit ",
        "gesendet von outlook",
        "gesendet von mail für",
        "diese nachricht wurde von meinem android",
        "holen sie sich outlook für ",
        "outlook für ios beziehen",
        "outlook für android beziehen",
        "envoyé de mon ",
        "envoyé depuis ",
        "envoyé à partir de ",
        "obtenir outlook pour ",
        "télécharger outlook pour ",
        "enviado desde mi ",
        "enviado do meu ",
        "inviato da ",
        "verzonden vanaf ",
        "verstuurd vanaf ",
        "verzonden met ",
    ];
    const MORE_FRONTS: [&str; 10] = [
        "enviado desde ",
        "enviado a partir do ",
        "enviado através ",
        "obtener outlook para ",
        "obter o outlook para ",
        "scarica outlook per ",
        "ottieni outlook per ",
        "outlook voor ios downloaden",
        "outlook voor ios ophalen",
        "downloaden outlook voor ",
    ];
    lower.len() <= 120 && FRONTS.iter().chain(&MORE_FRONTS).any(|front| lower.starts_with(front))
}

/// Whether a legal text begins here: its opening words, and its theme within the next lines.
pub(super) fn is_disclaimer(lower: &str, rest: &[&str]) -> bool {
    const OPENINGS: [&str; 43] = [
        "antes de imprimir",
        "before printing",
        "avant d'imprimer",
        "this e-mail",
        "this email",
        "this message",
        "the information in this",
        "the information contained",
        "the contents of this",
        "confidentiality notice",
        "confidentiality:",
        "confidential:",
        "disclaimer",
        "if you are not the intended",
        "diese e-mail",
        "diese nachricht",
        "diese mail",
        "der inhalt dieser",
        "die informationen in dieser",
        "hinweis:",
        "vertraulichkeitshinweis",
        "ce message",
        "ce courriel",
        "cet e-mail",
        "cet email",
        "les informations contenues",
        "este mensaje",
        "este correo",
        "la información contenida",
        "aviso legal",
        "aviso de confidencialidad",
        "questo messaggio",
        "questa e-mail",
        "le informazioni contenute",
        "il presente messaggio",
        "avviso di riservatezza",
        "esta mensagem",
        "este e-mail",
        "este email",
        "aviso de confidencialidade",
        "dit bericht",
        "deze e-mail",
        "de informatie",
    ];
    const THEMES: [&str; 12] = [
        "confidential",
        "privileged",
        "intended recipient",
        "vertraulich",
        "confidentiel",
        "confidencial",
        "riservat",
        "confidenzial",
        "vertrouwelijk",
        "destinat",
        "rechtlich geschützt",
        "bestemd voor",
    ];
    let lower = lower.trim_start_matches(['*', '_', ' ']);
    let opens = OPENINGS.iter().any(|opening| lower.starts_with(opening));
    let mut block = rest.iter().take(4).take_while(|line| !line.is_empty());
    opens
        && block.any(|line| {
            let line = line.to_lowercase();
            THEMES.iter().any(|theme| line.contains(theme))
        })
}

/// Whether a mailing list's own lines begin here: a long rule, and the word for a list under it.
pub(super) fn is_list_footer(lower: &str, rest: &[&str]) -> bool {
    const LISTS: [&str; 6] = [
        "mailing list",
        "mailingliste",
        "liste de diffusion",
        "lista de correo",
        "lista de discussão",
        "mailinglijst",
    ];
    let is_rule = lower.len() >= 20 && lower.bytes().all(|byte| byte == b'_');
    let below = rest.get(1).map(|line| line.to_lowercase()).unwrap_or_default();
    is_rule && LISTS.iter().any(|list| below.contains(list))
}

/// Phrases that close a letter.
pub(super) fn is_closing(line: &str) -> bool {
    const CLOSINGS: [&str; 75] = [
        "best",
        "best regards",
        "kind regards",
        "kindest regards",
        "warm regards",
        "regards",
        "many thanks",
        "with many thanks",
        "thanks",
        "thanks so much",
        "thanks a lot",
        "thank you",
        "thank you very much",
        "thanks in advance",
        "cheers",
        "sincerely",
        "yours sincerely",
        "yours faithfully",
        "best wishes",
        "all the best",
        "warmly",
        "mit freundlichen grüßen",
        "mit freundlichem gruß",
        "freundliche grüße",
        "mit freundlichen grüssen",
        "freundliche grüsse",
        "mit besten grüßen",
        "viele grüße",
        "viele grüsse",
        "beste grüße",
        "liebe grüße",
        "herzliche grüße",
        "schöne grüße",
        "vielen dank",
        "danke",
        "mfg",
        "lg",
        "vg",
        "cordialement",
        "bien cordialement",
        "bien à vous",
        "sincères salutations",
        "meilleures salutations",
        "merci",
        "merci beaucoup",
        "merci d'avance",
        "saludos",
        "un saludo",
        "un cordial saludo",
        "reciban un cordial saludo",
        "saludos cordiales",
        "atentamente",
        "gracias",
        "muchas gracias",
        "cordiali saluti",
        "distinti saluti",
        "cordialmente",
        "saluti",
        "grazie",
        "grazie mille",
        "atenciosamente",
        "cumprimentos",
        "com os melhores cumprimentos",
        "obrigado",
        "obrigada",
        "um abraço",
        "abraços",
        "met vriendelijke groet",
        "met vriendelijke groeten",
        "vriendelijke groet",
        "vriendelijke groeten",
        "groeten",
        "groetjes",
        "bedankt",
        "hoogachtend",
    ];
    let line = line.trim().trim_end_matches([',', '.', '!']).to_lowercase();
    CLOSINGS.contains(&line.as_str())
}

/// A postscript is a request like any other.
pub(super) fn is_postscript(line: &str) -> bool {
    let front: String = line.trim_start().chars().take(5).collect::<String>().to_lowercase();
    ["ps:", "ps ", "p.s.", "p.s:", "p. s."].iter().any(|mark| front.starts_with(mark))
}
