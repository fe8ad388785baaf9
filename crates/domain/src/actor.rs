//! Who decided something, as the audit trail names them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::serialized_as_text;

/// The name under which somebody decides: 1–100 characters, none of them a control character, no blank at either end. Taken as
/// given: nothing here proves that it is theirs.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 100))]
pub struct Actor(String);

/// The text is not a name to decide under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to {longest} characters on one line", longest = Actor::LONGEST)]
pub struct ActorError;

impl Actor {
    /// In characters.
    pub const LONGEST: usize = 100;

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        let is_name = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= Self::LONGEST
            && !text.chars().any(char::is_control);
        is_name.then(|| Self(text.to_owned())).ok_or(ActorError)
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorError;

    fn try_from(text: String) -> Result<Self, ActorError> {
        text.parse()
    }
}

serialized_as_text!(Actor);

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.0
    }
}

/// Hides the person.
impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actor(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_on_one_line_and_is_not_blank() {
        assert_eq!("kim@desk.example".parse::<Actor>().map(String::from), Ok("kim@desk.example".to_owned()));
        for wrong in ["", " ", " kim", "kim\n", "a\u{7}b", &"x".repeat(101)] {
            assert_eq!(wrong.parse::<Actor>(), Err(ActorError));
        }
    }
}
