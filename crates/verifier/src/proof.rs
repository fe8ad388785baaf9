//! The mathematics, by mail-auth. It is handed the one signature and the one key that may count, and asks DNS for nothing.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
};

use crate::fault::Fault;
use crate::signature::Candidate;

/// Verifies signatures.
#[derive(Clone)]
pub(crate) struct Prover(MessageAuthenticator);

impl Prover {
    pub(crate) const fn new(resolver: TokioResolver) -> Self {
        Self(MessageAuthenticator(resolver))
    }

    /// Whether the signature is right for the message. Hashing a long one takes a while, and a parser may panic on a hostile one: both
    /// happen away from where the other mails are worked on.
    pub(crate) async fn prove(
        &self,
        message: Arc<[u8]>,
        candidate: Candidate,
        key: DomainKey,
    ) -> Result<(), Fault> {
        let authenticator = self.0.clone();
        let proven = tokio::task::spawn_blocking(move || is_right(&authenticator, &message, &candidate, key));
        match proven.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::WrongSignature),
            Err(_panic) => Err(Fault::Panicked),
        }
    }
}

fn is_right(
    authenticator: &MessageAuthenticator,
    message: &[u8],
    candidate: &Candidate,
    key: DomainKey,
) -> bool {
    let Some(mut message) = AuthenticatedMessage::parse(message) else { return false };
    message.dkim_headers.retain(|header| header.value == candidate.value);
    message.dkim_headers.truncate(1);
    message.errors.clear();
    let key = OneKey { name: candidate.key_name(), key: Arc::new(key) };
    let parameters = Parameters::new(&message).with_txt_cache(&key);
    let verified = authenticator.verify_dkim(parameters).now_or_never().unwrap_or_default();
    verified.first().is_some_and(|output| *output.result() == DkimResult::Pass)
}

/// All that mail-auth may know of DNS. Whatever else a signature makes it ask for is not there.
struct OneKey {
    name: String,
    key: Arc<DomainKey>,
}

impl ResolverCache<Box<str>, Txt> for OneKey {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let key_name: Box<str> = self.name.as_str().into();
        Some(if key_name.borrow() == name {
            Txt::DomainKey(Arc::clone(&self.key))
        } else {
            Txt::Error(Error::Dns(DnsError::InvalidRecordType))
        })
    }

    fn remove<Q>(&self, _name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _name: Box<str>, _text: Txt, _valid_until: Instant) {}
}
