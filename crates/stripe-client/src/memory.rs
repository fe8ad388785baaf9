//! What a reader was answered a while ago, for one that may be told it again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Endpoint;
use crate::answer::Answer;
use crate::connection::Request;

/// Answers, kept for a time and in so many bytes.
pub(crate) struct Memory {
    lasts: Duration,
    /// Half of what may be kept: two generations are there, and the older one is forgotten when the younger is full.
    generation_bytes: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Question, Remembered>,
    young_bytes: usize,
    old: HashMap<Question, Remembered>,
}

/// What was asked, as it goes over the wire.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    endpoint: Endpoint,
    id: String,
    query: String,
}

#[derive(Clone)]
struct Remembered {
    answer: Answer,
    until: Instant,
}

impl Question {
    /// `None` for what must be asked each time: whatever carries a key to be done once.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let Request { endpoint, id, form, idempotency_key } = request;
        let reads = idempotency_key.is_none();
        reads.then(|| Self { endpoint: *endpoint, id: id.clone(), query: form.encode() })
    }

    fn bytes(&self) -> usize {
        self.id.len() + self.query.len()
    }
}

impl Memory {
    pub(crate) fn new(bytes: usize, lasts: Duration) -> Self {
        Self { lasts, generation_bytes: bytes / 2, generations: Mutex::default() }
    }

    pub(crate) fn recall(&self, question: &Question, now: Instant) -> Option<Answer> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let found = generations.young.get(question).or_else(|| generations.old.get(question));
        let found = found.filter(|remembered| remembered.until > now)?.clone();
        if !generations.young.contains_key(question) {
            generations.keep(question.clone(), found.clone(), self.generation_bytes);
        }
        Some(found.answer)
    }

    pub(crate) fn keep(&self, question: Question, answer: &Answer, now: Instant) {
        let remembered = Remembered { answer: answer.clone(), until: now + self.lasts };
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.keep(question, remembered, self.generation_bytes);
    }
}

/// Hides what was asked and answered.
impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

impl Generations {
    fn keep(&mut self, question: Question, remembered: Remembered, most: usize) {
        let bytes = question.bytes() + remembered.answer.body.len();
        if bytes > most {
            return;
        }
        if self.young_bytes + bytes > most {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(question, remembered);
    }
}
