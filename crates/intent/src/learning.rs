//! The door for training: what the model sees of a mail, kept so that training can go over it many times, and the file it writes.

use std::ops::Range;

use domain::Label;
use domain::intent::{Abstention, Part};

use crate::document::Document;
use crate::features::{self, Sink, Zone};
use crate::inputs::{self, TOLD};
use crate::parsed::Parsed;
use crate::{Limits, Scores, Text, decide, lexicon, rules};

pub use crate::features::BUCKETS;
pub use crate::inputs::{HEADS, INPUTS, Sums};
pub use crate::model::{HIDDEN, OUTPUTS, Second, Weights, probabilities, with_one};

/// A mail as the model sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The features of each sentence that is read.
    pub sentences: Vec<SeenSentence>,
    /// What the rules told.
    told: Box<[f32; TOLD]>,
    /// What is plain, as far as the rules see: a refund, a cancellation or nothing.
    plain: Option<Label>,
    /// Why the rules and the gate would not let a label pass, by label.
    doubts: Vec<Option<Abstention>>,
}

/// A sentence as the model sees it.
#[derive(Debug, Clone)]
pub struct SeenSentence {
    /// Bucket numbers, below [`BUCKETS`]; each as often as it was met.
    pub features: Vec<u32>,
    /// Its words, hashed.
    pub words: Vec<u64>,
    zone: Zone,
    part: Part,
    place: Range<usize>,
}

impl Seen {
    /// Reads a mail as the classifier does.
    pub fn of(text: Text<'_>) -> Self {
        let parsed = Parsed::of(text);
        let document = Document::of(&parsed);
        let asks = lexicon::asks(&document);
        let verdict = rules::verdict(&document, &asks);
        let told = inputs::told(&document, &asks, &verdict);
        let sentences = features::sentences(&document).map(|(sentence, zone)| {
            let (part, place) = (sentence.part(), sentence.place());
            let mut seen = SeenSentence { features: Vec::new(), words: Vec::new(), zone, part, place };
            features::each(sentence, document.language, zone, &mut seen);
            seen
        });
        let doubts = Label::all().map(|label| decide::ruled_out(&document, &verdict, label));
        Self {
            sentences: sentences.collect(),
            told: Box::new(told),
            doubts: doubts.collect(),
            plain: decide::plain_label(&document, &verdict),
        }
    }

    /// What the second level weighs, given the sums of the sentences in their order.
    pub fn inputs(&self, sums: &[Sums]) -> [f32; INPUTS] {
        let zones = self.sentences.iter().map(|sentence| sentence.zone);
        let sums: Vec<(Zone, Sums)> = zones.zip(sums.iter().copied()).collect();
        inputs::inputs(&sums, &self.told)
    }

    /// Where each sentence stands.
    pub fn places(&self) -> impl Iterator<Item = (Part, Range<usize>)> {
        self.sentences.iter().map(|sentence| (sentence.part, sentence.place.clone()))
    }

    /// Whether the gate would let a label pass, whatever the model says.
    pub fn is_cleared(&self, label: Label) -> bool {
        let doubts = Label::all().zip(&self.doubts);
        doubts.into_iter().any(|(each, doubt)| each == label && doubt.is_none())
    }

    /// Whether that label is plain to the rules, too: a refund or a cancellation that is asked for, or nothing that is.
    pub fn is_plain(&self, label: Label) -> bool {
        self.plain == Some(label)
    }

    /// What a mail with these scores is read as, and whether that is sure enough to be acted on.
    pub fn decided(&self, scores: &Scores, limits: &Limits) -> (Label, bool) {
        let label = scores.best();
        (label, self.is_cleared(label) && decide::is_sure(limits, scores, self.plain))
    }
}

impl Sink for SeenSentence {
    fn feature(&mut self, bucket: u32) {
        self.features.push(bucket);
    }

    fn word(&mut self, hash: u64) {
        self.words.push(hash);
    }
}
