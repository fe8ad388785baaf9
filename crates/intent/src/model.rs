//! The model: what each feature weighs, and what the second level makes of the sums.
//!
//! A file of it is read completely or not at all. All numbers are little-endian: magic, format, checksum of what follows, digest of
//! the tables it was trained with, sizes, limits, scales, the known words, a row of weights a bucket, the second level.

mod reader;
mod second;
mod weighing;
mod writer;

use std::borrow::Cow;
use std::sync::Arc;

use domain::{Function, Label};

use crate::document::Document;
use crate::features::{self, BUCKETS, Zone};
use crate::inputs::{self, HEADS, Sums, TOLD};
use crate::scores::{LABELS, Scores};
pub use reader::ModelError;
pub use second::{HIDDEN, Second, with_one};
use weighing::Weighing;
pub use writer::Weights;

/// What a model file begins with.
pub(crate) const MAGIC: &[u8; 8] = b"postillm";
/// The layout of the file and the meaning of its features.
pub(crate) const FORMAT: u32 = 1;
/// What the second level answers with: a score a label, and one for money or a contract.
pub const OUTPUTS: usize = LABELS + 1;
/// How many bits tell whether a word was ever seen in training.
pub(crate) const WORD_BITS: usize = 1 << 18;

/// The probabilities from which a reading is acted on; found by cross-validation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How probable a label must be, in the order of [`Label::all`]. Of `none`: for nothing to be done.
    pub labels: [f32; LABELS],
    /// The same of a refund, a cancellation and `none` where the rules find it plain, too: two judges that fail in different ways agree.
    pub plain: [f32; 3],
    /// How far a label must be ahead of the next.
    pub margin: f32,
    /// Which part of the words may be unknown.
    pub unknown: f32,
}

impl Limits {
    /// Whether a label is sure enough to be acted on.
    pub fn allow(&self, label: Label, scores: &Scores) -> bool {
        let least =
            Label::all().zip(self.labels).find(|(each, _)| *each == label).map_or(2.0, |(_, least)| least);
        scores.sureness(label) >= least && scores.margin() >= self.margin && scores.unknown <= self.unknown
    }

    /// The same where the label is plain to the rules.
    pub fn allow_plain(&self, label: Label, scores: &Scores) -> bool {
        let [refund, cancel, none] = self.plain;
        match label {
            Label::Ask(Function::Refund) => scores.sureness(label) >= refund,
            Label::Ask(Function::CancelSubscription) => scores.sureness(label) >= cancel,
            Label::None => scores.sureness(label) >= none,
            Label::Ask(_) => self.allow(label, scores),
        }
    }
}

/// Weights, limits, and where they came from.
pub(crate) struct Model {
    pub(crate) version: Arc<str>,
    pub(crate) limits: Limits,
    /// Scores are divided by it before they are taken for probabilities.
    temperature: f32,
    /// What one step of a weight is worth, by head.
    scales: [f32; HEADS],
    /// A bit a hash of a word seen in training.
    words: Cow<'static, [u8]>,
    /// A row a bucket, a byte a head, 128 for zero.
    rows: Cow<'static, [u8]>,
    second: Second,
}

/// Hides the weights.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("version", &self.version).finish_non_exhaustive()
    }
}

/// What the model makes of a mail.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) scores: Scores,
    /// What each sentence that was read scores, in the order of the document.
    pub(crate) sentences: Vec<(Zone, Sums)>,
}

impl Reading {
    /// The sentence that speaks most for a label; of `none` the one that speaks least for anything.
    pub(crate) fn telling(&self, label: Label) -> Option<usize> {
        let head = label.function().map(|function| function as usize);
        let scored = self.sentences.iter().map(|(_, sums)| {
            let scores = sums.scores();
            head.and_then(|head| scores.get(head)).copied().unwrap_or_default()
        });
        let best = scored.enumerate().max_by(|one, other| one.1.total_cmp(&other.1));
        best.filter(|_| head.is_some()).map(|(sentence, _)| sentence)
    }
}

impl Model {
    /// The model in the binary.
    pub(crate) fn embedded() -> Result<Self, ModelError> {
        reader::read(Cow::Borrowed(include_bytes!("../model/embedded.bin")))
    }

    /// A model from a file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        reader::read(Cow::Owned(bytes.to_vec()))
    }

    /// Reads a mail of which the rules told that.
    pub(crate) fn read(&self, document: &Document<'_>, told: &[f32; TOLD]) -> Reading {
        let mut weighing = Weighing::with(self.rows.as_chunks().0, &self.words);
        let mut sentences = Vec::with_capacity(document.sentences.len());
        for (sentence, zone) in features::sentences(document) {
            features::each(sentence, document.language, zone, &mut weighing);
            sentences.push((zone, weighing.take(&self.scales)));
        }
        let inputs = inputs::inputs(&sentences, told);
        let (labels, act) = probabilities(self.second.scores(&inputs), self.temperature);
        let scores = Scores { labels, act, unknown: weighing.unknown() };
        Reading { scores, sentences }
    }

    /// A model that knows nothing and so never acts.
    pub(crate) fn blank() -> Self {
        Self {
            version: "none".into(),
            limits: Limits { labels: [2.0; LABELS], plain: [2.0; 3], margin: 2.0, unknown: 0.0 },
            temperature: 1.0,
            scales: [0.0; HEADS],
            words: Cow::Owned(vec![0; WORD_BITS / 8]),
            rows: Cow::Owned(vec![128; BUCKETS * HEADS]),
            second: Second::silent(),
        }
    }
}

/// How probable each label is, and a request for money or the end of a contract, from the scores of the second level.
pub fn probabilities(scores: [f32; OUTPUTS], temperature: f32) -> ([f32; LABELS], f32) {
    let [labels @ .., act] = scores.map(|score| score / temperature);
    (softmax(labels), 1.0 / (1.0 + libm::expf(-act)))
}

fn softmax(scores: [f32; LABELS]) -> [f32; LABELS] {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers = scores.map(|score| libm::expf(score - most));
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}
