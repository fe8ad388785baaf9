//! The fields of an object: which there are, what they hold, and what they are when nobody says.
//!
//! One table per object serves three purposes: it is the list of names a seed may use, it checks what stands there, and it
//! holds the defaults that Stripe would answer with.

use serde_json::{Map, Value, json};

use crate::auth::Mode;
use crate::document::Document;
use crate::kind::Kind;
use crate::seed::problem::FieldProblem;
use crate::seed::relative_time;
use crate::world::{Account, finish};

pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) otherwise: Otherwise,
}

pub(crate) const fn field(name: &'static str, holds: Holds, otherwise: Otherwise) -> Field {
    Field { name, holds, otherwise }
}

#[derive(Clone, Copy)]
pub(crate) enum Holds {
    Text,
    Integer,
    Boolean,
    /// Unix seconds, or relative to the clock at the start: `-12d`.
    Time,
    /// A three-letter code in lower case.
    Currency,
    OneOf(&'static [&'static str]),
    /// The id of an object of that kind, which must exist.
    Reference(Kind),
    /// The object itself, copied in. A seed may give its id.
    Embedded(Kind),
    /// Names of the account's own with texts.
    Metadata,
    Object(&'static [Field]),
    /// A list object with `data`. A seed may give the bare array.
    Envelope(&'static [Field]),
    Texts,
    /// Any list.
    List,
    /// Whatever JSON the seed gives.
    Anything,
}

#[derive(Clone, Copy)]
pub(crate) enum Otherwise {
    Required,
    Null,
    /// The field is not there at all.
    Absent,
    Text(&'static str),
    Integer(i64),
    Boolean(bool),
    Now,
    AccountCurrency,
    AccountCountry,
    /// `{}` or `[]`.
    Empty,
    /// An object made of the defaults of its own fields.
    Defaults,
}

/// What filling in an object depends on.
pub(crate) struct Surroundings<'a> {
    pub(crate) mode: Mode,
    pub(crate) now: i64,
    pub(crate) account: &'a Account,
    pub(crate) exists: &'a dyn Fn(Kind, &str) -> bool,
    /// Objects that may be copied into this one.
    pub(crate) embed: &'a dyn Fn(Kind, &str) -> Option<Value>,
}

/// A field that is wrong, by its path in the object.
#[derive(Debug)]
pub(crate) struct WrongField {
    pub(crate) path: String,
    pub(crate) problem: FieldProblem,
}

/// Checks `given` against the table and adds what it leaves open.
pub(crate) fn filled(
    given: &Map<String, Value>,
    fields: &'static [Field],
    around: &Surroundings<'_>,
) -> Result<Document, WrongField> {
    fill_level(given, fields, around, "").map(Document::new)
}

fn fill_level(
    given: &Map<String, Value>,
    fields: &'static [Field],
    around: &Surroundings<'_>,
    path: &str,
) -> Result<Map<String, Value>, WrongField> {
    if let Some(name) = given.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
        return Err(WrongField { path: below(path, name), problem: FieldProblem::Unknown });
    }
    let mut full = Map::new();
    for field in fields {
        let path = below(path, field.name);
        let value = match given.get(field.name) {
            Some(Value::Null) if matches!(field.otherwise, Otherwise::Null | Otherwise::Absent) => {
                Some(Value::Null)
            }
            Some(value) => Some(checked(value, field.holds, around, &path)?),
            None => default(field, around, &path)?,
        };
        if let Some(value) = value {
            full.insert(field.name.to_owned(), value);
        }
    }
    Ok(full)
}

fn default(field: &Field, around: &Surroundings<'_>, path: &str) -> Result<Option<Value>, WrongField> {
    Ok(Some(match field.otherwise {
        Otherwise::Required => {
            return Err(WrongField { path: path.to_owned(), problem: FieldProblem::Missing });
        }
        Otherwise::Absent => return Ok(None),
        Otherwise::Null => Value::Null,
        Otherwise::Text(text) => json!(text),
        Otherwise::Integer(number) => json!(number),
        Otherwise::Boolean(flag) => json!(flag),
        Otherwise::Now => json!(around.now),
        Otherwise::AccountCurrency => json!(around.account.default_currency),
        Otherwise::AccountCountry => json!(around.account.country),
        Otherwise::Empty => empty(field.holds),
        Otherwise::Defaults => {
            let Holds::Object(fields) = field.holds else { return Ok(None) };
            Value::Object(fill_level(&Map::new(), fields, around, path)?)
        }
    }))
}

fn empty(holds: Holds) -> Value {
    if let Holds::Envelope(_) = holds {
        envelope(Vec::new())
    } else if let Holds::Texts | Holds::List = holds {
        json!([])
    } else {
        json!({})
    }
}

