//! Cues: what words and turns of phrase tell of a request, in the seven languages.
//!
//! The tables in `cues/` are the knowledge of this crate, one text file a language: the name of a cue and a colon, then its
//! phrases between commas, as [`crate::phrases`] writes them. They say what a phrase means, never what to do about it; the scorer
//! and the gate do that. A longer phrase covers shorter ones inside it: `refund policy` is no refund.

use std::sync::{LazyLock, OnceLock};

use domain::Language;

use crate::phrases::{Found, Index, Phrases, Tagged};
use crate::words::Words;

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cue {
    /// Money going back, as a verb or a noun.
    Refund,
    /// The same, in a form that itself asks: `give me my money back`.
    RefundOrder,
    /// A refund that has happened: `was refunded`, `thanks for the refund`.
    RefundDone,
    /// A contract ending, as a verb or a noun.
    Cancel,
    /// The same, in a form that itself asks.
    CancelOrder,
    /// A cancellation that has happened.
    CancelDone,
    /// Something asked for before, or waited for: `status`, `when will`, `have not received`.
    Awaiting,
    /// A question about a state, where it begins a clause: `did my`, `is the`.
    StateQuestion,
    /// Asking to be told: `tell me`, `I would like to know`.
    Inform,
    /// A subscription or another contract of the sender.
    Subscription,
    /// A question about one.
    SubscriptionState,
    /// An invoice or a receipt.
    Invoice,
    /// Past payments as a list.
    History,
    /// Handing something over: `send`, `copy`, `for my accountant`.
    Send,
    /// A payment, a charge, a debit.
    Payment,
    /// How a payment goes: `declined`, `pending`, `went through`.
    PaymentState,
    /// A payment the sender does not understand: `charged twice`, `do not recognise`.
    PaymentPuzzle,
    /// To pay.
    Pay,
    /// Wanting to pay, or a link for it.
    PayPhrase,
    /// To change something.
    Change,
    /// What the customer portal changes: card, address, plan, seats.
    Detail,
    /// A request that the portal answers, by itself.
    PortalPhrase,
    /// Doing it oneself: `where can I find`, `download`.
    SelfService,
    /// The form of a request: `please`, `can you`, `I would like`.
    Request,
    /// Asking for the way: `how do I`.
    HowTo,
    /// A negation; its reach is the clause.
    Negation,
    /// A word that begins another clause.
    Break,
    /// `if`, `unless`, `would I`.
    Conditional,
    /// Covers what would be misread: `in order to`, `if possible`.
    Neutral,
    /// Terms and hypotheses: `refund policy`, `before I buy`.
    Policy,
    /// Somebody else's money: the sender's own customers, suppliers, employers.
    OtherParty,
    /// Something no subscription business sells: flights, hotels, gyms.
    OtherObject,
    /// What is cancelled without ending a contract: orders, meetings, cards.
    OrderObject,
    /// Taking a request back.
    Retraction,
    /// The voice of a seller writing to a customer.
    Notice,
    /// Advertising.
    Marketing,
    /// Phishing.
    Phishing,
    /// Bounces and auto-replies.
    Machine,
    /// Orders given to a program.
    Injection,
    /// Threats of lawyers, chargebacks, authorities.
    Escalation,
    /// All of an amount.
    Full,
    /// A share that is not a number: `half`, `the difference`.
    UnclearShare,
    /// Marks an amount as paid, owed or expected rather than asked for.
    Charged,
    /// Points back at an amount: `that amount`.
    ThatAmount,
    /// Comes before the last digits of a card.
    CardEnding,
    /// The newest payment: `my last payment`, `the most recent charge`.
    LastPayment,
}

