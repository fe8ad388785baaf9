//! What keeps a request from its page, as a page that says what to do.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::Role;
use store::vault::VaultError;
use store::{LedgerError, MigrateError, SealAnewError};

use crate::assets::{self, Addresses};
use crate::password::HashError;

/// What keeps a request from its page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Complaint {
    /// Nobody is signed in, or no longer.
    #[error("nobody is signed in")]
    NotSignedIn {
        /// Where they wanted to go.
        to: String,
    },
    /// There is nothing here, or nothing for this person.
    #[error("there is no such page")]
    NoSuchPage,
    /// The person may look, but not do that.
    #[error("that takes a greater role")]
    NotAllowed {
        /// The least role that may.
        takes: Role,
    },
    /// The person has no role anywhere.
    #[error("the person has no role")]
    NoRole,
    /// The form was not sent by one of our pages of this session.
    #[error("the form comes from elsewhere")]
    FormFromElsewhere,
    /// The form lacks something, or holds what it cannot hold.
    #[error("the form cannot be read")]
    BadForm(&'static str),
    /// The form is larger than any of ours.
    #[error("the form is too large")]
    TooLarge {
        /// In bytes.
        most: usize,
    },
    /// The ledger does not answer, or refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Stored bytes cannot be read.
    #[error("what is stored cannot be read")]
    Stored(#[from] serde_json::Error),
    /// A key cannot be sealed.
    #[error("the key cannot be sealed")]
    Seal(#[from] VaultError),
    /// A kept report of a replay cannot be read.
    #[error("a kept report cannot be read")]
    Report(#[from] replay_report::ReadError),
    /// The steps of the tables cannot be read.
    #[error(transparent)]
    Steps(MigrateError),
    /// A password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// A page cannot be written.
    #[error("the page cannot be written")]
    Page(#[from] askama::Error),
    /// A task ended early.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

#[derive(Template)]
#[template(path = "complaint.html")]
struct Page<'a> {
    files: &'static Addresses,
    code: u16,
    title: &'a str,
    remedy: &'a str,
}

impl Complaint {
    /// Status, what is wrong, and what to do.
    fn told(&self) -> (StatusCode, String, String) {
        let (status, title, remedy) = match self {
            Self::NotSignedIn { .. } => (StatusCode::UNAUTHORIZED, "Please sign in", ""),
            Self::NoSuchPage => (
                StatusCode::NOT_FOUND,
                "There is no such page",
                "The address may be mistyped, what it showed may be gone, or it belongs to a workspace in which you have no role.",
            ),
            Self::NotAllowed { takes } => {
                let title = format!("That takes the role {takes}");
                let remedy = "An administrator can give you the role, under People.".to_owned();
                return (StatusCode::FORBIDDEN, title, remedy);
            }
            Self::NoRole => (
                StatusCode::FORBIDDEN,
                "You have no role yet",
                "You are signed in, but may look at no workspace. An administrator gives roles, under People.",
            ),
            Self::FormFromElsewhere => (
                StatusCode::FORBIDDEN,
                "Nothing was changed",
                "The form was not sent by a page of this session. Open the page again and send it once more.",
            ),
            Self::BadForm(what) => {
                let remedy = "Nothing was changed. Go back and correct it.".to_owned();
                return (StatusCode::UNPROCESSABLE_ENTITY, (*what).to_owned(), remedy);
            }
            Self::TooLarge { most } => {
                let title = format!("That is larger than {} kB", most / 1000);
                return (StatusCode::PAYLOAD_TOO_LARGE, title, "Nothing was changed.".to_owned());
            }
            Self::Ledger(error) if error.is_transient() => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The ledger does not answer",
                "The database is away or busy. Nothing was changed; try again in a moment.",
            ),
            Self::Ledger(LedgerError::NotMigrated(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The ledger lacks a migration",
                "Run “postill migrate” once, then open the page again.",
            ),
            Self::Ledger(_)
            | Self::Stored(_)
            | Self::Steps(_)
            | Self::Report(_)
            | Self::Hash(_)
            | Self::Seal(_)
            | Self::NoRandomness
            | Self::Page(_)
            | Self::CutOff(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here",
                "The log of the console says what. Nothing was changed unless the audit trail says so.",
            ),
        };
        (status, title.to_owned(), remedy.to_owned())
    }
}

impl From<SealAnewError> for Complaint {
    fn from(error: SealAnewError) -> Self {
        match error {
            SealAnewError::Ledger(error) => Self::Ledger(error),
            SealAnewError::Vault(error) => Self::Seal(error),
        }
    }
}

impl IntoResponse for Complaint {
    fn into_response(self) -> Response {
        if let Self::NotSignedIn { to } = &self {
            return to_sign_in(to);
        }
        let (status, title, remedy) = self.told();
        if status.is_server_error() {
            tracing::error!(error = chain(&self), "a page of the console failed");
        }
        let page = Page { files: assets::addresses(), code: status.as_u16(), title: &title, remedy: &remedy };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_unwritten) => status.into_response(),
        }
    }
}

fn to_sign_in(to: &str) -> Response {
    let place = match HeaderValue::from_str(&format!("/sign-in?to={}", encoded(to))) {
        Ok(place) => place,
        Err(_control) => HeaderValue::from_static("/sign-in"),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
