//! How fields are decoded so that nothing new at Stripe makes a whole answer unreadable.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A text that a person wrote: a name, a description. Data for a reader, never an instruction; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct FreeText(String);

/// An address on the web that lets whoever holds it see or do something. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Link(String);

macro_rules! hidden_text {
    ($name:ident) => {
        impl $name {
            /// The text as Stripe gave it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

hidden_text!(FreeText);
hidden_text!(Link);

/// An enum whose words Stripe may add to: a word that is not known is kept in `Other`.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that was not known when this was written.
            Other(String),
        }

        impl $name {
            /// Stripe's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $crate::object::decode::Word(word) = serde::Deserialize::deserialize(deserializer)?;
                Ok(Self::from(word))
            }
        }

        impl From<std::borrow::Cow<'_, str>> for $name {
            fn from(word: std::borrow::Cow<'_, str>) -> Self {
                match word.as_ref() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word.into_owned()),
                }
            }
        }
    };
}
pub(crate) use open_enum;

/// A text that is only looked at.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Word<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Reference<'a> {
    Bare(#[serde(borrow)] Cow<'a, str>),
    Expanded {
        #[serde(borrow)]
        id: Cow<'a, str>,
    },
    Strange(IgnoredAny),
}

/// The id of another object: bare, or inside the object where Stripe expanded it. One of a kind that is not ours is `None`, since a
/// reference nobody follows must not make its owner unreadable.
pub(crate) fn reference<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    Ok(match Option::deserialize(deserializer)? {
        Some(Reference::Bare(id) | Reference::Expanded { id }) => id.parse().ok(),
        Some(Reference::Strange(IgnoredAny)) | None => None,
    })
}

/// The action of ours that made an object, out of its metadata.
pub(crate) fn our_action<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<domain::ActionId>, D::Error> {
    let metadata = Option::<Value>::deserialize(deserializer)?.unwrap_or_default();
    Ok(metadata.get(crate::write::ACTION).and_then(Value::as_str).and_then(|id| id.parse().ok()))
}

/// Whether Stripe set an object-valued field at all.
pub(crate) fn is_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<IgnoredAny>::deserialize(deserializer)?.is_some())
}

/// A list of which only matters whether anything is in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<Vec<IgnoredAny>>")]
pub(crate) struct Unread {
    pub(crate) is_empty: bool,
}

impl Default for Unread {
    fn default() -> Self {
        Self { is_empty: true }
    }
}

impl From<Option<Vec<IgnoredAny>>> for Unread {
    fn from(list: Option<Vec<IgnoredAny>>) -> Self {
        Self { is_empty: list.is_none_or(|list| list.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::ChargeId;

    use super::*;
    use crate::object::RefundStatus;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "reference")]
        charge: Option<ChargeId>,
        status: Option<RefundStatus>,
    }

    #[track_caller]
    fn check(json: &str, charge: Option<&str>, status: Option<RefundStatus>) {
        let sample: Sample = serde_json::from_str(json).unwrap();
        assert_eq!((sample.charge.as_ref().map(ChargeId::as_str), sample.status), (charge, status));
    }

    #[test]
    fn references_are_read_bare_and_expanded_and_strange_ones_are_none() {
        check(r#"{"charge":"ch_1"}"#, Some("ch_1"), None);
        check(r#"{"charge":{"id":"ch_1","object":"charge"}}"#, Some("ch_1"), None);
        check(r#"{"charge":"zz_1"}"#, None, None);
        check(r#"{"charge":null}"#, None, None);
        check(r#"{"charge":17}"#, None, None);
        check(r#"{"charge":["ch_1"]}"#, None, None);
        check(r#"{"charge":{"id":17}}"#, None, None);
        check(r#"{"charge":{"object":"charge"}}"#, None, None);
    }

    #[test]
    fn a_new_word_is_kept_as_it_is() {
        check(r#"{"status":"pending"}"#, None, Some(RefundStatus::Pending));
        check(r#"{"status":"on_the_moon"}"#, None, Some(RefundStatus::Other("on_the_moon".to_owned())));
        assert_eq!(RefundStatus::from(Cow::from("on_the_moon")).as_str(), "on_the_moon");
    }
}
