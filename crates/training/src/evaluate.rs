//! How good a classifier is on labelled mails: the figures, and the pages and pictures they are shown on.
//!
//! [`grade`] reads the mails as a worker would, [`Figures::of`] counts, [`Report`] holds what is shown. Apart from the times of
//! [`latency`], the same mails and the same model give the same report.

mod figures;
mod harms;
mod labels;

mod acting;
mod groups;
mod particulars;
mod sureness;

mod floors;
pub mod latency;
mod markdown;
mod picture;
mod report;
mod tables;

#[cfg(test)]
mod tests;

use domain::intent::Disposition;
use domain::mail::MailText;
use domain::{Function, Label, Language, Understanding};
use intent::{Classifier, Text};

pub use acting::{Acting, AtPrecision, AtRecall, Point};
pub use figures::{Dispositions, Figures, Texts};
pub use floors::{Floor, FloorError, Measure, Missed};
pub use groups::Group;
pub use harms::{Harms, Wrong};
pub use labels::{Confusion, OfLabel};
pub use latency::Latency;
pub use particulars::Particulars;
pub use picture::Picture;
pub use report::Report;
pub use sureness::{Bin, Calibration, Coverage};
pub use tables::Table;

use crate::dataset::labelled::Labelled;
use crate::noise::{self, Noise};

/// What gives money or a contract away: acting on these wrongly harms.
pub const ACTIONS: [Label; 2] = [Label::Ask(Function::Refund), Label::Ask(Function::CancelSubscription)];

/// A mail beside what was made of it.
#[derive(Debug, Clone)]
pub struct Graded<'a> {
    /// The mail and what it asks for.
    pub mail: &'a Labelled,
    /// What the classifier understood.
    pub read: Understanding,
}

/// Reads every mail as a worker would: quoted history, signature and disclaimer apart.
pub fn grade<'a>(classifier: &Classifier, mails: &'a [Labelled]) -> Vec<Graded<'a>> {
    let graded = mails.iter().map(|mail| {
        let parts = mail::cut_quotes(&mail.text);
        Graded { mail, read: classifier.classify(text_of(mail, &parts)) }
    });
    graded.collect()
}

/// Each mail with something around it as real mail has: in turn a greeting and a signature, these and a disclaimer, or these and a
/// quoted thread. What it asks for stays the same.
pub fn with_noise(mails: &[Labelled]) -> Vec<Labelled> {
    let kinds = Noise::ALL.into_iter().cycle();
    let noisy = mails.iter().zip(kinds).zip(0..).map(|((mail, kind), seed)| {
        let language = Language::ALL.into_iter().find(|known| known.as_str() == mail.language);
        let language = language.unwrap_or_default();
        let (subject, text) = noise::around(&mail.subject, &mail.text, language, kind, seed);
        Labelled { subject, text, ..mail.clone() }
    });
    noisy.collect()
}

fn text_of<'a>(mail: &'a Labelled, parts: &'a MailText) -> Text<'a> {
    Text { subject: &mail.subject, written: &parts.written, cut: &parts.cut }
}

impl Graded<'_> {
    fn predicted(&self) -> Label {
        self.read.intent.label
    }

    fn is_right(&self) -> bool {
        self.predicted() == self.mail.label
    }

    fn acts(&self) -> bool {
        self.read.disposition == Disposition::Act
    }

    /// In thousandths.
    fn confidence(&self) -> u16 {
        self.read.intent.confidence.permille()
    }

    /// Where it stands when mails are taken the surest first: what goes to a person comes after everything else, however sure.
    fn rank(&self) -> Option<u16> {
        (self.read.disposition != Disposition::Person).then_some(self.confidence())
    }
}

/// How many there are.
fn count(items: impl Iterator) -> u32 {
    items.fold(0, |number, _| number + 1)
}

/// Which part of the whole; of nothing there is none.
fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}