impl Cue {
    /// Every cue with its name in the tables.
    const NAMED: [(&'static str, Self); 46] = [
        ("refund", Self::Refund),
        ("refund_order", Self::RefundOrder),
        ("refund_done", Self::RefundDone),
        ("cancel", Self::Cancel),
        ("cancel_order", Self::CancelOrder),
        ("cancel_done", Self::CancelDone),
        ("awaiting", Self::Awaiting),
        ("state_question", Self::StateQuestion),
        ("inform", Self::Inform),
        ("subscription", Self::Subscription),
        ("subscription_state", Self::SubscriptionState),
        ("invoice", Self::Invoice),
        ("history", Self::History),
        ("send", Self::Send),
        ("payment", Self::Payment),
        ("payment_state", Self::PaymentState),
        ("payment_puzzle", Self::PaymentPuzzle),
        ("pay", Self::Pay),
        ("pay_phrase", Self::PayPhrase),
        ("change", Self::Change),
        ("detail", Self::Detail),
        ("portal_phrase", Self::PortalPhrase),
        ("self_service", Self::SelfService),
        ("request", Self::Request),
        ("how_to", Self::HowTo),
        ("negation", Self::Negation),
        ("break", Self::Break),
        ("conditional", Self::Conditional),
        ("neutral", Self::Neutral),
        ("policy", Self::Policy),
        ("other_party", Self::OtherParty),
        ("other_object", Self::OtherObject),
        ("order_object", Self::OrderObject),
        ("retraction", Self::Retraction),
        ("notice", Self::Notice),
        ("marketing", Self::Marketing),
        ("phishing", Self::Phishing),
        ("machine", Self::Machine),
        ("injection", Self::Injection),
        ("escalation", Self::Escalation),
        ("full", Self::Full),
        ("unclear_share", Self::UnclearShare),
        ("charged", Self::Charged),
        ("that_amount", Self::ThatAmount),
        ("card_ending", Self::CardEnding),
        ("last_payment", Self::LastPayment),
    ];

    /// Whether an English phrase counts in mails of other languages: words of things do, words of grammar do not.
    const fn travels(self) -> bool {
        !matches!(
            self,
            Self::Request
                | Self::HowTo
                | Self::Negation
                | Self::Break
                | Self::Conditional
                | Self::Neutral
                | Self::StateQuestion
                | Self::Send
                | Self::Change
                | Self::Charged
                | Self::Inform
        )
    }

    /// Whether the cue stays visible inside a longer phrase: objects do.
    const fn shows_through(self) -> bool {
        matches!(self, Self::Subscription | Self::Invoice) || self.particular()
    }

    /// Whether the cue tells of an amount or an object only, so that a phrase of it covers nothing.
    const fn particular(self) -> bool {
        matches!(
            self,
            Self::Detail
                | Self::Send
                | Self::Full
                | Self::UnclearShare
                | Self::Charged
                | Self::ThatAmount
                | Self::CardEnding
                | Self::LastPayment
        )
    }

    /// Whether the cue says that nothing of the sender's own is asked for.
    const fn takes_away(self) -> bool {
        matches!(
            self,
            Self::Policy
                | Self::OtherParty
                | Self::Retraction
                | Self::Notice
                | Self::Marketing
                | Self::Phishing
                | Self::Machine
                | Self::Injection
        )
    }

    /// Whether a phrase of this cue hides `inner` when it stands around it.
    fn covers(self, inner: Self) -> bool {
        if self == Self::Request {
            // `Can't you` denies nothing.
            return inner == Self::Negation;
        }
        // `If you could please` still asks, and so does `I want my money back`.
        let asks = matches!(inner, Self::Request | Self::StateQuestion) && !self.takes_away();
        let object = self.particular() || matches!(self, Self::Subscription | Self::Inform);
        !(asks || object || inner.shows_through())
    }
}

/// A set of cues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CueSet(u64);

impl CueSet {
    #[inline]
    pub(crate) fn has(self, cue: Cue) -> bool {
        self.0 & (1 << cue as u32) != 0
    }

    #[inline]
    pub(crate) fn any(self, cues: &[Cue]) -> bool {
        cues.iter().any(|cue| self.has(*cue))
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it holds the cue of that number.
    pub(crate) const fn has_number(self, cue: usize) -> bool {
        cue < 64 && self.0 & (1 << cue) != 0
    }

    /// The cues, by their number.
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> + Clone {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let cue = u8::try_from(rest.trailing_zeros()).ok().filter(|&cue| cue < 64)?;
            rest &= rest - 1;
            Some(cue)
        })
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn insert(&mut self, cue: Cue) {
        self.0 |= 1 << cue as u32;
    }
}

impl FromIterator<Cue> for CueSet {
    fn from_iter<I: IntoIterator<Item = Cue>>(cues: I) -> Self {
        let mut set = Self::default();
        for cue in cues {
            set.insert(cue);
        }
        set
    }
}

/// A cue of a language, found in a sentence.
pub(crate) type Hit = Found<(Cue, Language)>;

static PHRASES: LazyLock<Phrases<(Cue, Language)>> = LazyLock::new(|| {
    let languages = Language::ALL.into_iter();
    Phrases::new(languages.flat_map(|language| {
        rows(table(language)).filter_map(move |(name, phrase)| Some(((named(name)?, language), phrase)))
    }))
});

/// What finds the phrases that count in a mail of each language, in the order of [`Language::ALL`].
static BY_LANGUAGE: [OnceLock<Index>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
/// What finds all phrases.
static ALL: LazyLock<Index> = LazyLock::new(|| PHRASES.index(|_| true));

/// Finds the cues of sentences: those that count in a mail of one language, or those of every language.
#[derive(Debug)]
pub(crate) struct Finder {
    index: &'static Index,
    tagged: Tagged,
}

impl Finder {
    pub(crate) fn of(language: Option<Language>) -> Self {
        Self { index: language.map_or(&ALL, index), tagged: Tagged::with_room() }
    }

    /// Adds the cues of a sentence to `found`.
    pub(crate) fn find(&mut self, sentence: Words<'_>, found: &mut Vec<Hit>) {
        PHRASES.find(self.index, sentence, &mut self.tagged, found);
    }
}

fn index(language: Language) -> &'static Index {
    let known = BY_LANGUAGE.get(language as usize).unwrap_or(&BY_LANGUAGE[0]);
    known.get_or_init(|| PHRASES.index(|owner| counts(owner, language)))
}

/// What counts in a mail of that language among the cues found in a sentence, without what a longer phrase covers, in the order of the
/// sentence.
pub(crate) fn relevant(found: &mut Vec<Hit>, language: Language) -> impl Iterator<Item = Hit> {
    found.retain(|hit| counts(hit.owner, language));
    found.sort_unstable_by_key(|hit| (hit.first, usize::MAX - hit.last, hit.owner.0 as u8));
    found.dedup();
    let found: &[Hit] = found;
    // What covers a hit begins no later, so it stands before it.
    let shown =
        |at: usize, hit: &Hit| !found.get(..at).unwrap_or_default().iter().any(|longer| covers(longer, hit));
    found.iter().enumerate().filter(move |(at, hit)| shown(*at, hit)).map(|(_, hit)| *hit)
}

/// A share counts in whatever language it is: a short mail may be taken for one of another language, and a whole payment must not be
/// refunded where a part was asked for.
fn counts((cue, of): (Cue, Language), language: Language) -> bool {
    of == language || (of == Language::En && cue.travels()) || cue == Cue::UnclearShare
}

/// Whether a longer hit hides another. What is told as done ends in a word that may also ask (`arrived`); before its last word a
/// doubt stays visible: `has not yet arrived`.
fn covers(longer: &Hit, hit: &Hit) -> bool {
    let around = longer.first <= hit.first && hit.last <= longer.last;
    let wider = longer.last - longer.first > hit.last - hit.first;
    let done = matches!(longer.owner.0, Cue::RefundDone | Cue::CancelDone);
    let doubts = matches!(hit.owner.0, Cue::Negation | Cue::Awaiting) && hit.last < longer.last;
    around && wider && longer.owner.0.covers(hit.owner.0) && !(done && doubts)
}

fn named(name: &str) -> Option<Cue> {
    Cue::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, cue)| cue)
}

