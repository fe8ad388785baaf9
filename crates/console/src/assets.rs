//! The files that pages load, held in the binary. Each is asked for by a name that changes with its content, and may so be kept for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use domain::Digest;

use crate::complaint::Complaint;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 5] = [
    Asset {
        name: "style.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/style.css"),
    },
    Asset {
        name: "live.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/live.js"),
    },
    // htmx 2.0.11 from the npm registry (htmx.org, dist/htmx.min.js), under the Zero-Clause BSD licence.
    Asset {
        name: "htmx.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/htmx-2.0.11.min.js"),
    },
    // The colours of drawings in reports.
    Asset { name: "inks.css", content_type: "text/css; charset=utf-8", bytes: charts::INKS.as_bytes() },
    Asset { name: "icon.svg", content_type: "image/svg+xml", bytes: include_bytes!("../assets/icon.svg") },
];

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The addresses, as templates have them.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) style: String,
    pub(crate) live: String,
    pub(crate) htmx: String,
    pub(crate) icon: String,
    pub(crate) inks: String,
}

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| Addresses {
    style: address("style.css"),
    live: address("live.js"),
    htmx: address("htmx.js"),
    icon: address("icon.svg"),
    inks: address("inks.css"),
});

pub(crate) fn addresses() -> &'static Addresses {
    &ADDRESSES
}

fn address(name: &str) -> String {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map(|asset| format!("/assets/{}/{name}", version(asset.bytes)))
        .unwrap_or_default()
}

fn version(bytes: &[u8]) -> String {
    let mut digest = Digest::of(&[bytes]).to_string();
    digest.truncate(12);
    digest
}

/// Whatever version is asked for: a page of before an update may still be open.
pub(crate) async fn serve(Path((_version, name)): Path<(String, String)>) -> Result<Response, Complaint> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Complaint::NoSuchPage)?;
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, FOR_EVER)];
    Ok((headers, asset.bytes).into_response())
}
