//! Why there is no reading, sorted by what it says of the endpoint. Nothing of a mail, an answer or a key is in here.

use std::time::Duration;

use crate::budget::UsedUp;

/// Why the language model gave no reading that can be used. The reading from before stands, whichever it is.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Neither a subject nor a text was left to show.
    #[error("the mail has no words to show")]
    NothingWritten,
    /// As many mails wait for an answer as may; nothing was sent.
    #[error("as many mails wait for the language model as may")]
    Busy,
    /// The endpoint failed several times, and is left alone for a while; nothing was sent.
    #[error("the language model failed repeatedly and is left alone for a while")]
    Paused,
    /// Nothing was sent.
    #[error("the budget for the language model is used up ({0})")]
    BudgetUsedUp(UsedUp),
    /// No connection was made; nothing was sent.
    #[error("the language model could not be reached")]
    Unreachable {
        /// The cause, without the URL.
        source: reqwest::Error,
    },
    /// No whole answer came in time.
    #[error("the language model did not answer in time")]
    TimedOut,
    /// The connection ended before the whole answer was read.
    #[error("the connection to the language model broke")]
    Broken {
        /// The cause, without the URL.
        source: reqwest::Error,
    },
    /// The endpoint failed, 5xx.
    #[error("the language model failed with status {status}")]
    ServerFailed {
        /// The HTTP status.
        status: u16,
    },
    /// More requests than the endpoint takes, 429.
    #[error("the language model takes no more requests at the moment")]
    RateLimited {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The key is missing or was not accepted, 401 or 403.
    #[error("the language model does not accept the key (status {status})")]
    KeyRefused {
        /// The HTTP status.
        status: u16,
    },
    /// The endpoint is elsewhere, 3xx. It is not followed: the text of a mail goes where the configuration says, nowhere else.
    #[error("the language model redirects elsewhere (status {status}), which is not followed")]
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// The endpoint refused the request for another reason: most often it has no such model, 404, or does not know a parameter, 400.
    #[error("the language model refused the request with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is larger than [`crate::Config::max_body_bytes`].
    #[error("the answer of the language model is too large")]
    TooLarge,
    /// The answer is no chat completion with one text in it.
    #[error("the answer is no chat completion")]
    NotACompletion,
    /// The model declined to answer.
    #[error("the language model declined to answer")]
    Declined,
    /// The answer was cut off at the most tokens it may have.
    #[error("the answer of the language model was cut off")]
    CutOff,
    /// The text stands in a Markdown fence.
    #[error("the language model put a Markdown fence around its answer")]
    Fenced,
    /// The text is not one JSON value and nothing besides.
    #[error("the language model did not answer with JSON alone")]
    NotJson,
    /// The JSON has other fields than the schema, or of other types.
    #[error("the answer of the language model does not fit the schema")]
    WrongShape,
    /// The function is none of those the schema names.
    #[error("the language model named a function that does not exist")]
    UnknownFunction,
    /// The words it quotes do not stand in the mail.
    #[error("the language model quoted words that are not in the mail")]
    InventedQuote,
    /// What it quotes is too little to show anything, or part of a word.
    #[error("the language model quoted too little of the mail to show anything")]
    ThinQuote,
}

impl ReadError {
    /// Its name in logs, stable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NothingWritten => "nothing_written",
            Self::Busy => "busy",
            Self::Paused => "paused",
            Self::BudgetUsedUp(_) => "budget_used_up",
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Broken { .. } => "broken",
            Self::ServerFailed { .. } => "server_failed",
            Self::RateLimited { .. } => "rate_limited",
            Self::KeyRefused { .. } => "key_refused",
            Self::Redirected { .. } => "redirected",
            Self::Refused { .. } => "refused",
            Self::TooLarge => "too_large",
            Self::NotACompletion => "not_a_completion",
            Self::Declined => "declined",
            Self::CutOff => "cut_off",
            Self::Fenced => "fenced",
            Self::NotJson => "not_json",
            Self::WrongShape => "wrong_shape",
            Self::UnknownFunction => "unknown_function",
            Self::InventedQuote => "invented_quote",
            Self::ThinQuote => "thin_quote",
        }
    }

    /// Whether the same mail may get a reading later without anybody doing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Busy
            | Self::Paused
            | Self::BudgetUsedUp(_)
            | Self::Unreachable { .. }
            | Self::TimedOut
            | Self::Broken { .. }
            | Self::ServerFailed { .. }
            | Self::RateLimited { .. } => true,
            Self::NothingWritten
            | Self::KeyRefused { .. }
            | Self::Redirected { .. }
            | Self::Refused { .. }
            | Self::TooLarge
            | Self::NotACompletion
            | Self::Declined
            | Self::CutOff
            | Self::Fenced
            | Self::NotJson
            | Self::WrongShape
            | Self::UnknownFunction
            | Self::InventedQuote
            | Self::ThinQuote => false,
        }
    }

    /// Whether it counts for the breaker. What a mail can bring about by its words does not, or one sender could take the second reader
    /// away from all others: declining, running on, and quotes. Nor does what kept the call from being made. Breaking the schema counts:
    /// a server that enforces it cannot be talked into that, and one whose answers are never of use must not cost its budget unseen.
    pub(crate) const fn blames_the_endpoint(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut
            | Self::Broken { .. }
            | Self::ServerFailed { .. }
            | Self::RateLimited { .. }
            | Self::KeyRefused { .. }
            | Self::Redirected { .. }
            | Self::Refused { .. }
            | Self::TooLarge
            | Self::NotACompletion
            | Self::Fenced
            | Self::NotJson
            | Self::WrongShape
            | Self::UnknownFunction => true,
            Self::NothingWritten
            | Self::Busy
            | Self::Paused
            | Self::BudgetUsedUp(_)
            | Self::Declined
            | Self::CutOff
            | Self::InventedQuote
            | Self::ThinQuote => false,
        }
    }

    /// Whether the endpoint certainly never saw the request, so that no token was spent.
    pub(crate) const fn cost_nothing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// How long the endpoint wants to be left alone.
    pub(crate) const fn not_before(&self) -> Option<Duration> {
        if let Self::RateLimited { retry_after } = self { *retry_after } else { None }
    }
}
