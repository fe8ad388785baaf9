//! Whether the language model answers, and by the schema. It is asked about a text that is always the same and nobody's.

use std::sync::Arc;
use std::time::Instant;

use domain::{Function, SystemClock};
use language_model::{ReadError, Readable, Reading};

use super::Found;
use crate::complaint::{Advice, chain};
use crate::connections;
use crate::settings::LanguageModelSettings;

pub(super) async fn answers(settings: &LanguageModelSettings) -> anyhow::Result<Found> {
    let model = connections::language_model(settings, Arc::new(SystemClock))?;
    let who = format!("{} at {}", model.name(), model.endpoint());
    let started = Instant::now();
    let read = model.probe().await;
    let took = started.elapsed().as_millis();
    match read {
        Ok(Reading::Asks { function: Readable::InvoiceLookup, .. }) => {
            Ok(Found::Good(format!("{who} answers by the schema, in {took} ms")))
        }
        Ok(other) => {
            let (read, right) = (other.as_str(), Function::InvoiceLookup);
            let text = format!(
                "{who} answers by the schema, in {took} ms, but takes a plain wish for an invoice for {read} \
                 instead of {right}: a larger model reads better"
            );
            Ok(Found::Note(text))
        }
        Err(error) => {
            let what = format!("{who}: {}", chain(&error));
            Err(Advice::unavailable(what, remedy(&error)))
        }
    }
}

const fn remedy(error: &ReadError) -> &'static str {
    match error {
        ReadError::Unreachable { .. } | ReadError::Broken { .. } => {
            "is it running there? language_model.url says where; mails are answered without it meanwhile"
        }
        ReadError::TimedOut => {
            "a smaller model answers sooner; language_model.timeout_ms says how long a mail waits"
        }
        ReadError::ServerFailed { .. } | ReadError::RateLimited { .. } => {
            "look at that server; mails are answered without it meanwhile"
        }
        ReadError::KeyRefused { .. } => {
            "set language_model.api_key, as with POSTILL_LANGUAGE_MODEL_API_KEY_FILE"
        }
        ReadError::Redirected { .. } => "set language_model.url to where it is now",
        ReadError::Refused { .. } => {
            "language_model.model must be a name that the server lists, and language_model.url end where /chat/completions begins"
        }
        ReadError::TooLarge | ReadError::CutOff => {
            "choose a model that answers at once: one that thinks first runs out of tokens"
        }
        ReadError::NotACompletion
        | ReadError::Declined
        | ReadError::Fenced
        | ReadError::NotJson
        | ReadError::WrongShape
        | ReadError::UnknownFunction
        | ReadError::InventedQuote
        | ReadError::ThinQuote => {
            "choose a model that keeps to a JSON schema and copies words exactly, or a server that enforces response_format"
        }
        ReadError::NothingWritten | ReadError::Busy | ReadError::Paused | ReadError::BudgetUsedUp(_) => {
            "try again"
        }
    }
}
