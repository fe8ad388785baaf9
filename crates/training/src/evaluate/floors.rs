//! Figures that must not fall: what a build or a training run fails on.

use std::fmt;
use std::str::FromStr;

use super::{Acting, Figures};

/// A figure with a floor. All are shares from 0 to 1, the more the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// [`Figures::accuracy`]
    Accuracy,
    /// [`Figures::macro_f1`]
    MacroF1,
    /// Of the refunds that are acted on.
    RefundPrecision,
    /// Of the refunds asked for.
    RefundRecall,
    /// Of the cancellations that are acted on.
    CancelPrecision,
    /// Of the cancellations asked for.
    CancelRecall,
}

/// The least that a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// Which figure.
    pub measure: Measure,
    /// From 0 to 1.
    pub least: f64,
}

/// What is no floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a floor is a name and a share, such as macro_f1=0.85; the names are accuracy, macro_f1, refund_precision, refund_recall, \
     cancel_precision, cancel_recall"
)]
pub struct FloorError;

/// A figure below its floor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missed {
    /// The floor.
    pub floor: Floor,
    /// What was measured; nothing where no mail tells.
    pub measured: Option<f64>,
}

impl Measure {
    const ALL: [Self; 6] = [
        Self::Accuracy,
        Self::MacroF1,
        Self::RefundPrecision,
        Self::RefundRecall,
        Self::CancelPrecision,
        Self::CancelRecall,
    ];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::MacroF1 => "macro_f1",
            Self::RefundPrecision => "refund_precision",
            Self::RefundRecall => "refund_recall",
            Self::CancelPrecision => "cancel_precision",
            Self::CancelRecall => "cancel_recall",
        }
    }

    /// Nothing where no mail tells.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        let acting = |place: usize| -> Option<&Acting> { figures.acting.get(place) };
        match self {
            Self::Accuracy => figures.accuracy,
            Self::MacroF1 => figures.macro_f1,
            Self::RefundPrecision => acting(0)?.precision,
            Self::RefundRecall => acting(0)?.recall,
            Self::CancelPrecision => acting(1)?.precision,
            Self::CancelRecall => acting(1)?.recall,
        }
    }
}

impl Floor {
    /// Nothing when the figure reaches it. A figure that no mail tells does not.
    pub fn missed(self, figures: &Figures) -> Option<Missed> {
        let measured = self.measure.of(figures);
        let reached = measured.is_some_and(|measured| measured >= self.least);
        (!reached).then_some(Missed { floor: self, measured })
    }
}

impl FromStr for Floor {
    type Err = FloorError;

    fn from_str(text: &str) -> Result<Self, FloorError> {
        let (name, least) = text.split_once('=').ok_or(FloorError)?;
        let measure = Measure::ALL.into_iter().find(|measure| measure.as_str() == name).ok_or(FloorError)?;
        let least: f64 = least.parse().map_err(|_no_number| FloorError)?;
        if (0.0..=1.0).contains(&least) { Ok(Self { measure, least }) } else { Err(FloorError) }
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Floor { measure, least } = self.floor;
        match self.measured {
            Some(measured) => write!(f, "{} is {measured:.4}, below {least}", measure.as_str()),
            None => write!(f, "{} cannot be told from these mails", measure.as_str()),
        }
    }
}
