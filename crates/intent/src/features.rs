//! What the model sees of a sentence: numbers of buckets, told by its words, their letters and its cues.
//!
//! One pass over the folded words, nothing stored. A bucket is counted as often as it is met. Different kinds of features have seeds of
//! their own, so that `refund` in the subject, `refund` in the text and `not … refund` are three things.

use domain::Language;

use crate::concepts;
use crate::cues::Cue;
use crate::document::{Document, Sentence, Standing};

/// How many buckets there are, as a power of two.
pub(crate) const BUCKET_BITS: u32 = 17;
/// How many buckets there are.
pub const BUCKETS: usize = 1 << BUCKET_BITS;
/// A longer word is a number, a link or noise; its letters tell nothing.
const LONGEST_WORD: usize = 32;
/// How many words after a negation are denied by it, within its clause.
const DENIED: usize = 5;
/// No more of a mail is weighed, in bytes: whoever asks does so before that.
const MOST_READ: usize = 16 * 1024;
/// So many sentences of the text are its beginning.
pub(crate) const BEGINNING: usize = 2;

const WORD: u64 = 0x9e37_79b9_7f4a_7c15;
const PAIR: u64 = 0xc2b2_ae3d_27d4_eb4f;
const LETTERS: [u64; 3] = [0x1656_67b1_9e37_79f9, 0x27d4_eb2f_1656_67c5, 0x85eb_ca77_c2b2_ae63];
const DENIED_WORD: u64 = 0xff51_afd7_ed55_8ccd;
const SUBJECT_WORD: u64 = 0xc4ce_b9fe_1a85_ec53;
const BEGINNING_WORD: u64 = 0xbf58_476d_1ce4_e5b9;
const CONCEPT: u64 = 0x94d0_49bb_1331_1123;
const CONCEPT_PAIR: u64 = 0x2545_f491_4f6c_dd45;
const CONCEPT_ORDER: u64 = 0x5851_f42d_4c95_7f2d;

/// What becomes of the features of a sentence.
pub(crate) trait Sink {
    /// A feature was met.
    fn feature(&mut self, bucket: u32);
    /// A word was met, by its hash: whether it was ever seen in training tells how strange a mail is.
    fn word(&mut self, hash: u64);
}

/// Where in the mail a sentence stands, as far as the model tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    Subject,
    Beginning,
    Rest,
}

impl Zone {
    pub(crate) fn of(standing: Standing, before: usize) -> Self {
        match standing {
            Standing::CarriedSubject | Standing::Subject => Self::Subject,
            Standing::Written | Standing::Quoted if before < BEGINNING => Self::Beginning,
            Standing::Written | Standing::Quoted => Self::Rest,
        }
    }

    const fn seed(self) -> Option<u64> {
        match self {
            Self::Subject => Some(SUBJECT_WORD),
            Self::Beginning => Some(BEGINNING_WORD),
            Self::Rest => None,
        }
    }
}

/// The sentences that are read, from the first on until so much was read, with where they stand.
pub(crate) fn sentences<'d, 'a>(
    document: &'d Document<'a>,
) -> impl Iterator<Item = (&'d Sentence<'a>, Zone)> {
    let (mut read, mut written) = (0, 0);
    document
        .sentences
        .iter()
        .take_while(move |sentence| {
            read += sentence.text.len();
            read <= MOST_READ
        })
        .map(move |sentence| {
            let zone = Zone::of(sentence.standing, written);
            written += usize::from(zone != Zone::Subject);
            (sentence, zone)
        })
}

/// Hands every feature of a sentence to `sink`.
pub(crate) fn each(sentence: &Sentence<'_>, language: Language, zone: Zone, sink: &mut impl Sink) {
    let mut previous = 0;
    let mut spoken_of = 0_u128;
    let mut before = 0_u128;
    let mut denied = Denied::of(sentence);
    for index in 0..sentence.folded.words.len() {
        let word = sentence.folded.folded_word(index).as_bytes();
        let hash = whole(word);
        if word == b"," {
            previous = 0;
            continue;
        }
        if word.first().is_some_and(u8::is_ascii_digit) || word.len() > LONGEST_WORD {
            sink.feature(bucket(hash, WORD));
        } else {
            letters(word, sink);
            sink.feature(bucket(hash, WORD));
            sink.word(hash);
            let about = concepts::of(word, language).0;
            if about != 0 {
                for concept in bits(about) {
                    for earlier in bits(before) {
                        sink.feature(bucket(earlier << 8 | concept, CONCEPT_ORDER));
                    }
                }
                spoken_of |= about;
                before = about;
            }
        }
        sink.feature(bucket(hash ^ previous, PAIR));
        if let Some(seed) = zone.seed() {
            sink.feature(bucket(hash, seed));
        }
        if denied.reaches(index) {
            sink.feature(bucket(hash, DENIED_WORD));
        }
        previous = hash.rotate_left(21);
    }
    let cues: u128 = sentence.cues.iter().fold(0, |all, cue| all | 1 << (80 + cue));
    let all = spoken_of | cues;
    for first in bits(all) {
        sink.feature(bucket(first + 1, CONCEPT));
        for second in bits(all & !((2 << first) - 1)) {
            sink.feature(bucket(first << 8 | second, CONCEPT_PAIR));
        }
    }
}

fn bits(set: u128) -> impl Iterator<Item = u64> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let bit = u64::from(rest.trailing_zeros());
        (rest != 0).then(|| {
            rest &= rest - 1;
            bit
        })
    })
}

/// Runs of three to five letters, the spaces around the word included.
fn letters(word: &[u8], sink: &mut impl Sink) {
    let mut recent = u64::from(b' ');
    for (at, &byte) in word.iter().chain(b" ").enumerate() {
        recent = recent << 8 | u64::from(byte);
        let runs = [(1, 0x00ff_ffff_u64), (2, 0xffff_ffff), (3, 0xff_ffff_ffff)];
        for ((least, mask), seed) in runs.into_iter().zip(LETTERS) {
            if at >= least {
                sink.feature(bucket(recent & mask, seed));
            }
        }
    }
}

/// A word as one number; of a number its length, of something endless that it is so.
fn whole(word: &[u8]) -> u64 {
    if word.first().is_some_and(u8::is_ascii_digit) {
        return word.len().min(7) as u64;
    }
    if word.len() > LONGEST_WORD {
        return if word.contains(&b'_') { 8 } else { 9 };
    }
    word.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Which words a negation reaches.
struct Denied<'s, 'a> {
    sentence: &'s Sentence<'a>,
    by: Option<usize>,
    rest: std::slice::Iter<'s, crate::cues::Hit>,
    next: Option<usize>,
}

impl<'s, 'a> Denied<'s, 'a> {
    fn of(sentence: &'s Sentence<'a>) -> Self {
        let mut denied = Self { sentence, by: None, rest: sentence.hits.iter(), next: None };
        denied.advance();
        denied
    }

    fn advance(&mut self) {
        self.next = self.rest.find(|hit| hit.owner.0 == Cue::Negation).map(|hit| hit.last);
    }

    fn reaches(&mut self, word: usize) -> bool {
        while let Some(next) = self.next.filter(|&next| next < word) {
            self.by = Some(next);
            self.advance();
        }
        self.by
            .is_some_and(|by| word - by <= DENIED && self.sentence.clause(by) == self.sentence.clause(word))
    }
}

fn bucket(value: u64, seed: u64) -> u32 {
    let mixed = (value ^ seed >> 32).wrapping_mul(seed | 1);
    (mixed >> (64 - BUCKET_BITS)) as u32
}
