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
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Question {
    endpoint: Endpoint,
    id: String,
    query: String,
}

struct Remembered {
    answer: Answer,
    until: Instant,
}

impl Remembered {
    fn at(&self, now: Instant) -> Option<Answer> {
        (self.until > now).then(|| self.answer.clone())
    }
}

impl Question {
    /// Of a read.
    pub(crate) fn of(request: &Request) -> Self {
        Self { endpoint: request.endpoint, id: request.id.clone(), query: request.form.encode() }
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
        if let Some(remembered) = generations.young.get(question) {
            return remembered.at(now);
        }
        let (question, remembered) = generations.old.remove_entry(question)?;
        let answer = remembered.at(now)?;
        generations.keep(question, remembered, self.generation_bytes);
        Some(answer)
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
