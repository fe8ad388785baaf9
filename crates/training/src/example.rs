//! A mail as it is learned from: what the model sees of it, with what it asks for.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::Label;
use domain::intent::Part;
use intent::Text;
use intent::learning::Seen;

use crate::alike;
use crate::dataset::labelled::Labelled;
use crate::dataset::{Situation, Written, fnv1a};
use crate::noise::{self, Noise};

/// Of so many parts one is left out at a time.
pub(crate) const FOLDS: u64 = 5;
/// So far apart are the numbers of groups in neighbouring folds. Not by one: a remainder by five tells of situations which are held out.
const FOLD_APART: u64 = 7;

/// One mail to learn from.
#[derive(Debug, Clone)]
pub struct Example {
    /// Mails that may tell of each other: those of one situation, or near-duplicates of one user. They are trained on together or not at all.
    pub group: u64,
    /// What it asks for.
    pub label: Label,
    /// The code of its language.
    pub language: String,
    /// What kind of mail it is.
    pub family: String,
    /// Where it comes from.
    pub source: Source,
    /// What the model sees of it.
    pub(crate) seen: Seen,
    /// By sentence what was marked there; empty where nothing was.
    pub(crate) marked: Vec<Label>,
}

/// Where an example comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A situation, as it was written.
    Written,
    /// A situation, with noise around.
    Noisy,
    /// A user's own mail, by its number in their file.
    User(usize),
}

impl Example {
    /// Every mail of the situations, as written and with noise around.
    pub fn of_situations(situations: &[Situation]) -> Vec<Self> {
        let mut examples = Vec::new();
        for situation in situations {
            let group = fnv1a(situation.name.as_bytes());
            for (mail, number) in situation.mails.iter().zip(0_u64..) {
                let parts = mail::cut_quotes(&mail.text);
                let text = Text { subject: &mail.subject, written: &parts.written, cut: &parts.cut };
                examples.push(Self::new(situation, mail, text, Source::Written));
                examples.push(Self::noisy(situation, mail, group ^ number));
            }
        }
        examples
    }

    /// A user's mails, near-duplicates in one group.
    pub fn of_user(mails: &[Labelled]) -> Vec<Self> {
        let seen = mails.iter().map(|mail| {
            let parts = mail::cut_quotes(&mail.text);
            Seen::of(Text { subject: &mail.subject, written: &parts.written, cut: &parts.cut })
        });
        let seen: Vec<Seen> = seen.collect();
        let groups = spread(mails, &alike::groups(&seen));
        let examples = mails.iter().zip(seen).zip(groups).zip(0..);
        let examples = examples.map(|(((mail, seen), group), number)| Self {
            group,
            label: mail.label,
            language: mail.language.clone(),
            family: mail.family.clone(),
            source: Source::User(number),
            seen,
            marked: Vec::new(),
        });
        examples.collect()
    }

    /// Half of the noise is cut as a mail's is on its way; the other half stands for what the cutting misses.
    fn noisy(situation: &Situation, mail: &Written, seed: u64) -> Self {
        let (subject, text) = noise::around(&mail.subject, &mail.text, mail.language, Noise::of(seed), seed);
        let parts = mail::cut_quotes(&text);
        let is_cut = seed.is_multiple_of(2);
        let written = if is_cut { &parts.written } else { &text };
        let text = Text { subject: &subject, written, cut: &parts.cut };
        Self::new(situation, mail, text, Source::Noisy)
    }

    fn new(situation: &Situation, mail: &Written, text: Text<'_>, source: Source) -> Self {
        let seen = Seen::of(text);
        let marked = match text.written.find(&mail.text) {
            Some(moved) if !mail.asked.is_empty() => marked(&seen, mail, moved),
            Some(_) | None => Vec::new(),
        };
        Self {
            group: fnv1a(situation.name.as_bytes()),
            label: situation.label,
            language: mail.language.as_str().to_owned(),
            family: situation.family.clone(),
            source,
            seen,
            marked,
        }
    }

    /// With which part it is left out.
    pub(crate) fn fold(&self) -> u64 {
        self.group / FOLD_APART % FOLDS
    }

    pub(crate) fn label_number(&self) -> usize {
        number(self.label)
    }

    pub(crate) fn acts(&self) -> bool {
        moves_money(self.label)
    }
}

/// A label's place in the order of `Label::all`.
pub(crate) fn number(label: Label) -> usize {
    Label::all().position(|each| each == label).unwrap_or_default()
}

/// Whether a label asks for money or the end of a contract.
pub(crate) fn moves_money(label: Label) -> bool {
    label.function().is_some_and(domain::Function::moves_money)
}

/// Numbers for groups of mails, of which the first of each is told: folds get as many of a label each as they can, since a few mails fall
/// together by chance too easily.
fn spread(mails: &[Labelled], firsts: &[usize]) -> Vec<u64> {
    let mut groups: Vec<usize> = firsts.to_vec();
    groups.sort_unstable_by_key(|first| (mails.get(*first).map(|mail| number(mail.label)), *first));
    groups.dedup();
    let numbers: BTreeMap<usize, u64> =
        groups.into_iter().zip((0..).map(|place| place * FOLD_APART)).collect();
    firsts.iter().filter_map(|first| numbers.get(first).copied()).collect()
}

/// What each sentence asks for, by the marks that reach into it; the text of the mail stands `moved` bytes into what was read.
fn marked(seen: &Seen, mail: &Written, moved: usize) -> Vec<Label> {
    let reaches = |place: &Range<usize>, mark: &Range<usize>| {
        place.start < mark.end + moved && mark.start + moved < place.end
    };
    let of_sentence = |(part, place): (Part, Range<usize>)| {
        let mark = mail.asked.iter().find(|asked| part == Part::Written && reaches(&place, &asked.range));
        mark.map_or(Label::None, |asked| asked.label)
    };
    seen.places().map(of_sentence).collect()
}
