use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lapin::types::ShortString;

/// The names of everything postill has on the broker. Each can be set; the defaults share the prefix `postill`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The topic exchange mails are sent to: routing keys `mail` and `mail.*` for live ones, `replay` and `replay.*`
    /// for history and load, `approval` and `approval.*` for decisions about what waits for a person; anything else
    /// goes to [`unrouted`](Self::unrouted). Default `postill.in`.
    pub in_exchange: Name,
    /// The queue of live mails. Default `postill.mail`.
    pub mail: Name,
    /// The queue of replayed and generated mails, apart so that they never delay live ones. Default `postill.replay`.
    pub replay: Name,
    /// The queue of decisions about approvals. Default `postill.approvals`.
    pub approvals: Name,
    /// The exchange of the retry queues and the stem of their names: `postill.mail.retry`, `postill.mail.retry.5s`.
    pub retry: Name,
    /// Where mails and decisions end that cannot be processed. Default `postill.mail.dead`.
    pub dead: Name,
    /// The topic exchange drafts are published to; bind queues of your own to it. Default `postill.drafts`.
    pub out_exchange: Name,
    /// The queue that gets every draft. Default `postill.drafts`.
    pub drafts: Name,
    /// The exchange and queue for what no binding wanted; must stay empty. Default `postill.unrouted`.
    pub unrouted: Name,
}

impl Names {
    /// The default names under another prefix.
    pub fn with_prefix(prefix: &str) -> Result<Self, InvalidName> {
        let name = |rest: &str| format!("{prefix}.{rest}").parse();
        Ok(Self {
            in_exchange: name("in")?,
            mail: name("mail")?,
            replay: name("replay")?,
            approvals: name("approvals")?,
            retry: name("mail.retry")?,
            dead: name("mail.dead")?,
            out_exchange: name("drafts")?,
            drafts: name("drafts")?,
            unrouted: name("unrouted")?,
        })
    }
}

impl Default for Names {
    fn default() -> Self {
        let name = |text: &str| Name(text.into());
        Self {
            in_exchange: name("postill.in"),
            mail: name("postill.mail"),
            replay: name("postill.replay"),
            approvals: name("postill.approvals"),
            retry: name("postill.mail.retry"),
            dead: name("postill.mail.dead"),
            out_exchange: name("postill.drafts"),
            drafts: name("postill.drafts"),
            unrouted: name("postill.unrouted"),
        }
    }
}

/// The name of a queue or an exchange: 1 to [`Name::LONGEST`] bytes, not one of RabbitMQ's own (`amq.…`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// In bytes. AMQP allows 255; the rest is left for what is appended to name the retry queues.
    pub const LONGEST: usize = 200;

    /// The name as it stands on the broker.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn retry_queue(&self, step: &str) -> Self {
        Self(format!("{}.{step}", self.0).into())
    }

    /// Safe to convert: no name is as long as a short string may be.
    pub(crate) fn short(&self) -> ShortString {
        ShortString::from(self.as_str())
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.len() > Self::LONGEST {
            return Err(InvalidName::TooLong { bytes: text.len() });
        }
        if text.starts_with("amq.") {
            return Err(InvalidName::Reserved);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Why a text cannot name a queue or an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing there.
    #[error("a queue or exchange needs a name")]
    Empty,
    /// Longer than [`Name::LONGEST`].
    #[error("a queue or exchange name of {bytes} bytes is longer than {longest}", longest = Name::LONGEST)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// RabbitMQ keeps these for itself and refuses to declare them.
    #[error("queue and exchange names starting with amq. belong to RabbitMQ")]
    Reserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_names_under_the_prefix_postill() {
        assert_eq!(Names::with_prefix("postill"), Ok(Names::default()));
    }

    #[test]
    fn names_the_broker_would_refuse_are_refused() {
        assert_eq!("".parse::<Name>(), Err(InvalidName::Empty));
        assert_eq!("amq.topic".parse::<Name>(), Err(InvalidName::Reserved));
        assert_eq!("x".repeat(201).parse::<Name>(), Err(InvalidName::TooLong { bytes: 201 }));
    }
}