/// The phrases of a table, each with the name of its cue.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut cue = "";
    lines.flat_map(move |line| {
        let phrases = match line.strip_suffix(':') {
            Some(name) => {
                cue = name;
                ""
            }
            None => line,
        };
        let name = cue;
        phrases
            .split(',')
            .map(str::trim)
            .filter(|phrase| !phrase.is_empty())
            .map(move |phrase| (name, phrase))
    })
}

/// The tables of all languages.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    Language::ALL.into_iter().map(table)
}

const fn table(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("cues/en.txt"),
        Language::De => include_str!("cues/de.txt"),
        Language::Fr => include_str!("cues/fr.txt"),
        Language::Es => include_str!("cues/es.txt"),
        Language::It => include_str!("cues/it.txt"),
        Language::Pt => include_str!("cues/pt.txt"),
        Language::Nl => include_str!("cues/nl.txt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Folded;

    #[track_caller]
    fn check(language: Language, text: &str, expected: &[Cue], absent: &[Cue]) {
        let mut folded = Folded::default();
        let words = folded.add(text);
        let mut found = Vec::new();
        Finder::of(None).find(folded.part(words), &mut found);
        let found: CueSet = relevant(&mut found, language).map(|hit| hit.owner.0).collect();
        assert!(expected.iter().all(|&cue| found.has(cue)), "{text}: {found:?}");
        assert!(!found.any(absent), "{text}: {found:?}");
    }

    #[test]
    fn a_longer_phrase_covers_what_is_inside_it() {
        check(Language::En, "what is your refund policy", &[Cue::Policy], &[Cue::Refund]);
        check(Language::En, "in order to pay", &[Cue::Neutral], &[Cue::OrderObject]);
        check(Language::De, "bitte nicht kündigen", &[Cue::Retraction], &[Cue::Cancel]);
    }

    #[test]
    fn english_things_count_everywhere_and_english_grammar_does_not() {
        check(Language::De, "Refund bitte", &[Cue::Refund, Cue::Request], &[]);
        check(Language::Pt, "estorno no cartão", &[Cue::Refund], &[Cue::Negation]);
    }

    #[test]
    fn every_row_of_every_table_names_a_cue_and_closes_its_groups() {
        for language in Language::ALL {
            for (name, phrase) in rows(table(language)) {
                assert!(named(name).is_some(), "{language:?} {name}");
                let mut groups = phrase.split('(');
                assert!(!groups.next().unwrap_or_default().contains(')'), "{language:?} {name} {phrase}");
                assert!(groups.all(|group| group.matches(')').count() == 1), "{language:?} {name} {phrase}");
                let plain = |letter: char| letter.is_alphanumeric() || " ()|*#~_'-".contains(letter);
                assert!(phrase.chars().all(plain), "{language:?} {name} {phrase}");
            }
        }
    }

    #[test]
    fn the_tables_fit_the_trees() {
        assert!(ALL.fits());
    }

    #[test]
    fn every_language_has_phrases_for_every_cue() {
        for language in Language::ALL {
            for (name, _) in Cue::NAMED {
                assert!(rows(table(language)).any(|(of, _)| of == name), "{language:?} {name}");
            }
        }
    }
}
