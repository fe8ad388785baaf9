//! Verifies the signatures of a mail (DKIM, RFC 6376) with keys from DNS, for an installation whose mail server writes no verdict.
//!
//! It answers one question: did the domain of `From` sign what we read? Everything else about a mail is the business of `mail`, and
//! what follows from the answer is that of `engine`. Canonical forms and signatures are mail-auth's work. What may count is decided
//! here, and more strictly than a mail server decides it: a server guards a mailbox, this may move money.
//!
//! [`Verifier::verify`] is the path. Beside it: `header` (the fields, strictly), `signature` (which signatures may count), `multipart` (what a signed body
//! forces), `key` (which
//! keys), `alignment` (for whom), `lookup` (DNS), `proof` (the mathematics).
//!
//! What no signature proves: that the mail is sent for the first time. Whoever has a signed mail can send it again. So what makes a
//! mail the same mail to us must be signed: its Message-ID, `Date` and `Subject`, and the fields that say how the body is read. Then a
//! repetition is the mail that was answered already, whatever relays put around it.

#![warn(missing_docs)]

mod verifier;

mod alignment;
mod fault;
mod header;
mod key;
mod lookup;
mod multipart;
mod proof;
mod signature;
mod tags;

pub use lookup::ResolverError;
pub use verifier::{Config, Verifier};
