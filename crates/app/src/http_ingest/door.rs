//! The path of one post: who posts, what it is, whose it is, the body, the mail in it, the queue. Nothing of a body is read before the
//! token was seen.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::WorkspaceId;
use futures_util::StreamExt;
use mail::providers::mailgun as mailgun_form;
use mail::providers::ses::{self, Notice, Stored};
use mail::{Format, Limits, Provider};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::answer::{Refused, Taken};
use super::mailgun::Signatures;
use super::object_store::ObjectStore;
use super::queue::Publishing;
use super::sns;
use super::token::Token;
use crate::complaint::chain;
use crate::incoming::{Gate, Parcel, WORKSPACE_HEADER};
use crate::settings::{IngestSettings, Secret};

/// How long a post waits for others to be read.
const TURN: Duration = Duration::from_secs(5);
/// How often the counts are logged.
const REPORT: Duration = Duration::from_mins(1);

/// What all posts share.
pub(super) struct Door {
    token: Token,
    workspace: Option<WorkspaceId>,
    signatures: Option<Signatures>,
    store: Option<ObjectStore>,
    http: reqwest::Client,
    gate: Gate,
    slots: Semaphore,
    read_timeout: Duration,
    queue: Publishing,
    pub(super) counts: Counts,
}

/// What a notification of SES came to.
enum Notified {
    Mail(Parcel),
    /// It was about something else.
    SeenTo(&'static str),
}

/// The paths there are.
pub(super) fn routes(door: Arc<Door>) -> Router {
    Router::new()
        .route("/v1/mail", post(own))
        .route("/v1/mail/{provider}", post(of_provider))
        .with_state(door)
}

async fn own(State(door): State<Arc<Door>>, request: Request) -> Response {
    door.answer(None, request).await
}

async fn of_provider(State(door): State<Arc<Door>>, Path(name): Path<String>, request: Request) -> Response {
    door.answer(Some(&name), request).await
}

impl Door {
    pub(super) fn new(
        token: Secret,
        workspace: Option<&WorkspaceId>,
        settings: &IngestSettings,
        limits: Limits,
        queue: Publishing,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            token: Token::new(&token),
            workspace: workspace.cloned(),
            signatures: settings.mailgun_signing_key.as_ref().map(Signatures::new),
            store: settings.s3.clone().map(ObjectStore::new),
            http: http_client()?,
            gate: Gate::new(limits),
            slots: Semaphore::new(settings.in_flight),
            read_timeout: settings.read_timeout,
            queue,
            counts: Counts::default(),
        })
    }

    async fn answer(&self, provider: Option<&str>, request: Request) -> Response {
        let result = Box::pin(self.take(provider, request)).await;
        self.counts.count(&result);
        match result {
            Ok(taken) => taken.into_response(),
            Err(refused) => refused.into_response(),
        }
    }

    async fn take(&self, provider: Option<&str>, request: Request) -> Result<Taken, Refused> {
        if !self.token.is_shown(request.headers()) {
            return Err(Refused::WrongToken);
        }
        let format = format(provider, request.headers())?;
        let workspace = self.workspace(&request)?;
        let limit = self.longest(format);
        if announced_length(request.headers()).is_some_and(|length| length > limit) {
            return Err(Refused::TooLarge { limit });
        }
        let turn = tokio::time::timeout(TURN, self.slots.acquire()).await;
        let _turn = turn.map_err(|_elapsed| Refused::Busy)?.map_err(|_closed| Refused::Busy)?;
        let body = tokio::time::timeout(self.read_timeout, read(request.into_body(), limit)).await;
        let body = body.map_err(|_elapsed| Refused::TooSlow { limit: self.read_timeout })??;
        let parcel = match format {
            Format::Provider(Provider::Ses) => match self.notified(&body).await? {
                Notified::Mail(parcel) => parcel,
                Notified::SeenTo(what) => return Ok(Taken::SeenTo(what)),
            },
            Format::Provider(_) | Format::Rfc822 | Format::Json | Format::Unknown => {
                aside(|| self.gate.pack(format, &body))?
            }
        };
        self.check_signature(format, &body, &parcel)?;
        drop(body);
        let id = parcel.id();
        self.queue.publish(parcel.outgoing(workspace.as_ref())).await?;
        tracing::info!(mail.id = %id, format = name(format), "mail taken over HTTP");
        Ok(Taken::Stored(id))
    }

    /// The mail SES tells of, fetched where it has to be; or what else was seen to.
    async fn notified(&self, body: &[u8]) -> Result<Notified, Refused> {
        let mail = match ses::notice(body, &self.gate.limits)? {
            Notice::Mail(mail) => *mail,
            Notice::Stored(stored) => {
                let message = self.fetch(&stored).await?;
                stored.with_content(&message)
            }
            Notice::Subscription { topic, url } => {
                sns::confirm(&self.http, &url).await?;
                tracing::info!(topic, "subscription confirmed");
                return Ok(Notified::SeenTo("subscription confirmed"));
            }
            Notice::SubscriptionEnded { topic } => {
                tracing::warn!(topic, "the subscription was ended: no more mail comes from this topic");
                return Ok(Notified::SeenTo("noted"));
            }
        };
        Ok(Notified::Mail(aside(|| self.gate.pack_mail(mail))?))
    }

    async fn fetch(&self, stored: &Stored) -> Result<Vec<u8>, Refused> {
        let store = self.store.as_ref().ok_or(Refused::NoStore)?;
        let limit = self.gate.limits.max_message_bytes;
        Ok(store.fetch(&self.http, (&stored.bucket, &stored.key), limit).await?)
    }

    fn check_signature(&self, format: Format, body: &[u8], parcel: &Parcel) -> Result<(), Refused> {
        let Some(signatures) =
            self.signatures.as_ref().filter(|_| format == Format::Provider(Provider::Mailgun))
        else {
            return Ok(());
        };
        let signature = mailgun_form::signature(body, &self.gate.limits);
        let signature = signature.map_err(|_missing| Refused::BadSignature)?;
        if signatures.is_good(&signature, parcel.id()) { Ok(()) } else { Err(Refused::BadSignature) }
    }

    fn longest(&self, format: Format) -> usize {
        match format {
            Format::Rfc822 => self.gate.limits.max_message_bytes,
            Format::Json | Format::Provider(_) | Format::Unknown => self.gate.limits.max_document_bytes(),
        }
    }

    /// From the query or the header; both must not differ.
    fn workspace(&self, request: &Request) -> Result<Option<WorkspaceId>, Refused> {
        #[derive(Deserialize)]
        struct Asked {
            workspace: Option<WorkspaceId>,
        }
        let asked = Query::<Asked>::try_from_uri(request.uri()).map_err(|_bad| Refused::BadWorkspace)?;
        let in_header = request.headers().get(WORKSPACE_HEADER);
        let in_header: Option<WorkspaceId> = in_header
            .map(|value| value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(Refused::BadWorkspace))
            .transpose()?;
        match (asked.0.workspace, in_header) {
            (Some(one), Some(other)) if one != other => Err(Refused::BadWorkspace),
            (one, other) => Ok(one.or(other).or_else(|| self.workspace.clone())),
        }
    }
}

