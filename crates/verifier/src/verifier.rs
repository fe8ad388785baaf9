//! The path of one mail through this crate.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{EmailAddress, Timestamp};
use mail::{OwnFinding, OwnVerdict};

use crate::alignment::{self, Alignment};
use crate::fault::Fault;
use crate::header;
use crate::key;
use crate::lookup::{Dns, ResolverError};
use crate::proof::Prover;
use crate::signature::{self, Candidate};

/// How verification is done.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name servers to ask; those of the system when empty. Whoever answers for them decides which keys are right: a resolver on
    /// this machine or in this network that validates DNSSEC is the better choice.
    pub servers: Vec<SocketAddr>,
    /// How long one question to DNS may take, all tries together.
    pub lookup_timeout: Duration,
    /// How long a mail may be held up altogether. What is not decided by then is not authenticated.
    pub total_timeout: Duration,
    /// The longest message that is looked at, in bytes.
    pub max_message_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            lookup_timeout: Duration::from_secs(4),
            total_timeout: Duration::from_secs(10),
            max_message_bytes: 16 << 20,
        }
    }
}

/// Verifies mail. Clones share the connections and what DNS answered.
#[derive(Clone)]
pub struct Verifier {
    dns: Dns,
    prover: Prover,
    config: Config,
}

/// Shows how it verifies, not what it remembers.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier that has asked nothing yet. To be called where tokio runs.
    pub fn new(config: Config) -> Result<Self, ResolverError> {
        let resolver = crate::lookup::resolver(&config)?;
        let dns = Dns::new(resolver.clone(), config.lookup_timeout);
        Ok(Self { dns, prover: Prover::new(resolver), config })
    }

    /// Whether the domain of `sender`, the one address in `From`, signed `message`, as seen at `now`.
    ///
    /// Takes no longer than [`Config::total_timeout`], asks DNS at most twice for each of the few signatures that are looked at, and
    /// never fails: trouble is a finding.
    pub async fn verify(&self, message: Vec<u8>, sender: &EmailAddress, now: Timestamp) -> OwnFinding {
        let judged = self.judge(Arc::from(header::as_sent(message)), sender.domain(), now);
        match tokio::time::timeout(self.config.total_timeout, judged).await {
            Ok(finding) => finding,
            Err(_elapsed) => finding(OwnVerdict::Undecided, vec![said(Fault::TooSlow)]),
        }
    }

    async fn judge(&self, message: Arc<[u8]>, author: &str, now: Timestamp) -> OwnFinding {
        let candidates = match self.candidates(&message, author, now).await {
            Ok(candidates) => candidates,
            Err(fault) => return finding(OwnVerdict::NotAuthenticated, vec![said(fault)]),
        };
        let mut evidence = Vec::new();
        let mut verdict = OwnVerdict::NotAuthenticated;
        for candidate in candidates {
            let named = candidate.to_string();
            let proven = match candidate.usable() {
                Ok(candidate) => self.prove(&message, candidate, author).await,
                Err(fault) => Err(fault),
            };
            match proven {
                Ok(()) => {
                    let passed = vec![format!("own verification: dkim=pass {named}")];
                    return finding(OwnVerdict::Authenticated, passed);
                }
                Err(fault) => {
                    if fault.is_transient() {
                        verdict = OwnVerdict::Undecided;
                    }
                    evidence.push(format!("{} {named}", said(fault)));
                }
            }
        }
        finding(verdict, evidence)
    }

    async fn candidates(
        &self,
        message: &Arc<[u8]>,
        author: &str,
        now: Timestamp,
    ) -> Result<Vec<Candidate>, Fault> {
        if message.len() > self.config.max_message_bytes {
            return Err(Fault::TooLong);
        }
        let (message, author) = (Arc::clone(message), author.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let parted = header::parted(&message)?;
            signature::candidates(&parted, &author, now)
        });
        found.await.unwrap_or(Err(Fault::Panicked))
    }

    /// One signature: its key, the mathematics, and whom it speaks for.
    async fn prove(&self, message: &Arc<[u8]>, candidate: Candidate, author: &str) -> Result<(), Fault> {
        let records = self.dns.texts(&candidate.key_name()).await?;
        let key = key::only(&records, candidate.algorithm)?;
        let alignment = candidate.alignment;
        self.prover.prove(Arc::clone(message), candidate, key).await?;
        match alignment {
            Alignment::Strict => Ok(()),
            Alignment::Relaxed => alignment::allows_relaxed(&self.dns, author).await,
        }
    }
}

fn said(fault: Fault) -> String {
    format!("own verification: {fault}")
}

fn finding(verdict: OwnVerdict, evidence: Vec<String>) -> OwnFinding {
    OwnFinding { verdict, evidence }
}
