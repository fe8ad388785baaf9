//! Which parameters an endpoint takes, and what they must look like. What is not in the list is refused, as Stripe does.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::document::Document;
use crate::form::{Node, Tree, in_order};
use crate::kind::Kind;
use crate::money;
use crate::refusal::Refusal;

#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) accepts: Accepts,
    pub(crate) need: Need,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

pub(crate) const fn required(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, need: Need::Required }
}

pub(crate) const fn optional(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, need: Need::Optional }
}

#[derive(Clone, Copy)]
pub(crate) enum Accepts {
    Text,
    Integer {
        least: i64,
        most: i64,
    },
    Boolean,
    Currency,
    OneOf(&'static [&'static str]),
    /// An id. Whether it exists is found out by execution.
    Id(Kind),
    /// Up to 50 names of up to 40 characters with texts of up to 500; an empty text removes the name.
    Metadata,
    /// A time, or `gt`, `gte`, `lt`, `lte` below it.
    Times,
    Fields(&'static [Parameter]),
    List(&'static [Parameter]),
    Texts,
}

/// An amount in minor units as prices and refunds take it.
pub(crate) const POSITIVE_AMOUNT: Accepts = Accepts::Integer { least: 1, most: 99_999_999 };
pub(crate) const AMOUNT: Accepts = Accepts::Integer { least: 0, most: 99_999_999 };

pub(crate) const EXPAND: Parameter = optional("expand", Accepts::Texts);
pub(crate) const METADATA: Parameter = optional("metadata", Accepts::Metadata);

/// Checks what was given against what is accepted, and returns it with its types.
pub(crate) fn checked(given: &Tree, accepted: &[&Parameter]) -> Result<Document, Refusal> {
    check_level(given, accepted, "").map(Document::new)
}

fn check_level(given: &Tree, accepted: &[&Parameter], prefix: &str) -> Result<Map<String, Value>, Refusal> {
    let known = |name: &str| accepted.iter().any(|parameter| parameter.name == name);
    let unknown: Vec<String> =
        given.keys().filter(|name| !known(name)).map(|name| spelled(prefix, name).into_owned()).collect();
    if !unknown.is_empty() {
        return Err(Refusal::unknown_parameters(&unknown));
    }
    let mut checked = Map::new();
    for Parameter { name, accepts, need } in accepted.iter().copied() {
        match given.get(*name) {
            Some(node) => {
                checked.insert((*name).to_owned(), check_node(node, *accepts, &spelled(prefix, name))?);
            }
            None if *need == Need::Required => {
                return Err(Refusal::missing_parameter(&spelled(prefix, name)));
            }
            None => {}
        }
    }
    Ok(checked)
}

fn check_node(node: &Node, accepts: Accepts, name: &str) -> Result<Value, Refusal> {
    match (node, accepts) {
        (Node::Branch(tree), Accepts::Fields(fields)) => check_fields(tree, fields, name),
        (Node::Branch(tree), Accepts::List(fields)) => in_order(tree)
            .into_iter()
            .map(|(position, member)| check_node(member, Accepts::Fields(fields), &spelled(name, position)))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        (Node::Branch(tree), Accepts::Texts) => in_order(tree)
            .into_iter()
            .map(|(position, member)| check_node(member, Accepts::Text, &spelled(name, position)))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        (Node::Branch(tree), Accepts::Metadata) => check_metadata(tree, name),
        (Node::Branch(tree), Accepts::Times) => check_fields(tree, &RANGE, name),
        (Node::Branch(_), _) => {
            Err(Refusal::invalid(format!("Invalid string: {name} is a hash")).with_param(name))
        }
        (Node::Text(text), Accepts::Metadata) if text.is_empty() => Ok(Value::Null),
        (Node::Text(text), _) if text.is_empty() => Err(Refusal::empty_parameter(name)),
        (Node::Text(text), accepts) => check_text(text, accepts, name),
    }
}

const TIME: Accepts = Accepts::Integer { least: 0, most: i64::MAX };
const RANGE: [Parameter; 4] =
    [optional("gt", TIME), optional("gte", TIME), optional("lt", TIME), optional("lte", TIME)];

fn check_fields(tree: &Tree, fields: &[Parameter], name: &str) -> Result<Value, Refusal> {
    check_level(tree, &fields.iter().collect::<Vec<_>>(), name).map(Value::Object)
}

fn check_text(text: &str, accepts: Accepts, name: &str) -> Result<Value, Refusal> {
    let invalid = |message: String| Err(Refusal::invalid(message).with_param(name));
    match accepts {
        Accepts::Text | Accepts::Id(_) => Ok(json!(text)),
        Accepts::Integer { least, most } => check_integer(text, least, most, name),
        Accepts::Boolean => match text {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            _ => invalid(format!("Invalid boolean: {text}")),
        },
        Accepts::Currency => {
            let code = text.to_lowercase();
            if money::is_currency(&code) { Ok(json!(code)) } else { Err(money::unknown_currency(text, name)) }
        }
        Accepts::OneOf(allowed) if allowed.contains(&text) => Ok(json!(text)),
        Accepts::OneOf(allowed) => {
            let short = name.rsplit('[').next().unwrap_or(name).trim_end_matches(']');
            invalid(format!("Invalid {short}: must be one of {}", alternatives(allowed)))
        }
        Accepts::Times => {
            let time = check_integer(text, 0, i64::MAX, name)?;
            Ok(json!({"gte": time, "lte": time}))
        }
        Accepts::Metadata | Accepts::Fields(_) => invalid("Invalid object".to_owned()),
        Accepts::List(_) | Accepts::Texts => invalid("Invalid array".to_owned()),
    }
}

fn check_integer(text: &str, least: i64, most: i64, name: &str) -> Result<Value, Refusal> {
    let number: i64 = text.parse().ok().ok_or_else(|| Refusal::invalid_integer(name, text))?;
    if (least..=most).contains(&number) {
        return Ok(json!(number));
    }
    Err(Refusal::integer_out_of_range(name, number, least, most))
}

fn check_metadata(tree: &Tree, name: &str) -> Result<Value, Refusal> {
    let refused = |message: String| Err(Refusal::invalid(message).with_param(name));
    if tree.len() > 50 {
        return refused(format!("Metadata can have up to 50 keys, but you passed in {}.", tree.len()));
    }
    let mut texts = Map::new();
    for (key, node) in tree {
        let Node::Text(text) = node else { return refused("Metadata values must be strings.".to_owned()) };
        let (key_length, length) = (key.chars().count(), text.chars().count());
        if key_length > 40 {
            return refused(format!(
                "Metadata keys can have up to 40 characters, but you passed in a key that is {key_length} characters. \
                 Invalid key: {key}"
            ));
        }
        if length > 500 {
            return refused(format!(
                "Metadata values can have up to 500 characters, but you passed in a value that is {length} characters. \
                 Invalid value: {text}"
            ));
        }
        texts.insert(key.clone(), json!(text));
    }
    Ok(Value::Object(texts))
}

/// `a, b, or c`, as Stripe lists them.
fn alternatives(allowed: &[&str]) -> String {
    match allowed {
        [one, other] => format!("{one} or {other}"),
        [first @ .., last] if !first.is_empty() => format!("{}, or {last}", first.join(", ")),
        _ => allowed.join(", "),
    }
}

fn spelled<'n>(prefix: &str, name: &'n str) -> Cow<'n, str> {
    if prefix.is_empty() { name.into() } else { format!("{prefix}[{name}]").into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::decode;

    const ACCEPTED: [Parameter; 6] = [
        required("currency", Accepts::Currency),
        optional("amount", Accepts::Integer { least: 1, most: 100 }),
        optional("active", Accepts::Boolean),
        optional("created", Accepts::Times),
        optional("lines", Accepts::List(&[required("price", Accepts::Text)])),
        METADATA,
    ];

    fn check(encoded: &str) -> Result<Document, Refusal> {
        checked(&decode(encoded.as_bytes()), &ACCEPTED.iter().collect::<Vec<_>>())
    }

    #[track_caller]
    fn refused(encoded: &str, code: Option<&str>, param: &str, message: &str) {
        let refusal = check(encoded).unwrap_err();
        assert_eq!((refusal.code, refusal.param.as_deref()), (code, Some(param)));
        assert!(refusal.message.contains(message), "{}", refusal.message);
    }

    #[test]
    fn values_come_out_with_their_types() {
        let document =
            check("currency=EUR&amount=7&active=true&created[gte]=5&lines[0][price]=p&metadata[a]=1")
                .unwrap();
        assert_eq!(
            document.without(&[]),
            json!({
                "currency": "eur", "amount": 7, "active": true, "created": {"gte": 5}, "lines": [{"price": "p"}],
                "metadata": {"a": "1"}
            })
        );
    }

    #[test]
    fn what_is_not_accepted_is_named_with_its_brackets() {
        refused("currency=eur&foo=1", Some("parameter_unknown"), "foo", "Received unknown parameter: foo");
        refused("currency=eur&bar=1&foo=1", Some("parameter_unknown"), "bar", "unknown parameters: bar, foo");
        refused("currency=eur&lines[0][foo]=1", Some("parameter_unknown"), "lines[0][foo]", "lines[0][foo]");
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        refused("", Some("parameter_missing"), "currency", "Missing required param: currency.");
        refused("currency=eur&lines[0]=", Some("parameter_invalid_empty"), "lines[0]", "empty string");
        refused("currency=eur&lines[0][x]=", Some("parameter_unknown"), "lines[0][x]", "unknown");
        refused("currency=xyz", None, "currency", "Invalid currency: xyz. Stripe currently supports");
        refused(
            "currency=eur&amount=1.5",
            Some("parameter_invalid_integer"),
            "amount",
            "Invalid integer: 1.5",
        );
        refused(
            "currency=eur&amount=0",
            Some("parameter_invalid_integer"),
            "amount",
            "greater than or equal to 1",
        );
        refused(
            "currency=eur&amount=101",
            Some("parameter_invalid_integer"),
            "amount",
            "less than or equal to 100",
        );
        refused("currency=eur&amount=", Some("parameter_invalid_empty"), "amount", "cannot be unset");
        refused("currency=eur&active=yes", None, "active", "Invalid boolean: yes");
        refused("currency=eur&lines=1", None, "lines", "Invalid array");
    }

    #[test]
    fn metadata_has_its_limits() {
        refused(
            &format!("currency=eur&metadata[{}]=1", "k".repeat(41)),
            None,
            "metadata",
            "up to 40 characters",
        );
        refused(
            &format!("currency=eur&metadata[k]={}", "v".repeat(501)),
            None,
            "metadata",
            "up to 500 characters",
        );
        assert!(check("currency=eur&metadata=").unwrap().at("metadata").unwrap().is_null());
    }
}