/// Reading the largest mails takes a good part of a second: others are served meanwhile.
fn aside<T>(read: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(read)
}

/// For Amazon and the object store. It follows no redirect: an answer must not lead anywhere else.
fn http_client() -> anyhow::Result<reqwest::Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another thread has just done the same.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    Ok(reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
}

/// What a post is, by its path and its content type.
fn format(provider: Option<&str>, headers: &HeaderMap) -> Result<Format, Refused> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let format = match provider {
        Some(name) => Format::Provider(Provider::named(name).ok_or(Refused::UnknownProvider)?),
        None => Format::from_content_type(Some(content_type), &[]),
    };
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    let (is_expected, expected) = match format {
        Format::Rfc822 | Format::Json | Format::Unknown => (
            is_json || media_type == "message/rfc822" || media_type == "message/global",
            "message/rfc822, or application/json for postill.mail.v1",
        ),
        // SNS says text/plain unless its delivery policy is changed.
        Format::Provider(Provider::Ses) => {
            (is_json || media_type == "text/plain", "text/plain or application/json")
        }
        Format::Provider(Provider::Mailgun | Provider::Sendgrid) => (
            media_type == "multipart/form-data" || media_type == "application/x-www-form-urlencoded",
            "multipart/form-data or application/x-www-form-urlencoded",
        ),
        Format::Provider(Provider::Postmark | Provider::Cloudflare | Provider::MailParser) => {
            (is_json, "application/json")
        }
    };
    if is_expected && format != Format::Unknown {
        Ok(format)
    } else {
        Err(Refused::WrongContentType { expected })
    }
}

const fn name(format: Format) -> &'static str {
    match format {
        Format::Rfc822 => "rfc822",
        Format::Json => "json",
        Format::Provider(provider) => provider.as_str(),
        Format::Unknown => "unknown",
    }
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_broken| Refused::BrokeOff)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Refused::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How posts ended, since the start.
#[derive(Default)]
pub(super) struct Counts {
    taken: AtomicU64,
    refused: AtomicU64,
    later: AtomicU64,
}

impl Counts {
    fn count(&self, result: &Result<Taken, Refused>) {
        let Err(refused) = result else {
            self.taken.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if refused.status().is_server_error() {
            self.later.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(error = %chain(refused), "a post could not be taken; its provider tries again");
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            tracing::info!(reason = refused.code(), "a post was refused");
        }
    }

    fn total(&self) -> u64 {
        [&self.taken, &self.refused, &self.later].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// One line with all of them.
    pub(super) fn say(&self, message: &'static str) {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        tracing::info!(
            taken = count(&self.taken),
            refused = count(&self.refused),
            later = count(&self.later),
            "{message}"
        );
    }

    /// The same every minute in which something came.
    pub(super) async fn say_now_and_then(&self) -> Infallible {
        let mut said = 0;
        loop {
            tokio::time::sleep(REPORT).await;
            let total = self.total();
            if total != said {
                self.say("mail over HTTP so far");
                said = total;
            }
        }
    }
}
