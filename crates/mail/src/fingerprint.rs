//! The identity of a mail.

use domain::mail::Refusal;
use domain::{EmailAddress, Fingerprint, WorkspaceId};
use memchr::memchr;
use sha2::{Digest as _, Sha256};

/// Part of every fingerprint, so that a change of recipe is a change of identity and not a silent mismatch.
const VERSION: &[u8] = b"1";

/// What makes a mail itself: nothing that a relay adds on the way, so a copy that came by a second mail server is the same mail.
pub(crate) struct Identity<'a> {
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) sender: &'a Result<EmailAddress, Refusal>,
    /// The raw field, unfolded; empty when there is none.
    pub(crate) message_id: &'a [u8],
    /// The raw field, unfolded; empty when there is none.
    pub(crate) date: &'a [u8],
    /// The raw field, unfolded; empty when there is none.
    pub(crate) subject: &'a [u8],
    pub(crate) body: &'a [u8],
}

pub(crate) fn of(identity: &Identity<'_>) -> Fingerprint {
    let sender = match identity.sender {
        Ok(address) => address.as_str().to_owned(),
        // No address holds a space, so a refusal is never mistaken for one.
        Err(refusal) => format!("refused {}", refusal.as_str()),
    };
    Fingerprint::of(&[
        VERSION,
        identity.workspace.as_str().as_bytes(),
        sender.as_bytes(),
        identity.message_id,
        identity.date,
        identity.subject,
        &body_hash(identity.body),
    ])
}

/// The hash of the body with `\n` line ends and no empty lines at its end: what mail servers and archives change in passing.
fn body_hash(body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut rest = body.trim_ascii_end();
    while let Some(at) = memchr(b'\r', rest) {
        let (line, end) = rest.split_at(at);
        hash.update(line);
        hash.update(b"\n");
        rest = end.strip_prefix(b"\r\n").or_else(|| end.strip_prefix(b"\r")).unwrap_or_default();
    }
    hash.update(rest);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_a_last_newline_do_not_make_another_mail() {
        assert_eq!(body_hash(b"one\r\ntwo\r\n"), body_hash(b"one\ntwo"));
        assert_eq!(body_hash(b"one\rtwo"), body_hash(b"one\ntwo\n\n"));
        assert_ne!(body_hash(b"one\ntwo"), body_hash(b"onetwo"));
    }
}
