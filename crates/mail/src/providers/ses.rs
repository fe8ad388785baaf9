//! Amazon SES, notified through SNS.
//!
//! SNS posts an envelope (`Type`, `TopicArn`, `Message`, …) whose `Message` is the notification as text; with raw message delivery the
//! notification stands alone. The notification (`notificationType: Received`) has `receipt` with the verdicts and the action,
//! `mail.commonHeaders`, and with the SNS action `content`, the raw message, in UTF-8 or base64 as `receipt.action.encoding` says. Base64
//! is the one to choose: UTF-8 loses other bytes on the way. With the S3 action there is no content, only bucket and key.
//! Sources: <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html> and
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>.
//!
//! The verdicts are `PASS`, `FAIL`, `GRAY` or `PROCESSING_FAILED`. `dmarcVerdict: PASS` is `weak`: it says that SPF or DKIM was aligned
//! with From, but not which, and a signature is what `authenticated` rests on. It counts only beside a passed SPF or DKIM, without which
//! it contradicts itself. SPF and DKIM passed alone prove nothing, since they may be another domain's. `FAIL` is `none`, and stays so
//! whatever the message says. `GRAY`, `PROCESSING_FAILED` and a missing verdict are no verdict. The verdict is for the one address in
//! `commonHeaders.from`; `mail.source` is the envelope and not read.
//!
//! SES also writes its results into the message (`Authentication-Results: amazonses.com`), and those name the signature: an operator
//! who has the content lists `amazonses.com` among the verifiers to reach `authenticated`. Beside it `ses` as a trusted producer would
//! only hold it down, since of two verdicts the lower counts.

use domain::Assurance;
use domain::inbound::{InboundMail, ProducerVerdict};
use serde::Deserialize;

use crate::json;
use crate::limits::Limits;
use crate::providers::{self, Provider};
use crate::sender;
use crate::unreadable::Unreadable;

/// What SNS posted.
#[derive(Debug)]
pub enum Notice {
    /// A mail with its content.
    Mail(Box<InboundMail>),
    /// A mail whose content lies in a bucket.
    Stored(Stored),
    /// The topic asks whether this is the right place; visiting the URL says yes.
    Subscription {
        /// The topic's ARN.
        topic: String,
        /// Where to say yes. It came from outside and must be checked before it is visited.
        url: String,
    },
    /// The topic was told to send no more.
    SubscriptionEnded {
        /// The topic's ARN.
        topic: String,
    },
}

/// Where the content of a mail lies.
#[derive(Debug)]
pub struct Stored {
    /// The bucket's name, as it came.
    pub bucket: String,
    /// The object's key, as it came.
    pub key: String,
    auth: Option<ProducerVerdict>,
}

impl Stored {
    /// The mail with the content that was fetched.
    #[must_use]
    pub fn with_content(self, message: &[u8]) -> InboundMail {
        InboundMail { auth: self.auth, ..providers::raw(message) }
    }
}

/// Reads what SNS posted, whatever it is.
pub fn notice(body: &[u8], limits: &Limits) -> Result<Notice, Unreadable> {
    let outer: Outer = json::document(body, limits)?;
    let topic = outer.topic.unwrap_or_default();
    match outer.kind.as_deref() {
        None => received(body, limits),
        Some("SubscriptionConfirmation") => {
            let url = outer.subscribe_url.ok_or(Unreadable::Missing { path: "SubscribeURL" })?;
            Ok(Notice::Subscription { topic, url })
        }
        Some("UnsubscribeConfirmation") => Ok(Notice::SubscriptionEnded { topic }),
        Some(_notification) => {
            let message = outer.message.ok_or(Unreadable::Missing { path: "Message" })?;
            received(message.as_bytes(), limits).map_err(|error| error.below("Message"))
        }
    }
}

/// Reads a notification that holds a mail.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    match notice(body, limits)? {
        Notice::Mail(mail) => Ok(*mail),
        Notice::Stored(_) => Err(Unreadable::ContentElsewhere),
        Notice::Subscription { .. } | Notice::SubscriptionEnded { .. } => Err(Unreadable::NoMailInside),
    }
}

fn received(body: &[u8], limits: &Limits) -> Result<Notice, Unreadable> {
    let notification: Notification = json::document(body, limits)?;
    match notification.kind.as_deref() {
        Some("Received") => {}
        Some(_bounce_or_delivery) => return Err(Unreadable::NoMailInside),
        None => return Err(Unreadable::Missing { path: "notificationType" }),
    }
    let auth = verdict(&notification);
    let action = notification.receipt.action;
    if let Some(content) = notification.content {
        let is_base64 = action.encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
        let mail = if is_base64 {
            InboundMail { raw: Some(content), ..InboundMail::default() }
        } else {
            providers::raw(content.as_bytes())
        };
        return Ok(Notice::Mail(Box::new(InboundMail { auth, ..mail })));
    }
    match (action.bucket_name, action.object_key) {
        (Some(bucket), Some(key)) => Ok(Notice::Stored(Stored { bucket, key, auth })),
        (_, None) | (None, _) => Err(Unreadable::Missing { path: "content" }),
    }
}

/// What SES found, and for which domain. Nothing when it did not come to a result.
fn verdict(notification: &Notification) -> Option<ProducerVerdict> {
    let [from] = notification.mail.common_headers.from.as_slice() else { return None };
    let header_from = sender::mailbox(from.as_bytes()).ok()?.address.domain().to_owned();
    let receipt = &notification.receipt;
    let is = |verdict: &Option<Status>, status: &str| {
        verdict.as_ref().is_some_and(|found| found.status.as_deref() == Some(status))
    };
    let has_support = is(&receipt.spf_verdict, "PASS") || is(&receipt.dkim_verdict, "PASS");
    let assurance = if is(&receipt.dmarc_verdict, "PASS") {
        if has_support { Assurance::Weak } else { Assurance::None }
    } else if is(&receipt.dmarc_verdict, "FAIL") {
        Assurance::None
    } else {
        return None;
    };
    Some(ProducerVerdict { producer: Provider::Ses.as_str().to_owned(), assurance, header_from })
}

#[derive(Deserialize)]
struct Outer {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "TopicArn")]
    topic: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "notificationType")]
    kind: Option<String>,
    #[serde(default)]
    receipt: Receipt,
    #[serde(default)]
    mail: Headers,
    content: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Receipt {
    spf_verdict: Option<Status>,
    dkim_verdict: Option<Status>,
    dmarc_verdict: Option<Status>,
    action: Action,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Action {
    encoding: Option<String>,
    bucket_name: Option<String>,
    object_key: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Headers {
    common_headers: CommonHeaders,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommonHeaders {
    from: Vec<String>,
}
