//! What is new, as server-sent events: a page then fetches again what lives on it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use store::Mark;

use crate::Desk;
use crate::visitor::At;

/// How often the ledger is asked. Nobody reads faster, and each page that is looked at asks.
const EVERY: Duration = Duration::from_secs(2);
/// After so many looks without news a page is fetched all the same: it says how long ago things were, and which workers are silent.
const QUIET: u32 = 15;
/// A stream ends after so many looks; the browser comes back. So a session that was ended does not go on being told.
const LOOKS: u32 = 150;

/// Where a stream stands.
struct Looking {
    desk: Arc<Desk>,
    at: At,
    mark: Option<Mark>,
    looks: u32,
    quiet: u32,
}

pub(crate) async fn stream(
    State(desk): State<Arc<Desk>>,
    at: At,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let looking = Looking { desk, at, mark: None, looks: LOOKS, quiet: 0 };
    Sse::new(stream::unfold(looking, next)).keep_alive(KeepAlive::default())
}

async fn next(mut looking: Looking) -> Option<(Result<Event, Infallible>, Looking)> {
    while looking.looks > 0 {
        looking.looks -= 1;
        // A ledger that is away has no news; the pages themselves say so.
        if let Ok(mark) = looking.desk.ledger.mark(&looking.at.workspace).await {
            let before = looking.mark.replace(mark);
            looking.quiet += 1;
            if before.is_some_and(|before| before != mark) || looking.quiet >= QUIET {
                looking.quiet = 0;
                return Some((Ok(Event::default().event("news").data("")), looking));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = looking.desk.stopping.cancelled() => return None,
        }
    }
    None
}
