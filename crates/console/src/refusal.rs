//! Why something was not done, and what to do about it.

/// Why something was not done, and what to do about it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// A sentence.
    pub(crate) what: String,
    /// Sentences; empty when the first says it all.
    pub(crate) remedy: String,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}
