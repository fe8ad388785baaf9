//! `/livez`, `/readyz` and `/metrics` of a worker, from the first mail to the last.

mod ledger;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use meters::Queues;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use self::ledger::Look;
use super::Worker;
use crate::complaint::Advice;
use crate::lifecycle::Stop;
use crate::{http_serving, observe};

/// A desk that has not moved for so long hangs. It waits for the ledger in calls of fifteen seconds, and shows between them that it moves.
const HANGS_AFTER: Duration = Duration::from_secs(90);
/// A worker that has something to do and settles nothing for so long is not ready.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// Opens the port, where there is to be one.
pub(super) async fn listen(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let advice = "observe.bind chooses another address; each worker on a machine needs its own";
        Advice::usage(format!("cannot listen on {address}: {error}"), advice)
    })?;
    tracing::info!(address = %listener.local_addr()?, "probes and metrics are served");
    Ok(Some(listener))
}

impl Worker {
    /// Answers until it is dropped, also while the worker stops.
    pub(super) async fn tell(&self, listener: Option<TcpListener>, stop: &Stop) -> anyhow::Result<()> {
        let Some(listener) = listener else { return std::future::pending().await };
        let watch =
            Watch { worker: self.clone(), stopping: stop.soft.clone(), look: Mutex::new(Look::default()) };
        let routes = Router::new()
            .route("/livez", get(alive))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::new(watch));
        http_serving::serve(listener, routes, &Stop::default(), Duration::ZERO).await;
        std::future::pending().await
    }
}

/// What is looked at when somebody asks.
struct Watch {
    worker: Worker,
    stopping: CancellationToken,
    /// Also keeps those who ask at once from asking the ledger each.
    look: Mutex<Look>,
}

async fn alive(State(watch): State<Arc<Watch>>) -> Response {
    let complaint = watch.hangs().await;
    observe::verdict("alive", complaint.as_slice())
}

async fn ready(State(watch): State<Arc<Watch>>) -> Response {
    observe::verdict("ready", &watch.complaints().await)
}

async fn metrics(State(watch): State<Arc<Watch>>) -> Response {
    match watch.text().await {
        Ok(text) => ([(CONTENT_TYPE, meters::CONTENT_TYPE)], text).into_response(),
        Err(_a_string_takes_any_text) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Watch {
    /// Only what a new start would mend. Whoever waits for the ledger or the broker does not hang, nor does who finishes what it took.
    async fn hangs(&self) -> Option<String> {
        let (pulse, still) = (&self.worker.pulse, self.worker.pulse.still_for());
        if still < HANGS_AFTER || self.stopping.is_cancelled() || !pulse.is_in_session() {
            return None;
        }
        let answers = self.look.lock().await.ledger_answers(&self.worker).await;
        answers.then(|| format!("the worker's loop has not moved for {} s", still.as_secs()))
    }

    /// Why no mail is to be expected to be worked on here, a line each.
    async fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.stopping.is_cancelled() {
            complaints.push("the worker is stopping".to_owned());
        }
        if !self.worker.pulse.is_in_session() {
            complaints.push("there is no session with RabbitMQ".to_owned());
        }
        if !self.look.lock().await.ledger_answers(&self.worker).await {
            complaints.push("the ledger does not answer".to_owned());
        }
        complaints.extend(self.refused_keys());
        complaints.extend(self.stuck());
        complaints
    }

    fn refused_keys(&self) -> Option<String> {
        let workspaces = self.worker.engine.workspaces.all();
        if workspaces.is_empty() {
            return Some("no Stripe key is connected".to_owned());
        }
        let is_refused = self.worker.engine.workspaces.all_keys_are_refused();
        is_refused.then(|| "Stripe refuses the key of every workspace that is connected".to_owned())
    }

    fn stuck(&self) -> Option<String> {
        let stuck = self.worker.pulse.stuck_for();
        (stuck >= STUCK_AFTER).then(|| format!("mail waits, and none was settled for {} s", stuck.as_secs()))
    }

    async fn text(&self) -> Result<String, std::fmt::Error> {
        let Worker { meters, pulse, engine, .. } = &self.worker;
        meters.ready(self.complaints().await.is_empty());
        meters.worker(pulse.in_hand(), pulse.waited());
        let queues = pulse.queues().map(|queues| Queues {
            mail: queues.mail,
            replay: queues.replay,
            dead: queues.dead,
            drafts: queues.drafts,
            unrouted: queues.unrouted,
        });
        meters.broker(pulse.is_in_session(), queues);
        let workspaces = engine.workspaces.all();
        let is_refused = workspaces.iter().map(|found| {
            let refused = found.stripe.reader().key_refused_for().is_some();
            (&found.id, refused)
        });
        meters.keys(is_refused);
        self.look.lock().await.at_ledger(&self.worker).await;
        meters.text()
    }
}
