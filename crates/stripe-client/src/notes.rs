//! What a reader asked, for who wants to see each call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::answer::{Answer, RequestId};
use crate::{CallError, Endpoint};

/// The most calls that are kept: more than any mail leads to.
const MOST: usize = 1_000;

/// The calls that were made through [`StripeReader::noting`](crate::StripeReader::noting), in the order in which they ended. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<NotedCall>>>);

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedCall {
    /// What was asked.
    pub endpoint: Endpoint,
    /// Under which id Stripe's own log has it; none where Stripe did not answer.
    pub request_id: Option<RequestId>,
    /// How long it took.
    pub took: Duration,
    /// Why it failed, if it did: without anything of the customer.
    pub failure: Option<String>,
}

impl Notes {
    /// What was noted until now.
    pub fn calls(&self) -> Vec<NotedCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, endpoint: Endpoint, took: Duration, answered: &Result<Answer, CallError>) {
        let (request_id, failure) = match answered {
            Ok(answer) => (answer.call.request_id.clone(), None),
            Err(error) => (error.call().request_id.clone(), Some(error.to_string())),
        };
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < MOST {
            calls.push(NotedCall { endpoint, request_id, took, failure });
        }
    }
}
