//! What an installation's own verification found, which is done outside this crate: it needs DNS.

use domain::{Assurance, EmailAddress};

use crate::authenticity::Verdict;

/// A message whose signatures can be verified: it is raw, and one address wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifiable {
    /// The message as it is read: what transports put around it is taken off.
    pub message: Vec<u8>,
    /// The address in `From`.
    pub sender: EmailAddress,
}

/// Hides the message.
impl std::fmt::Debug for Verifiable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifiable").field("bytes", &self.message.len()).finish_non_exhaustive()
    }
}

/// What was found of one message and its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFinding {
    /// What it comes to.
    pub verdict: OwnVerdict,
    /// What that rests on, in words for an operator; domains, never an address.
    pub evidence: Vec<String>,
}

/// What a verification can come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnVerdict {
    /// The sender's domain signed what was read.
    Authenticated,
    /// It did not, or not in a way that counts.
    NotAuthenticated,
    /// DNS did not say.
    Undecided,
}

impl OwnFinding {
    pub(crate) fn verdict(&self) -> Verdict {
        let assurance = match self.verdict {
            OwnVerdict::Authenticated => Assurance::Authenticated,
            OwnVerdict::NotAuthenticated | OwnVerdict::Undecided => Assurance::None,
        };
        Verdict { assurance, evidence: self.evidence.clone(), flags: Vec::new() }
    }

    /// Whether it says the opposite of what others proved. Others may prove less by the sending host, which says nothing of signatures.
    pub(crate) fn contradicts(&self, others: Assurance) -> bool {
        match self.verdict {
            OwnVerdict::Authenticated => others == Assurance::None,
            OwnVerdict::NotAuthenticated => others >= Assurance::Authenticated,
            OwnVerdict::Undecided => false,
        }
    }
}
