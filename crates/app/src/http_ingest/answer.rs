//! What a provider is told. The code is stable, the sentence is for the person who looks into the provider's log, and nothing of the mail
//! is in either.
//!
//! The status decides whether a provider tries again. What may be well later is 503, also where another status would say it better: SNS
//! gives a mail up at any status from 400 to 499.

use std::fmt::Write as _;
use std::time::Duration;

use axum::Json;
use axum::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use broker::PublishError;
use mail::{Provider, Unreadable};
use serde_json::json;

use super::object_store::NotFetched;
use super::queue::NotStored;

/// When to try again, in seconds. Most providers have a time-table of their own.
const RETRY_IN: HeaderValue = HeaderValue::from_static("30");

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(
        "the token is missing or wrong: post it as `Authorization: Bearer`, or as the password in the URL"
    )]
    WrongToken,
    #[error("no such provider; there are {}", providers())]
    UnknownProvider,
    #[error("the content type must be {expected}")]
    WrongContentType { expected: &'static str },
    #[error("the workspace is not one: 1 to 40 of a-z, 0-9 and -, starting with a letter, given once")]
    BadWorkspace,
    #[error("the post has more than {limit} bytes (mail.max_bytes)")]
    TooLarge { limit: usize },
    #[error("the post did not arrive within {limit:?} (ingest.read_seconds)")]
    TooSlow { limit: Duration },
    #[error("the post broke off")]
    BrokeOff,
    #[error("too many posts are being read (ingest.in_flight)")]
    Busy,
    #[error("the mail cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    #[error(
        "the signature is missing, wrong, too old, or was used for another mail (ingest.mailgun_signing_key)"
    )]
    BadSignature,
    #[error("the subscription does not come from Amazon, and is not confirmed")]
    ForeignSubscription,
    #[error("the subscription could not be confirmed")]
    NotConfirmed,
    #[error(
        "the mail lies in a bucket that cannot be read: set ingest.s3_region, ingest.s3_access_key and ingest.s3_secret_key"
    )]
    NoStore,
    #[error("the mail could not be fetched: {0}")]
    NotFetched(#[from] NotFetched),
    #[error("the mail is not stored: {0}")]
    NotStored(#[from] NotStored),
}

impl Refused {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::WrongToken => "wrong_token",
            Self::UnknownProvider => "unknown_provider",
            Self::WrongContentType { .. } => "wrong_content_type",
            Self::BadWorkspace => "bad_workspace",
            Self::TooLarge { .. } | Self::NotStored(NotStored::Refused(PublishError::TooLarge { .. })) => {
                "too_large"
            }
            Self::TooSlow { .. } => "too_slow",
            Self::BrokeOff => "broke_off",
            Self::Busy => "busy",
            Self::Unreadable(unreadable) => unreadable.code(),
            Self::BadSignature => "bad_signature",
            Self::ForeignSubscription => "foreign_subscription",
            Self::NotConfirmed => "subscription_not_confirmed",
            Self::NoStore => "content_elsewhere",
            Self::NotFetched(_) => "not_fetched",
            Self::NotStored(_) => "not_stored",
        }
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::UnknownProvider => StatusCode::NOT_FOUND,
            Self::WrongContentType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. }
            | Self::Unreadable(Unreadable::TooLarge { .. })
            | Self::NotFetched(NotFetched::TooLarge { .. })
            | Self::NotStored(NotStored::Refused(PublishError::TooLarge { .. })) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BadSignature => StatusCode::FORBIDDEN,
            Self::BadWorkspace | Self::BrokeOff | Self::Unreadable(_) | Self::ForeignSubscription => {
                StatusCode::BAD_REQUEST
            }
            Self::Busy | Self::NotConfirmed | Self::NoStore | Self::NotFetched(_) | Self::NotStored(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

fn providers() -> String {
    Provider::ALL.iter().fold(String::new(), |mut names, provider| {
        let separator = if names.is_empty() { "" } else { ", " };
        // Writing to a text does not fail.
        write!(names, "{separator}{}", provider.as_str()).ok();
        names
    })
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = Json(json!({ "error": self.code(), "message": self.to_string() }));
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        // Much of the post may not have been read, and the connection ends with that: the next post must not be sent into its end.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, RETRY_IN);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"postill\""));
        }
        response
    }
}

/// What became of a post that was taken.
pub(super) enum Taken {
    /// The mail lies in the queue, under this id.
    Stored(domain::Digest),
    /// It was no mail, and was seen to.
    SeenTo(&'static str),
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        match self {
            Self::Stored(id) => Json(json!({ "id": id.to_string() })).into_response(),
            Self::SeenTo(what) => Json(json!({ "done": what })).into_response(),
        }
    }
}
