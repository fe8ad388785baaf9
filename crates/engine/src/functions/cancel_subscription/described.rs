//! Which of several subscriptions a mail describes without its id: by what the merchant calls it.
//!
//! Only what fits exactly one counts, and nothing where the mail also speaks of keeping or of others: "keep Pro, cancel the other one"
//! names the one that is not meant.

use stripe_client::object::Subscription;

use super::super::Case;
use super::super::gather::Owned;

/// The one of `several` that the mail describes.
pub(super) fn pick<'a>(
    case: &Case<'_>,
    several: &[&'a Owned<Subscription>],
) -> Option<&'a Owned<Subscription>> {
    let words = words(&case.mail.text.written);
    if words.iter().any(|word| HEDGES.contains(&word.as_str())) {
        return None;
    }
    match named(several, &words).as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Words of keeping, of exceptions and of others, in seven languages.
const HEDGES: [&str; 57] = [
    "keep",
    "keeping",
    "remain",
    "except",
    "but",
    "other",
    "others",
    "not",
    "behalten",
    "weiter",
    "weiterhin",
    "außer",
    "ausser",
    "nicht",
    "andere",
    "anderen",
    "anderes",
    "sondern",
    "garder",
    "garde",
    "conserver",
    "sauf",
    "pas",
    "autre",
    "autres",
    "mantener",
    "conservar",
    "excepto",
    "salvo",
    "otra",
    "otro",
    "otras",
    "otros",
    "mantenere",
    "tenere",
    "tranne",
    "eccetto",
    "non",
    "altro",
    "altra",
    "altri",
    "altre",
    "manter",
    "exceto",
    "menos",
    "não",
    "outra",
    "outro",
    "outras",
    "outros",
    "houden",
    "behouden",
    "behalve",
    "niet",
    "ander",
    "rester",
    "quedarme",
];

/// Those whose name stands in the mail. A name inside another that stands there too ("Pro" in "Pro Plus") is not meant.
fn named<'a>(several: &[&'a Owned<Subscription>], mail: &[String]) -> Vec<&'a Owned<Subscription>> {
    let names = several.iter().flat_map(|owned| names(&owned.object).map(move |name| (*owned, name)));
    let there: Vec<(&Owned<Subscription>, Vec<String>)> =
        names.filter(|(_, name)| holds(mail, name)).collect();
    let is_part =
        |name: &Vec<String>| there.iter().any(|(_, longer)| longer.len() > name.len() && holds(longer, name));
    let mut found: Vec<&Owned<Subscription>> = Vec::new();
    for (owned, name) in &there {
        if !is_part(name) && !found.iter().any(|known| known.object.id == owned.object.id) {
            found.push(owned);
        }
    }
    found
}

/// What the merchant calls it: the description, and the nicknames of its prices. Very short ones say nothing.
fn names(subscription: &Subscription) -> impl Iterator<Item = Vec<String>> {
    let nicknames = subscription.items.data.iter().filter_map(|item| item.price.nickname.as_ref());
    let called = subscription.description.iter().chain(nicknames).map(|name| words(name.as_str()));
    called.filter(|name| name.iter().map(String::len).sum::<usize>() >= SHORTEST_NAME)
}

/// In bytes. "Pro" is a plan, "A" is an article.
const SHORTEST_NAME: usize = 3;

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Whether `name` stands in `text`, word by word.
fn holds(text: &[String], name: &[String]) -> bool {
    !name.is_empty() && text.windows(name.len()).any(|window| window == name)
}
