//! Legal texts under a mail, and what mailing lists add.

use std::sync::LazyLock;

use super::{Fronts, Phrases, has_any, lowered, requests, undecorated};

#[rustfmt::skip]
static OPENINGS: LazyLock<Fronts> = Fronts::lazy(|| Fronts::of(&[
    &["this e-mail", "this email", "this message", "this communication", "this transmission", "this electronic", "the information in this",
      "the information contained", "the information transmitted", "the content of this", "the contents of this", "information contained",
      "confidentiality", "confidential", "disclaimer", "legal notice", "legal disclaimer", "if you are not the intended",
      "if you have received this", "important notice", "important:", "notice:", "privileged", "privacy notice", "unless otherwise",
      "any views or opinions", "please note that this", "e-mail disclaimer", "email disclaimer", "emails are not secure"],
    &["diese e-mail", "diese email", "diese nachricht", "diese mail", "dieses e-mail", "der inhalt dieser", "die informationen in dieser",
      "die in dieser", "hinweis:", "vertraulich", "wichtiger hinweis", "rechtlicher hinweis", "haftungsausschluss", "sollten sie nicht",
      "wenn sie nicht der", "falls sie nicht", "disclaimer", "datenschutz", "informationen zum datenschutz", "sollten sie diese"],
    &["ce message", "ce courriel", "ce mail", "cet e-mail", "cet email", "cette communication", "cette transmission", "le contenu de ce",
      "les informations contenues", "les informations de ce", "l'information contenue", "avis de confidentialité",
      "clause de confidentialité", "confidentialité", "avertissement", "si vous n'êtes pas", "si vous avez reçu", "mentions légales",
      "le présent message", "le présent courriel", "l'intégrité de ce"],
    &["este mensaje", "este correo", "este e-mail", "este email", "esta comunicación", "la información contenida",
      "la información incluida", "el contenido de este", "aviso legal", "aviso de confidencialidad", "cláusula de confidencialidad",
      "confidencialidad", "si usted no es", "si ha recibido", "si no es usted", "advertencia", "protección de datos", "en cumplimiento"],
    &["questo messaggio", "questa e-mail", "questa email", "questa comunicazione", "le informazioni contenute", "il presente messaggio",
      "la presente e-mail", "la presente comunicazione", "il contenuto di", "avviso di riservatezza", "nota di riservatezza", "riservatezza",
      "avvertenza", "ai sensi del", "qualora", "se non siete", "se non è il destinatario", "informativa privacy", "le informazioni trasmesse"],
    &["esta mensagem", "este e-mail", "este email", "esta comunicação", "as informações contidas", "a informação contida",
      "o conteúdo deste", "o conteúdo desta", "aviso de confidencialidade", "aviso legal", "confidencialidade", "se você não for",
      "se não for o", "caso não seja", "se recebeu", "caso tenha recebido", "o presente e-mail"],
    &["dit bericht", "dit e-mailbericht", "deze e-mail", "deze email", "de informatie", "de inhoud van", "vertrouwelijk", "disclaimer",
      "aan dit bericht", "aan deze e-mail", "indien u niet", "als u niet", "als u dit bericht", "indien dit bericht", "aan de inhoud"],
]));

#[rustfmt::skip]
static THEMES: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&[
    "confidential", "privileged", "intended recipient", "intended only", "intended solely", "addressee", "proprietary",
    "unauthorized", "unauthorised", "received this email in error", "received in error", "received this message in error",
    "vertraulich", "irrtümlich", "bestimmungsgemäß", "rechtlich geschützt", "adressat", "empfänger bestimmt", "unbefugt",
    "confidentiel", "par erreur", "à l'attention exclusive", "usage exclusif",
    "confidencial", "por error", "uso exclusivo", "destinatario", "privilegiada",
    "riservat", "confidenzial", "per errore", "destinatari", "confidencia",
    "por engano", "destinatário", "por erro",
    "vertrouwelijk", "bestemd voor", "geadresseerde", "ten onrechte", "abusievelijk",
]));

/// How a legal text says that a mail reached somebody else than was meant.
#[rustfmt::skip]
const MISTAKES: &[&str] = &[
    "in error", "by mistake", "irrtümlich", "versehentlich", "par erreur", "por error",
    "per errore", "por engano", "por erro", "ten onrechte", "abusievelijk",
];

/// How it says what is to be done with the mail then.
#[rustfmt::skip]
const DELETIONS: &[&str] = &[
    "delete", "destroy", "löschen", "vernichten", "supprim", "détrui", "elimin", "bórrelo", "borrar", "destru", "distrugg", "cancellar",
    "apagar", "apague", "verwijder", "vernietig",
];

/// Within how many lines of its opening a legal text says what it is about.
const MAX_THEME_LINES: usize = 4;

/// Whether a legal text begins here: its opening words, and its theme within the same lines.
pub(crate) fn begins_disclaimer(line: &str, rest: &[&str]) -> bool {
    if !OPENINGS.begin(undecorated(line)) {
        return false;
    }
    let block = rest.iter().take(MAX_THEME_LINES).take_while(|line| !line.is_empty());
    let block: String = block.flat_map(|line| [lowered(line), " ".to_owned()]).collect();
    let is_heading = block.trim_end().len() <= 40 && !block.trim_end().ends_with(['.', '?']);
    let below =
        rest.iter().skip(1).find(|line| !line.is_empty()).map(|line| lowered(line)).unwrap_or_default();
    let has_theme = THEMES.are_in(&block) || (is_heading && THEMES.are_in(&below));
    has_theme && !requests(&without_orders_to_strangers(&block))
}

/// Leaves out the sentences that tell whoever is not meant to delete the mail. They ask for something, of somebody else.
fn without_orders_to_strangers(block: &str) -> String {
    let is_order = |sentence: &str| has_any(sentence, MISTAKES) && has_any(sentence, DELETIONS);
    block.split_inclusive(['.', '!', '?']).filter(|sentence| !is_order(sentence)).collect()
}

/// Whether a mailing list's own lines begin here: a long rule, and the word for a list under it.
pub(crate) fn begins_list_footer(line: &str, rest: &[&str]) -> bool {
    const LISTS: &[&str] = &[
        "mailing list",
        "mailingliste",
        "liste de diffusion",
        "lista de correo",
        "lista de discussão",
        "mailinglijst",
        "mailing-list",
    ];
    let is_rule = line.len() >= 20 && line.bytes().all(|byte| byte == b'_');
    is_rule && rest.get(1).is_some_and(|below| has_any(&lowered(below), LISTS))
}
