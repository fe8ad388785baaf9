//! All that is counted over a set of graded mails.

use domain::intent::Disposition;
use serde::Serialize;

use super::acting::{self, Acting};
use super::groups::{self, Group};
use super::harms::{self, Harms, Wrong};
use super::labels::{Confusion, OfLabel};
use super::particulars::Particulars;
use super::sureness::{self, Calibration, Coverage};
use super::{Graded, count, share};

/// The figures of one set of mails. Shares are from 0 to 1, and absent where there is nothing to share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// How many mails were graded.
    pub mails: u32,
    /// The share whose label is right.
    pub accuracy: Option<f64>,
    /// The share whose label is right, or is another request that the mail makes.
    pub accuracy_with_also: Option<f64>,
    /// The mean F1 of the labels that occur.
    pub macro_f1: Option<f64>,
    /// Each label by itself.
    pub labels: Vec<OfLabel>,
    /// What was taken for what.
    pub confusion: Confusion,
    /// What would have been done with the mails.
    pub dispositions: Dispositions,
    /// Refunds, cancellations, and both together, where they are acted on.
    pub acting: Vec<Acting>,
    /// Mails that would have been acted on wrongly.
    pub harms: Harms,
    /// How right the surest half, 70 and 90 per cent are.
    pub coverage: Vec<Coverage>,
    /// Whether being sure is worth what it says.
    pub calibration: Calibration,
    /// By the language the mails are labelled with.
    pub languages: Vec<Group>,
    /// By the kind the mails are labelled with, the weakest first.
    pub families: Vec<Group>,
    /// Amounts and references.
    pub particulars: Particulars,
    /// The surest of what is wrong, acted on before the others.
    pub worst: Vec<Wrong>,
}

/// How many mails went where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dispositions {
    /// Acted on.
    pub act: u32,
    /// Given to a person.
    pub person: u32,
    /// Left, since nothing is asked for.
    pub nothing: u32,
}

/// Whether the words of mails may stand in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// Names alone.
    Hidden,
    /// The beginning of each mail.
    Shown,
}

impl Figures {
    /// `1 mail`, `2 mails`.
    pub fn counted(&self) -> String {
        if self.mails == 1 { "1 mail".to_owned() } else { format!("{} mails", self.mails) }
    }

    /// Counts. `texts` says whether words of the worst mails are kept.
    pub fn of(graded: &[Graded<'_>], texts: Texts) -> Self {
        let mails = count(graded.iter());
        let lenient =
            |each: &&Graded<'_>| each.is_right() || each.mail.also.contains(&each.read.intent.label);
        let confusion = Confusion::of(graded);
        let labels = confusion.labels();
        Self {
            mails,
            accuracy: share(count(graded.iter().filter(|each| each.is_right())), mails),
            accuracy_with_also: share(count(graded.iter().filter(lenient)), mails),
            macro_f1: OfLabel::macro_f1(&labels),
            labels,
            confusion,
            dispositions: Dispositions::of(graded),
            acting: acting::of(graded),
            harms: Harms::of(graded, texts),
            coverage: sureness::coverage(graded),
            calibration: Calibration::of(graded),
            languages: groups::languages(graded),
            families: groups::families(graded),
            particulars: Particulars::of(graded),
            worst: harms::worst(graded, texts),
        }
    }
}

impl Dispositions {
    fn of(graded: &[Graded<'_>]) -> Self {
        let of = |disposition| count(graded.iter().filter(|each| each.read.disposition == disposition));
        Self { act: of(Disposition::Act), person: of(Disposition::Person), nothing: of(Disposition::Nothing) }
    }
}
