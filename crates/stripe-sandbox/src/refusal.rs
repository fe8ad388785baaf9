//! How Stripe says no: the error bodies, in its words.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::auth::Mode;
use crate::kind::Kind;

/// An answer that is not 200. Holds what the body needs; the request id is known only when it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error_type: ErrorType,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    /// The value of `Stripe-Should-Retry`, where Stripe sends one.
    pub(crate) should_retry: Option<bool>,
}

/// The `type` of an error on the wire. The fourth value, `card_error`, belongs to endpoints that are not offered here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorType {
    InvalidRequest,
    Idempotency,
    Api,
}

impl ErrorType {
    fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Idempotency => "idempotency_error",
            Self::Api => "api_error",
        }
    }
}

impl Refusal {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            error_type: ErrorType::InvalidRequest,
            code: None,
            message: message.into(),
            param: None,
            should_retry: None,
        }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn with_param(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn of_type(self, error_type: ErrorType) -> Self {
        Self { error_type, ..self }
    }

    /// The body on the wire. `mode` is known once the key was accepted; only then is there a page in the account's log.
    pub(crate) fn body(&self, request_id: &str, mode: Option<Mode>, now: i64) -> Bytes {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.error_type.as_str()));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            let page = code.replace('_', "-");
            error.insert("code".to_owned(), json!(code));
            error.insert("doc_url".to_owned(), json!(format!("https://stripe.com/docs/error-codes/{page}")));
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        if let Some(mode) = mode {
            let folder = mode.dashboard_folder();
            let page = format!("https://dashboard.stripe.com/{folder}logs/{request_id}?t={now}");
            error.insert("request_log_url".to_owned(), json!(page));
        }
        Bytes::from(json!({ "error": Value::Object(error) }).to_string())
    }
}

/// Requests that are wrong in themselves: nothing was executed, nothing is saved under their key.
impl Refusal {
    pub(crate) fn unrecognized_url(method: &str, path: &str) -> Self {
        Self::invalid(format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at \
             https://support.stripe.com/."
        ))
        .with_status(404)
    }

    pub(crate) fn unknown_parameters(names: &[String]) -> Self {
        let plural = if names.len() == 1 { "" } else { "s" };
        Self::invalid(format!("Received unknown parameter{plural}: {}", names.join(", ")))
            .with_code("parameter_unknown")
            .with_param(names.first().cloned().unwrap_or_default())
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::invalid(format!("Missing required param: {name}."))
            .with_code("parameter_missing")
            .with_param(name)
    }

    pub(crate) fn empty_parameter(name: &str) -> Self {
        Self::invalid(format!(
            "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; \
             however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value."
        ))
        .with_code("parameter_invalid_empty")
        .with_param(name)
    }

    pub(crate) fn invalid_integer(name: &str, given: &str) -> Self {
        Self::invalid(format!("Invalid integer: {given}"))
            .with_code("parameter_invalid_integer")
            .with_param(name)
    }

    pub(crate) fn integer_out_of_range(name: &str, given: i64, least: i64, most: i64) -> Self {
        let message = if given < least {
            format!("This value must be greater than or equal to {least}.")
        } else {
            format!("This value must be less than or equal to {most}.")
        };
        Self::invalid(message).with_code("parameter_invalid_integer").with_param(name)
    }

    pub(crate) fn only_one_of(names: &str, param: &str) -> Self {
        Self::invalid(format!("You may only specify one of these parameters: {names}.")).with_param(param)
    }

    pub(crate) fn cannot_be_expanded(path: &str) -> Self {
        Self::invalid(format!("This property cannot be expanded ({path}).")).with_param("expand")
    }
}

/// Refusals that only execution can find.
impl Refusal {
    /// `param` names the path's id or the parameter; the status is 404 for a path and 400 for a parameter.
    pub(crate) fn no_such(kind: Kind, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {}: '{id}'", kind.shape().spoken))
            .with_code("resource_missing")
            .with_param(param)
    }

    /// Adds Stripe's hint that the object is there, in the mode of the other kind of key.
    pub(crate) fn but_exists_in(self, other: Mode) -> Self {
        let (there, here) = (other.as_str(), other.other().as_str());
        let message = format!(
            "{}; a similar object exists in {there} mode, but a {here} mode key was used to make this request.",
            self.message
        );
        Self { message, ..self }
    }
}

/// Refusals of the whole account.
impl Refusal {
    pub(crate) fn balance_insufficient() -> Self {
        Self::invalid("Insufficient funds in your Stripe balance to refund this amount.")
            .with_code("balance_insufficient")
    }
}

/// Refusals of the whole account or key, before anything is looked at.
impl Refusal {
    pub(crate) fn no_key() -> Self {
        Self::invalid(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer \
             auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for \
             details, or we can help at https://support.stripe.com/.",
        )
        .with_status(401)
    }

    pub(crate) fn unknown_key(masked: &str) -> Self {
        Self::invalid(format!("Invalid API Key provided: {masked}")).with_status(401)
    }

    pub(crate) fn expired_key(masked: &str) -> Self {
        Self::invalid(format!("Expired API Key provided: {masked}"))
            .with_status(401)
            .with_code("api_key_expired")
    }

    pub(crate) fn publishable_key() -> Self {
        Self::invalid(
            "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list \
             of your API keys at https://dashboard.stripe.com/account/apikeys.",
        )
        .with_status(403)
        .with_code("secret_key_required")
    }

    pub(crate) fn unknown_version(version: &str) -> Self {
        Self::invalid(format!("Invalid Stripe API version: {version}"))
    }

    pub(crate) fn rate_limited() -> Self {
        Self::invalid(
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        )
        .with_status(429)
        .with_code("rate_limit")
    }

    pub(crate) fn lock_timeout() -> Self {
        Self::invalid(
            "This object cannot be accessed right now because another API request or Stripe process is currently \
             accessing it. If you see this error intermittently, retry the request. If you see this error frequently \
             and are making multiple concurrent requests to a single object, make your requests serially or at a lower \
             rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
        )
        .with_status(409)
        .with_code("lock_timeout")
    }

    pub(crate) fn server_error() -> Self {
        Self::invalid("An unknown error occurred").with_status(500).of_type(ErrorType::Api)
    }
}

/// Refusals about idempotency keys.
impl Refusal {
    pub(crate) fn key_in_use(key: &str) -> Self {
        Self::invalid(format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you submitted \
             twice, and the other request is still going through): {key}. Please try again later."
        ))
        .with_status(409)
        .with_code("idempotency_key_in_use")
    }

    pub(crate) fn key_used_with_other_parameters(key: &str) -> Self {
        Self::invalid(format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using \
             a key other than '{key}' if you meant to execute a different request."
        ))
        .of_type(ErrorType::Idempotency)
    }

    pub(crate) fn key_used_for_other_endpoint(key: &str, now: &str, first: &str) -> Self {
        Self::invalid(format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{now}' vs \
             '{first}'). Try using a key other than '{key}' if you meant to execute a different request."
        ))
        .of_type(ErrorType::Idempotency)
    }

    pub(crate) fn key_too_long() -> Self {
        Self::invalid("The idempotency key is too long: it can have up to 255 characters.")
            .of_type(ErrorType::Idempotency)
    }
}
