//! Connections over HTTP: how many, how long their headers may take, and how they end.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::lifecycle::Stop;

/// The most connections at a time; further ones wait in the system's own queue.
const CONNECTIONS: usize = 256;
/// How long a connection may take over the headers of a request, or stay idle between two.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Providers send some twenty.
const MAX_HEADERS: usize = 64;
/// Above this, headers are answered with 431.
const BUFFER: usize = 32 << 10;
/// The pause after a connection could not be accepted, as when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until told to stop; each request knows who sent it (`ConnectInfo<SocketAddr>`). Then finishes what was begun. Says how many connections were cut off.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stop: &Stop, grace: Duration) -> usize {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            () = stop.soft.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.soft.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let routes = routes.clone().layer(Extension(ConnectInfo(peer)));
                let connection = one(stream, routes, stop.soft.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    finish(connections, stop, grace).await
}

async fn one(stream: TcpStream, routes: Router, stopping: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MAX_HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn finish(mut connections: JoinSet<()>, stop: &Stop, grace: Duration) -> usize {
    let finishing = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = finishing => {}
        () = tokio::time::sleep(grace) => {}
        () = stop.hard.cancelled() => {}
    }
    connections.len()
}
