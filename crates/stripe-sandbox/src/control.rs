//! The control side, for tests in other processes. Plain JSON, no key.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::document::Shown;
use crate::faults::FaultRule;
use crate::kind::Kind;
use crate::routes::Site;
use crate::world::World;

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/objects/{kind}", get(objects))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/forget_keys", post(forget_keys))
        .route("/_sandbox/search_lag", post(search_lag))
        .route("/_sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
}

/// `GET /_sandbox/requests`: what was asked since the start or the last reset, oldest first.
async fn requests(Shared(site): Shared<Site>) -> Response {
    json_body(StatusCode::OK, &*site.state.log())
}

/// `GET /_sandbox/objects/{kind}`: all objects of a kind as they are kept, oldest first, test before live. Kinds are called
/// as in the seed; created portal sessions are `portal_sessions`.
async fn objects(Shared(site): Shared<Site>, Path(section): Path<String>) -> Response {
    let Some(kind) = Kind::of_section(&section) else {
        let known = Kind::ALL.map(|kind| kind.shape().section);
        return json_body(StatusCode::NOT_FOUND, &json!({"error": "no such kind", "kinds": known}));
    };
    let worlds = site.state.worlds();
    let all: Vec<Shown<'_>> =
        [&worlds.test, &worlds.live].into_iter().flat_map(|world| whole(world, kind)).collect();
    json_body(StatusCode::OK, &json!({"objects": all}))
}

/// The objects with the fields that the API hides.
fn whole(world: &World, kind: Kind) -> Vec<Shown<'_>> {
    let rows = world.table(kind).map_or(&[][..], |table| table.rows());
    rows.iter().map(|row| Shown { document: &row.document, hidden: &[] }).collect()
}

/// `POST /_sandbox/reset`: back to the seed, with its times counted from now.
async fn reset(Shared(site): Shared<Site>) -> Response {
    match site.state.reset() {
        Ok(()) => json_body(StatusCode::OK, &json!({"reset": true})),
        Err(error) => json_body(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": error.to_string()})),
    }
}

/// `POST /_sandbox/forget_keys`: no request was ever made under any key, as after Stripe pruned them.
async fn forget_keys(Shared(site): Shared<Site>) -> Response {
    let mut worlds = site.state.worlds();
    worlds.test.keys.forget();
    worlds.live.keys.forget();
    json_body(StatusCode::OK, &json!({"forgotten": true}))
}

/// How far searches are behind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchLag {
    seconds: u32,
}

/// `POST /_sandbox/search_lag`: what is younger than so many seconds is not found by a search until the next reset.
async fn search_lag(Shared(site): Shared<Site>, body: Bytes) -> Response {
    match serde_json::from_slice::<SearchLag>(&body) {
        Ok(lag) => {
            let mut worlds = site.state.worlds();
            worlds.test.search_lag = lag.seconds.into();
            worlds.live.search_lag = lag.seconds.into();
            json_body(StatusCode::OK, &json!({"seconds": lag.seconds}))
        }
        Err(error) => json_body(StatusCode::BAD_REQUEST, &json!({"error": error.to_string()})),
    }
}

/// `GET /_sandbox/faults`: the rules that are still to strike.
async fn faults(Shared(site): Shared<Site>) -> Response {
    json_body(StatusCode::OK, &json!({"faults": site.state.faults().rules()}))
}

/// `POST /_sandbox/faults`: one rule, or a list of rules that are queued in their order.
async fn add_fault(Shared(site): Shared<Site>, body: Bytes) -> Response {
    match rules(&body) {
        Ok(rules) => {
            let mut faults = site.state.faults();
            for rule in rules {
                faults.add(rule);
            }
            json_body(StatusCode::OK, &json!({"faults": faults.rules()}))
        }
        Err(error) => json_body(StatusCode::BAD_REQUEST, &json!({"error": error.to_string()})),
    }
}

fn rules(body: &[u8]) -> Result<Vec<FaultRule>, serde_json::Error> {
    let written: Value = serde_json::from_slice(body)?;
    if written.is_array() {
        serde_json::from_value(written)
    } else {
        Ok(vec![serde_json::from_value(written)?])
    }
}

/// `DELETE /_sandbox/faults`: nothing goes wrong any more.
async fn clear_faults(Shared(site): Shared<Site>) -> Response {
    site.state.faults().clear();
    json_body(StatusCode::OK, &json!({"faults": []}))
}

fn json_body(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