fn checked(value: &Value, holds: Holds, around: &Surroundings<'_>, path: &str) -> Result<Value, WrongField> {
    let wrong = |problem: FieldProblem| WrongField { path: path.to_owned(), problem };
    let must_be = |what: &str| wrong(FieldProblem::MustBe(what.to_owned()));
    match holds {
        Holds::Anything => Ok(value.clone()),
        Holds::Text if value.is_string() => Ok(value.clone()),
        Holds::Text => Err(must_be("a text")),
        Holds::Integer if value.is_i64() => Ok(value.clone()),
        Holds::Integer => Err(must_be("an integer")),
        Holds::Boolean if value.is_boolean() => Ok(value.clone()),
        Holds::Boolean => Err(must_be("true or false")),
        Holds::Time => relative_time::resolve(value, around.now).map(|time| json!(time)).ok_or_else(|| {
            must_be("unix seconds or a distance from now such as \"-12d\" (units s, m, h, d, w)")
        }),
        Holds::Currency if value.as_str().is_some_and(crate::money::is_currency) => Ok(value.clone()),
        Holds::Currency => Err(must_be("a currency of Stripe's in lower case")),
        Holds::OneOf(texts) if value.as_str().is_some_and(|text| texts.contains(&text)) => Ok(value.clone()),
        Holds::OneOf(texts) => Err(must_be(&format!("one of {}", texts.join(", ")))),
        Holds::Reference(kind) => referenced(value, kind, around).map_err(wrong),
        Holds::Embedded(kind) => embedded(value, kind, around, path),
        Holds::Metadata => metadata(value).ok_or_else(|| must_be("an object of texts")),
        Holds::Texts if value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string)) => {
            Ok(value.clone())
        }
        Holds::Texts => Err(must_be("a list of texts")),
        Holds::List if value.is_array() => Ok(value.clone()),
        Holds::List => Err(must_be("a list")),
        Holds::Object(fields) => {
            let given = value.as_object().ok_or_else(|| must_be("an object"))?;
            fill_level(given, fields, around, path).map(Value::Object)
        }
        Holds::Envelope(fields) => {
            let members = value.as_array().or_else(|| value.get("data")?.as_array());
            let members = members.ok_or_else(|| must_be("a list"))?;
            filled_members(members, fields, around, path).map(envelope)
        }
    }
}

fn filled_members(
    members: &[Value],
    fields: &'static [Field],
    around: &Surroundings<'_>,
    path: &str,
) -> Result<Vec<Value>, WrongField> {
    let fill = |(position, member): (usize, &Value)| {
        let path = format!("{path}[{position}]");
        let given = member.as_object().ok_or_else(|| WrongField {
            path: path.clone(),
            problem: FieldProblem::MustBe("an object".to_owned()),
        })?;
        fill_level(given, fields, around, &path).map(Value::Object)
    };
    members.iter().enumerate().map(fill).collect()
}

fn referenced(value: &Value, kind: Kind, around: &Surroundings<'_>) -> Result<Value, FieldProblem> {
    let id =
        value.as_str().ok_or_else(|| FieldProblem::MustBe(format!("the id of a {}", kind.shape().spoken)))?;
    if (around.exists)(kind, id) {
        return Ok(value.clone());
    }
    Err(FieldProblem::Dangling { section: kind.shape().section, id: id.to_owned() })
}

fn embedded(value: &Value, kind: Kind, around: &Surroundings<'_>, path: &str) -> Result<Value, WrongField> {
    if let Some(given) = value.as_object() {
        let mut document = Document::new(fill_level(given, kind.shape().fields, around, path)?);
        finish(kind.shape(), &mut document, around.mode);
        return Ok(document.without(&[]));
    }
    let wrong = |problem| WrongField { path: path.to_owned(), problem };
    let value = referenced(value, kind, around).map_err(wrong)?;
    let id = value.as_str().unwrap_or_default();
    (around.embed)(kind, id)
        .ok_or_else(|| wrong(FieldProblem::Dangling { section: kind.shape().section, id: id.to_owned() }))
}

/// Numbers and booleans become texts, as they would over the wire.
fn metadata(value: &Value) -> Option<Value> {
    let mut texts = Map::new();
    for (name, value) in value.as_object()? {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        texts.insert(name.clone(), json!(text));
    }
    Some(Value::Object(texts))
}

/// A list as Stripe embeds it in an object; the object's kind adds the address.
pub(crate) fn envelope(data: Vec<Value>) -> Value {
    json!({"object": "list", "total_count": data.len(), "data": data, "has_more": false, "url": ""})
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
