//! How dead mail is named: the id of a group, what its sentences have in common, a place within it.

use std::fmt;
use std::str::FromStr;

use domain::{Digest, RunKind, Timestamp, WorkspaceId};

/// The identity of a group: `grp_` and 16 hexadecimal digits, a digest of workspace, run, code and what its sentences have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeadGroupId(String);

impl DeadGroupId {
    const PREFIX: &str = "grp_";
    const DIGITS: usize = 16;

    pub(crate) fn of(workspace: &WorkspaceId, run: RunKind, code: &str, shape: &str) -> Self {
        let parts = [workspace.as_str(), run.as_str(), code, shape].map(str::as_bytes);
        let digits: String = Digest::of(&parts).to_string().chars().take(Self::DIGITS).collect();
        Self(format!("{}{digits}", Self::PREFIX))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeadGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text names no group of dead mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected grp_ and 16 hexadecimal digits")]
pub struct DeadGroupIdError;

impl FromStr for DeadGroupId {
    type Err = DeadGroupIdError;

    fn from_str(text: &str) -> Result<Self, DeadGroupIdError> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(DeadGroupIdError)?;
        let is_id = digits.len() == Self::DIGITS
            && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned())).ok_or(DeadGroupIdError)
    }
}

/// A place among the mails of a group. As text it is a time in milliseconds, a dot, and a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadMark {
    pub(crate) died_at: Timestamp,
    pub(crate) digest: Digest,
}

impl fmt::Display for DeadMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.died_at.as_millisecond(), self.digest)
    }
}

/// The text names no place among the mails of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place among dead mails is a number, a dot and a digest")]
pub struct DeadMarkError;

impl FromStr for DeadMark {
    type Err = DeadMarkError;

    fn from_str(text: &str) -> Result<Self, DeadMarkError> {
        let (time, digest) = text.split_once('.').ok_or(DeadMarkError)?;
        let time = time.parse().ok().and_then(|time| Timestamp::from_millisecond(time).ok());
        let digest = digest.parse().map_err(|_no_digest| DeadMarkError)?;
        time.map(|died_at| Self { died_at, digest }).ok_or(DeadMarkError)
    }
}

/// A sentence without its numbers: how many bytes a mail had, how often it was claimed, in which line of the JSON the mistake stands. Names and
/// paths stay, as another property is another cause.
pub(crate) fn shape_of(sentence: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut shape = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        shape.push_str(if is_number { "…" } else { word });
        let end = behind.find(is_word).unwrap_or(behind.len());
        let (between, next) = behind.split_at(end);
        shape.push_str(between);
        rest = next;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, shape: &str) {
        assert_eq!(shape_of(sentence), shape);
    }

    #[test]
    fn a_sentence_is_known_without_its_numbers() {
        check(
            "the message has 2097153 bytes, more than the 10 that are read",
            "the message has … bytes, more than the … that are read",
        );
        check(
            "the JSON is not a mail at `to[12].email`, line 1, column 7",
            "the JSON is not a mail at `to[…].email`, line …, column …",
        );
        check("the delivery is empty", "the delivery is empty");
        check(
            "no Stripe key is connected to the workspace shop2",
            "no Stripe key is connected to the workspace shop2",
        );
        check("é1 _2 3é 4", "é1 _2 3é …");
        check("", "");
    }

    #[test]
    fn groups_differ_by_all_that_makes_them() {
        let id = |workspace: &str, run, code, shape| {
            workspace.parse().map(|workspace| DeadGroupId::of(&workspace, run, code, shape))
        };
        let one = id("default", RunKind::Live, "a", "b");
        assert_eq!(one.as_ref().ok().map(|id| id.as_str().parse()), one.clone().ok().map(Ok));
        for other in [
            id("other", RunKind::Live, "a", "b"),
            id("default", RunKind::Load, "a", "b"),
            id("default", RunKind::Live, "ab", ""),
        ] {
            assert_ne!(one, other);
        }
        for wrong in ["grp_", "grp_0123456789abcde", "grp_0123456789abcdeF", "apr_0123456789abcdef"] {
            assert_eq!(wrong.parse::<DeadGroupId>(), Err(DeadGroupIdError), "{wrong}");
        }
    }
}
