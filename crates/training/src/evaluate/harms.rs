//! Mails that would have been acted on wrongly, and the surest mistakes.

use domain::intent::Disposition;
use domain::{Function, Label};
use serde::Serialize;

use super::{ACTIONS, Graded, Texts, count};

/// So many mistakes are shown.
const WORST: usize = 20;
/// So many letters of a mail are shown.
const EXCERPT: usize = 240;

/// A refund or a cancellation that nobody asked for, or an action that the mail's reader forbade.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Harms {
    /// All of them.
    pub total: u32,
    /// Refunds.
    pub refund: u32,
    /// Cancellations.
    pub cancel_subscription: u32,
    /// Which mails, the surest first.
    pub mails: Vec<Wrong>,
}

/// A mail that was taken for something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wrong {
    /// The mail's name.
    pub id: String,
    /// Its language, as labelled.
    pub language: String,
    /// Its kind, as labelled.
    pub family: String,
    /// What it asks for.
    pub asked: Label,
    /// What it was taken for.
    pub taken_for: Label,
    /// How sure that was, 0 to 1.
    pub confidence: f64,
    /// What would have been done with it.
    pub disposition: Disposition,
    /// How it begins, where texts may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Harms {
    pub(super) fn of(graded: &[Graded<'_>], texts: Texts) -> Self {
        let mut harms: Vec<&Graded<'_>> = graded.iter().filter(|each| is_harm(each)).collect();
        harms.sort_by_key(|each| std::cmp::Reverse(each.confidence()));
        let of = |function| count(harms.iter().filter(|each| each.predicted() == Label::Ask(function)));
        Self {
            total: count(harms.iter()),
            refund: of(Function::Refund),
            cancel_subscription: of(Function::CancelSubscription),
            mails: harms.into_iter().map(|each| Wrong::of(each, texts)).collect(),
        }
    }
}

/// What a mail asks for beside its first request is no harm, unless its reader forbade it.
pub(super) fn is_harm(each: &Graded<'_>) -> bool {
    let taken = each.predicted();
    let asked = each.is_right() || each.mail.also.contains(&taken);
    each.acts() && ((ACTIONS.contains(&taken) && !asked) || each.mail.must_not.contains(&taken))
}

/// Those that would have been acted on first, then by how sure they were.
pub(super) fn worst(graded: &[Graded<'_>], texts: Texts) -> Vec<Wrong> {
    let mut wrong: Vec<&Graded<'_>> = graded.iter().filter(|each| !each.is_right()).collect();
    wrong.sort_by_key(|each| std::cmp::Reverse((each.acts(), each.confidence())));
    wrong.into_iter().take(WORST).map(|each| Wrong::of(each, texts)).collect()
}

impl Wrong {
    fn of(each: &Graded<'_>, texts: Texts) -> Self {
        Self {
            id: each.mail.id.clone(),
            language: each.mail.language.clone(),
            family: each.mail.family.clone(),
            asked: each.mail.label,
            taken_for: each.predicted(),
            confidence: f64::from(each.confidence()) / 1000.0,
            disposition: each.read.disposition,
            text: (texts == Texts::Shown).then(|| excerpt(each)),
        }
    }
}

/// Without line ends and whatever else a terminal would obey.
fn excerpt(each: &Graded<'_>) -> String {
    let words: Vec<&str> =
        each.mail.subject.split_whitespace().chain(each.mail.text.split_whitespace()).collect();
    let text: String = words.join(" ").chars().filter(|letter| !letter.is_control()).collect();
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
