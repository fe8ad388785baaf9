//! The path of one request: fault, key, permission, idempotency, parameters, execution, log.
//!
//! The worlds are locked twice, briefly: to take the idempotency key and to execute. A delay lies between the two, so that
//! a second request with the same key finds it in use, as it would at Stripe.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;

use crate::auth::{Caller, KeyKind, Mode, authenticate, masked, presented_key};
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::endpoints::Endpoint;
use crate::faults::{Drawn, Fault};
use crate::form::Tree;
use crate::idempotency::{Asked, Saved, Taken};
use crate::line::LineEnd;
use crate::refusal::Refusal;
use crate::request_log::LoggedRequest;
use crate::resources::refunds;
use crate::state::State;

/// The one version the sandbox speaks.
pub(crate) const API_VERSION: &str = "2026-10-28.endive";

/// A request as it came over the wire.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The id in the path; empty where it has none.
    pub(crate) id: String,
    pub(crate) headers: HeaderMap,
    /// Query and body as they came, and what they say.
    pub(crate) form: Vec<u8>,
    pub(crate) parameters: Arc<Tree>,
}

/// What became of a request.
pub(crate) struct Exchange {
    /// How the line ends when nobody is told.
    pub(crate) answer: Result<Answer, LineEnd>,
    pub(crate) request_id: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) should_retry: Option<bool>,
    pub(crate) idempotency_key: Option<String>,
    /// The request whose answer this repeats.
    pub(crate) replay_of: Option<String>,
}

/// Answers a request, and notes it down.
pub(crate) async fn exchange(
    state: &State,
    endpoint: Option<&'static Endpoint>,
    incoming: Incoming,
) -> Exchange {
    let presented = presented_key(&incoming.headers);
    let drawn = state.draw_fault(&incoming.method, &incoming.path, presented.as_deref());
    let request = Request {
        state,
        incoming: &incoming,
        drawn,
        id: state.next_request_id(),
        now: (state.clock)(),
        idempotency_key: idempotency_key(&incoming),
        presented: presented.as_deref(),
    };
    let caller = authenticate(&state.keys, &state.account, request.presented);
    let mode = caller.as_ref().ok().map(|caller| caller.mode);
    let answer = match request.answer(endpoint, caller).await {
        Ok(answer) => answer,
        Err(refusal) => Some(request.refused(&refusal, mode)),
    };
    let end = drawn.fault.and_then(Fault::line_end);
    let Request { id: request_id, now, idempotency_key, .. } = request;
    state.record(LoggedRequest {
        request_id: request_id.clone(),
        at: now,
        method: incoming.method,
        path: incoming.path,
        parameters: incoming.form,
        mode,
        key_kind: KeyKind::of(presented.as_deref()),
        idempotency_key,
        status: answer.as_ref().map(|answer| answer.status),
        replayed: answer.as_ref().is_some_and(|answer| answer.replay_of.is_some()),
        answer_lost: end.is_some(),
        fault: drawn.fault,
        latency_ms: drawn.latency_ms,
    });
    if let Some(Fault::HangAfterExecution { ms }) = drawn.fault {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    let answer = match end {
        Some(end) => Err(end),
        None => answer.ok_or(LineEnd::Closed),
    };
    Exchange { answer, request_id }
}

/// Only what changes something has a key; on a read the header means nothing.
fn idempotency_key(incoming: &Incoming) -> Option<String> {
    let key = incoming.headers.get("idempotency-key")?.to_str().ok()?;
    (incoming.method == "POST" && !key.is_empty()).then(|| key.to_owned())
}

struct Request<'a> {
    state: &'a State,
    incoming: &'a Incoming,
    drawn: Drawn,
    id: String,
    now: i64,
    idempotency_key: Option<String>,
    presented: Option<&'a str>,
}

