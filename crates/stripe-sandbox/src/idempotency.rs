//! Idempotency keys, as Stripe keeps them: per account and mode, for 24 hours.
//!
//! A key is taken when a request arrives and given back when the request turns out to be wrong in itself. Once execution
//! began, its answer is saved, whatever it is, and the same request gets the same answer.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::form::Tree;
use crate::refusal::Refusal;

/// Stripe may forget a key after a day.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
const LONGEST_KEY: usize = 255;

#[derive(Default)]
pub(crate) struct IdempotencyKeys {
    entries: HashMap<Arc<str>, Entry>,
    oldest_first: VecDeque<(i64, Arc<str>)>,
}

struct Entry {
    asked: Asked,
    taken_at: i64,
    answer: Option<Saved>,
}

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) parameters: Arc<Tree>,
}

/// An answer that replays.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// The request that executed.
    pub(crate) request_id: String,
}

/// What a key says about a request that arrives with it.
#[derive(Debug)]
pub(crate) enum Taken {
    /// The key is now this request's, which must either save an answer or give the key back.
    Fresh,
    Replay(Saved),
}

impl IdempotencyKeys {
    pub(crate) fn take(&mut self, key: &str, asked: Asked, now: i64) -> Result<Taken, Refusal> {
        if key.len() > LONGEST_KEY {
            return Err(Refusal::key_too_long());
        }
        self.forget_old(now);
        let Some(entry) = self.entries.get(key) else {
            let key: Arc<str> = key.into();
            self.oldest_first.push_back((now, Arc::clone(&key)));
            self.entries.insert(key, Entry { asked, taken_at: now, answer: None });
            return Ok(Taken::Fresh);
        };
        if entry.asked.path != asked.path {
            return Err(Refusal::key_used_for_other_endpoint(key, &asked.path, &entry.asked.path));
        }
        if entry.asked.parameters != asked.parameters {
            return Err(Refusal::key_used_with_other_parameters(key));
        }
        entry.answer.clone().map(Taken::Replay).ok_or_else(|| Refusal::key_in_use(key))
    }

    pub(crate) fn save(&mut self, key: &str, answer: Saved) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.answer = Some(answer);
        }
    }

    pub(crate) fn give_back(&mut self, key: &str) {
        self.entries.remove(key);
    }

    /// Forgets every key that has its answer, as Stripe may do after a day. A request that is under way keeps its own.
    pub(crate) fn forget(&mut self) {
        self.entries.retain(|_, entry| entry.answer.is_none());
    }

    fn forget_old(&mut self, now: i64) {
        while self.oldest_first.front().is_some_and(|(taken_at, _)| now - taken_at >= KEPT_SECONDS) {
            let Some((taken_at, key)) = self.oldest_first.pop_front() else { return };
            // A key that was given back and taken again is in the queue a second time, with its later time.
            if self.entries.get(&key).is_some_and(|entry| entry.taken_at == taken_at) {
                self.entries.remove(&key);
            }
        }
    }
}
