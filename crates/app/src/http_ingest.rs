//! `postill ingest --http`: mail that providers post, into the queue. A post is answered with 200 only after RabbitMQ has confirmed;
//! whatever else happens, the provider still has the mail and is told whether to try again.
//!
//! `door` is the path of one post. `queue` holds the session with the broker, and
//! `token`, `mailgun`, `sns` and `object_store` are what the providers need besides.

mod answer;
mod door;
mod mailgun;
mod object_store;
mod queue;
mod sns;
mod token;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use domain::WorkspaceId;
use tokio::net::TcpListener;

use crate::complaint::{Advice, chain};
use crate::lifecycle::Stop;
use crate::settings::Settings;
use crate::{connections, http_serving, observe, telemetry, terminal};
use door::Door;
use queue::{Publishing, Queue};

/// Runs until told to stop.
pub(crate) async fn run(
    address: SocketAddr,
    workspace: Option<&WorkspaceId>,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let Some(token) = settings.ingest.token.clone() else {
        return Err(Advice::usage(
            "anybody could post mail: no token is set",
            "set ingest.token (POSTILL_INGEST_TOKEN or POSTILL_INGEST_TOKEN_FILE), as from `openssl rand -hex 24`",
        ));
    };
    telemetry::start(&settings.log)?;
    let queue = Queue::open(&settings.amqp).await?;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Advice::usage(format!("cannot listen on {address}: {error}"), "--http chooses another address")
    })?;
    let limits = connections::limits(&settings.mail);
    let door = Arc::new(Door::new(token, workspace, &settings.ingest, limits, queue.publishing())?);
    terminal::note(&format!("mail is taken at http://{}/v1/mail", listener.local_addr()?))?;

    let stop = Stop::default();
    let served = tokio::select! {
        served = serve(listener, &door, queue.publishing(), &stop, settings) => served,
        failed = listen(&stop) => failed,
    };
    queue.close().await;
    door.counts.say("stopped taking mail over HTTP");
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    listener: TcpListener,
    door: &Arc<Door>,
    queue: Publishing,
    stop: &Stop,
    settings: &Settings,
) -> anyhow::Result<()> {
    let routes = door::routes(Arc::clone(door)).merge(probes(queue, stop));
    tokio::select! {
        unfinished = http_serving::serve(listener, routes, stop, settings.worker.grace) => {
            if unfinished > 0 {
                tracing::warn!(unfinished, "posts were cut off; their providers try again");
            }
            Ok(())
        }
        never = door.counts.say_now_and_then() => match never {},
    }
}

/// Ready: RabbitMQ can take mail, and nobody has asked it to stop.
fn probes(queue: Publishing, stop: &Stop) -> Router {
    let stopping = stop.soft.clone();
    observe::probes(move || {
        let complaints = [
            (stopping.is_cancelled(), "the intake is stopping"),
            (!queue.stands(), "there is no session with RabbitMQ"),
        ];
        let said = complaints.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text.to_owned());
        std::future::ready(said.collect())
    })
}

/// Listens for signals. Ends only with an error.
async fn listen(stop: &Stop) -> anyhow::Result<()> {
    stop.listen()
        .await
        .map_err(|error| anyhow::anyhow!("signals cannot be listened for: {}", chain(&error)))?;
    std::future::pending().await
}
