//! Words by which people ask for something. What has them is never cut as a signature.

use std::sync::LazyLock;

use super::{Fronts, Phrases, has_any, words};

#[rustfmt::skip]
static PLEASE: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&[
    "please", "pls", "kindly", "can you", "could you", "would you", "will you", "can i", "could i", "i want", "i need", "i would", "i'd like", "let me know",
    "bitte", "können sie", "könnten sie", "kannst du", "könnt ihr", "kann ich", "ich möchte", "ich brauche", "ich will", "ich hätte", "ich bitte",
    "s'il vous", "s'il te", "svp", "veuillez", "merci de ", "pouvez", "pourriez", "je voudrais", "je souhaite", "j'aimerais", "je veux", "je demande",
    "por favor", "puede", "podría", "pueden", "podrían", "quiero", "quisiera", "necesito", "solicito", "ruego", "me gustaría",
    "per favore", "per cortesia", "per piacere", "potete", "potreste", "vorrei", "chiedo", "desidero",
    "poderia", "gostaria", "preciso", "alstublieft", "graag", "kunt u",
]));

#[rustfmt::skip]
static ACTS: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&[
    "refund", "money back", "charged", "cancel", "invoice", "receipt", "subscription", "my card", "my plan",
    "erstatt", "kündig", "stornier", "rechnung", "zurück", "abo ", "abgebucht", "überweis",
    "rembours", "annul", "résili", "facture", "abonnement", "débit",
    "reembols", "devol", "cancela", "factura", "suscripción", "cobr",
    "rimbors", "disdi", "fattura", "abbonamento", "addebit",
    "estorn", "fatura", "assinatura", "recibo", "pagament", "cobrad",
    "terugbet", "terugstort", "opzeg", "opzegg", "factuur", "annuleer", "annuler", "afgeschreven",
]));

/// The fronts of ids.
const IDS: &[&str] = &["in_", "sub_", "ch_", "pi_", "cus_", "inv-"];

/// What a number or an id stands after when it tells which order or invoice is meant.
#[rustfmt::skip]
const REFERENCES: &[&str] = &[
    "order", "invoice", "customer", "account", "receipt", "subscription", "reference", "booking", "ticket", "case",
    "rechnung", "bestell", "kunde", "auftrag", "vertrag", "abo", "vorgang", "commande", "facture", "client", "dossier", "pedido", "factura",
    "cliente", "ordine", "fattura", "encomenda", "fatura", "bestelling", "factuur", "klant",
];

/// Whether a line, in lower case, asks for something.
pub(crate) fn asks(lower: &str) -> bool {
    lower.contains('?') || PLEASE.are_in(lower)
}

/// Whether a text, in lower case, asks for something a business does with money.
pub(crate) fn requests(lower: &str) -> bool {
    asks(lower) && ACTS.are_in(lower)
}

/// Whether a text, in lower case, has a word for something a business does with money.
pub(crate) fn names_act(lower: &str) -> bool {
    ACTS.are_in(lower)
}

/// Whether a line, in lower case, tells which order, invoice or customer is meant.
pub(crate) fn is_reference(lower: &str) -> bool {
    let names = |word: &str| REFERENCES.iter().any(|reference| word.starts_with(reference));
    lower.bytes().any(|byte| byte.is_ascii_digit()) && (words(lower).any(names) || has_any(lower, IDS))
}

/// A postscript is a request like any other.
pub(crate) fn is_postscript(line: &str) -> bool {
    #[rustfmt::skip]
    static MARKS: LazyLock<Fronts> = Fronts::lazy(|| Fronts::of(&[&[
        "ps:", "ps ", "ps.", "ps,", "p.s.", "p.s:", "p.s ", "p. s.", "p.d.", "p.d:", "pd:", "pd.", "nb:",
        "n.b.", "pps", "p.p.s",
    ]]));
    MARKS.begin(line) && words(line).count() > 1
}
