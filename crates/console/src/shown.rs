//! How what the product says is shown: the word, and the colour that goes with it. Never the colour alone.

use domain::draft::{Audience, ReportedState};
use domain::policy::Verdict;
use domain::{Assurance, Label, Outcome};

/// A word with the class of its chip and a sign.
pub(crate) struct Chip {
    pub(crate) class: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
}

pub(crate) const fn chip(class: &'static str, sign: &'static str, word: &'static str) -> Chip {
    Chip { class, sign, word }
}

/// What has a chip.
pub(crate) trait Shown {
    fn chip(&self) -> Chip;
}

/// What has a word for people.
pub(crate) trait Worded {
    fn word(&self) -> &'static str;
}

impl Shown for Outcome {
    fn chip(&self) -> Chip {
        match self {
            Outcome::Answered => chip("good", "✔", "answered"),
            Outcome::ActionTaken => chip("good", "✔", "action taken"),
            Outcome::NeedsApproval => chip("warn", "⏳", "needs approval"),
            Outcome::NeedsClarification => chip("info", "?", "asks back"),
            Outcome::NeedsVerification => chip("info", "?", "asks for proof"),
            Outcome::NoCustomer => chip("info", "○", "no customer"),
            Outcome::Handoff => chip("warn", "→", "for a person"),
            Outcome::Ignored => chip("faint", "–", "nothing to answer"),
            Outcome::Failed => chip("bad", "✘", "failed"),
        }
    }
}

impl Shown for Assurance {
    fn chip(&self) -> Chip {
        match self {
            Assurance::None => chip("bad", "✘", "not proven"),
            Assurance::Weak => chip("warn", "!", "weakly proven"),
            Assurance::Authenticated => chip("good", "✔", "authenticated"),
            Assurance::Confirmed => chip("good", "✔", "authenticated and confirmed"),
        }
    }
}

impl Shown for ReportedState {
    fn chip(&self) -> Chip {
        match self {
            ReportedState::WouldDo => chip("info", "→", "would be done"),
            ReportedState::NeedsApproval => chip("warn", "⏳", "waits for a person"),
            ReportedState::Refused => chip("bad", "✘", "refused"),
            ReportedState::Done => chip("good", "✔", "done"),
            ReportedState::Unknown => chip("warn", "?", "unknown"),
        }
    }
}

/// What a mail asks for.
impl Worded for Label {
    fn word(&self) -> &'static str {
        self.function().map_or("asks for nothing postill does", domain::Function::title)
    }
}

impl Worded for Verdict {
    fn word(&self) -> &'static str {
        match self {
            Verdict::Passed => "✔ passed",
            Verdict::NeedsApproval => "⏳ asks a person",
            Verdict::Refused => "✘ refused",
        }
    }
}

/// Who may be told a fact.
impl Worded for Audience {
    fn word(&self) -> &'static str {
        match self {
            Audience::Customer => "customer",
            Audience::Staff => "staff only",
        }
    }
}