impl Request<'_> {
    async fn answer(
        &self,
        endpoint: Option<&'static Endpoint>,
        caller: Result<Caller, Refusal>,
    ) -> Result<Option<Answer>, Refusal> {
        if self.drawn.fault == Some(Fault::LostBeforeExecution) {
            self.delay().await;
            return Ok(None);
        }
        let Some(endpoint) = endpoint else {
            return Err(Refusal::unrecognized_url(&self.incoming.method, &self.incoming.path));
        };
        let caller = caller?;
        self.check_version()?;
        caller.require(endpoint.permission())?;
        self.platform_refusal()?;
        let replay = self.take_key(caller.mode)?;
        let parameters = match &replay {
            Some(_) => Document::default(),
            None => {
                endpoint.check(&self.incoming.parameters).inspect_err(|_| self.give_key_back(caller.mode))?
            }
        };
        self.delay().await;
        Ok(Some(match replay {
            Some(saved) => self.replayed(saved),
            None => self.execute(endpoint, &caller, &parameters),
        }))
    }

    fn check_version(&self) -> Result<(), Refusal> {
        let version =
            self.incoming.headers.get("stripe-version").map(|version| version.to_str().unwrap_or("?"));
        match version {
            Some(version) if version != API_VERSION => Err(Refusal::unknown_version(version)),
            Some(_) | None => Ok(()),
        }
    }

    /// What the platform says instead of executing, by an injected fault.
    fn platform_refusal(&self) -> Result<(), Refusal> {
        let Some(fault) = self.drawn.fault else { return Ok(()) };
        match fault {
            Fault::RevokedKey => Err(Refusal::expired_key(&masked(self.presented.unwrap_or_default()))),
            Fault::RateLimited => Err(Refusal::rate_limited()),
            Fault::RateLimitedShouldRetry => {
                Err(Refusal { should_retry: Some(true), ..Refusal::rate_limited() })
            }
            Fault::LockTimeout => Err(Refusal::lock_timeout()),
            Fault::IdempotencyKeyInUse => {
                Err(Refusal::key_in_use(self.idempotency_key.as_deref().unwrap_or_default()))
            }
            Fault::ServerError => Err(Refusal::server_error()),
            Fault::Latency { .. }
            | Fault::LostBeforeExecution
            | Fault::LostAfterExecution
            | Fault::ResetAfterExecution
            | Fault::HangAfterExecution { .. }
            | Fault::ServerErrorSaved
            | Fault::ServerErrorAfterExecution
            | Fault::BalanceInsufficient
            | Fault::RefundedElsewhere { .. } => Ok(()),
        }
    }

    /// Makes the key this request's own, or returns the answer that it already has.
    fn take_key(&self, mode: Mode) -> Result<Option<Saved>, Refusal> {
        let Some(key) = &self.idempotency_key else { return Ok(None) };
        let asked =
            Asked { path: self.incoming.path.clone(), parameters: Arc::clone(&self.incoming.parameters) };
        let mut worlds = self.state.worlds();
        match worlds.split(mode).0.keys.take(key, asked, self.now)? {
            Taken::Fresh => Ok(None),
            Taken::Replay(saved) => Ok(Some(saved)),
        }
    }

    fn give_key_back(&self, mode: Mode) {
        if let Some(key) = &self.idempotency_key {
            self.state.worlds().split(mode).0.keys.give_back(key);
        }
    }

    /// Runs the endpoint and saves its answer, whatever it is, in one hold of the lock.
    fn execute(&self, endpoint: &Endpoint, caller: &Caller, parameters: &Document) -> Answer {
        let mut worlds = self.state.worlds();
        let (world, elsewhere) = worlds.split(caller.mode);
        let mut call = Call {
            world,
            elsewhere,
            caller,
            path: &self.incoming.path,
            id: &self.incoming.id,
            parameters,
            now: self.now,
        };
        let answer = match self.run(endpoint, &mut call) {
            Ok(body) => self.answered(200, Bytes::from(body)),
            Err(refusal) => self.refused(&refusal, Some(caller.mode)),
        };
        if let Some(key) = &self.idempotency_key {
            let (status, body) = (answer.status, answer.body.clone());
            call.world.keys.save(key, Saved { status, body, request_id: self.id.clone() });
        }
        answer
    }

    /// Runs the endpoint, and what an injected fault makes of it.
    fn run(&self, endpoint: &Endpoint, call: &mut Call<'_>) -> Outcome {
        match self.drawn.fault {
            Some(Fault::ServerErrorSaved) => Err(Refusal::server_error()),
            Some(Fault::BalanceInsufficient) => Err(Refusal::balance_insufficient()),
            Some(Fault::ServerErrorAfterExecution) => {
                endpoint.run(call).and_then(|_executed| Err(Refusal::server_error()))
            }
            Some(Fault::RefundedElsewhere { amount }) => {
                refunds::refund_by_hand(call, amount);
                endpoint.run(call)
            }
            Some(_) | None => endpoint.run(call),
        }
    }

    async fn delay(&self) {
        let delay = self.state.latency + Duration::from_millis(self.drawn.latency_ms);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    fn answered(&self, status: u16, body: Bytes) -> Answer {
        Answer {
            status,
            body,
            should_retry: None,
            idempotency_key: self.idempotency_key.clone(),
            replay_of: None,
        }
    }

    fn refused(&self, refusal: &Refusal, mode: Option<Mode>) -> Answer {
        let body = refusal.body(&self.id, mode, self.now);
        Answer { should_retry: refusal.should_retry, ..self.answered(refusal.status, body) }
    }

    fn replayed(&self, saved: Saved) -> Answer {
        Answer { replay_of: Some(saved.request_id), ..self.answered(saved.status, saved.body) }
    }
}
