//! What can be wrong with a seed.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::auth::Mode;
use crate::kind::Kind;

/// Why a seed was not accepted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Not JSON, or not of the outer form `{"account", "test", "live"}`.
    #[error("the seed is not of the form {{\"account\": …, \"test\": …, \"live\": …}}")]
    Json(#[source] serde_json::Error),
    /// A list of the mode that no kind of object has.
    #[error("{mode}.{section}: there is no such section")]
    UnknownSection {
        /// `test` or `live`.
        mode: &'static str,
        /// The name as it was written.
        section: String,
    },
    /// A section that is not a list of objects, or keys that are not of their form.
    #[error("{mode}.{section}: not a list of objects of the right form")]
    Section {
        /// `test` or `live`.
        mode: &'static str,
        /// The section's name.
        section: String,
        /// What the reader of JSON said.
        source: serde_json::Error,
    },
    /// One field of one object.
    #[error("{place}: field `{field}` {problem}")]
    Field {
        /// Where it stands and its id: `test.charges[3] (ch_1)`.
        place: String,
        /// The field's path in the object: `billing_details.email`.
        field: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}

/// What is wrong with a field of a seed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// Stripe has no such field on this object.
    #[error("is not a field of this object")]
    Unknown,
    /// The field must be given.
    #[error("is missing")]
    Missing,
    /// The value is not of the field's type.
    #[error("must be {0}")]
    MustBe(String),
    /// A reference to an object that the seed does not have.
    #[error("names {id}, which is not among the {section} of this mode")]
    Dangling {
        /// The section that was searched.
        section: &'static str,
        /// The id that is not there.
        id: String,
    },
    /// An id or a key that was given before.
    #[error("is there twice")]
    Duplicate,
    /// More was refunded than charged.
    #[error("adds up to more than the charge's amount of {0}")]
    OverRefunded(i64),
}

impl SeedError {
    pub(crate) fn at(
        mode: Mode,
        kind: Kind,
        position: usize,
        given: &Map<String, Value>,
        field: String,
        problem: FieldProblem,
    ) -> Self {
        let id = given.get("id").and_then(Value::as_str).unwrap_or("no id");
        let place = format!("{}.{}[{position}] ({id})", mode.as_str(), kind.shape().section);
        Self::Field { place, field, problem }
    }
}
