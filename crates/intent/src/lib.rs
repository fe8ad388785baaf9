//! What a mail asks for: one of seven functions or nothing, how sure that is, the words that say so, amounts and references.
//!
//! Pure and quick: no I/O, no clock, microseconds a mail. [`Classifier::classify`] reads a text in five steps that know only what comes
//! before them:
//!
//! 1. `parsed` and `document`: sentences, words and cues, in the language of the mail;
//! 2. `lexicon` and `rules`: what each clause asks for, and what rules conclude from it;
//! 3. `features`, `inputs` and `model`: what the words weigh, sentence by sentence, and how probable that makes each label;
//! 4. `slots`: the amount asked for, ids, numbers, cards;
//! 5. `decide`: act, ask a person, or nothing, where the `gate` has the last word on refunds and cancellations.
//!
//! The crate must not know customers, Stripe or policy: whether a request may be granted is decided elsewhere.

#![warn(missing_docs)]

mod amounts;
mod concepts;
mod cues;
mod dates;
mod decide;
mod document;
mod features;
mod gate;
mod inputs;
mod language;
pub mod learning;
mod lexicon;
mod model;
mod parsed;
mod phrases;
mod references;
mod rules;
mod scores;
mod sentences;
mod slots;
mod words;

use std::sync::{Arc, LazyLock};

use domain::{Mail, Understanding};

use crate::decide::Findings;
use crate::document::{Document, Standing};
use crate::model::Model;
pub use crate::model::{Limits, ModelError};
use crate::parsed::Parsed;
pub use crate::scores::{LABELS, Scores};

/// The parts of a mail that are read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Text<'a> {
    /// The subject, decoded.
    pub subject: &'a str,
    /// What the sender wrote now.
    pub written: &'a str,
    /// Quoted history and whatever else was cut; read only when nothing was written, and then with little confidence.
    pub cut: &'a str,
}

/// Hides what people wrote.
impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("written_bytes", &self.written.len()).finish_non_exhaustive()
    }
}

impl<'a> From<&'a Mail> for Text<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self { subject: &mail.subject, written: &mail.text.written, cut: &mail.text.cut }
    }
}

impl<'a> Text<'a> {
    fn body(self) -> (&'a str, Standing) {
        let silent = self.written.trim().is_empty();
        if silent { (self.cut, Standing::Quoted) } else { (self.written, Standing::Written) }
    }
}

/// What reads mails: the tables of this crate and a model. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Classifier {
    model: Arc<Model>,
}

static EMBEDDED: LazyLock<Classifier> = LazyLock::new(|| {
    // A test reads it, so that no binary is released with a model it cannot read; one that were would leave all to persons.
    let model = Model::embedded().unwrap_or_else(|_unread| Model::blank());
    Classifier { model: Arc::new(model) }
});

impl Classifier {
    /// With the model in the binary.
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// With a model that `postill train` wrote.
    pub fn from_bytes(model: &[u8]) -> Result<Self, ModelError> {
        Ok(Self { model: Arc::new(Model::from_bytes(model)?) })
    }

    /// What made a reading; published with every draft, so that it can be traced.
    pub fn version(&self) -> &str {
        &self.model.version
    }

    /// The probabilities from which this model is acted on.
    pub fn limits(&self) -> &Limits {
        &self.model.limits
    }

    /// Reads a mail. Total: every text has an [`Understanding`], if only that nothing is asked for.
    pub fn classify(&self, text: Text<'_>) -> Understanding {
        let parsed = Parsed::of(text);
        let document = Document::of(&parsed);
        let asks = lexicon::asks(&document);
        let verdict = rules::verdict(&document, &asks);
        let reading = self.model.read(&document, &inputs::told(&document, &asks, &verdict));
        let findings = Findings { document: &document, asks: &asks, verdict: &verdict, reading: &reading };
        let mut slots = slots::named(text, &document);
        if let Some(sentence) = findings.amount_sentence() {
            slots::amount(&document, sentence, &mut slots);
        }
        findings.understanding(&self.model.limits, slots)
    }

    /// How probable each label is, before anything is decided: for training and for grading.
    pub fn scores(&self, text: Text<'_>) -> Scores {
        let parsed = Parsed::of(text);
        let document = Document::of(&parsed);
        let asks = lexicon::asks(&document);
        let verdict = rules::verdict(&document, &asks);
        self.model.read(&document, &inputs::told(&document, &asks, &verdict)).scores
    }
}
