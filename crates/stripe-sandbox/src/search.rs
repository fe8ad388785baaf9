//! Search: the part of Stripe's query language that asks for fields and metadata, joined with `AND`.
//!
//! Unlike a list, a search does not look at the case of letters. `field:"x"` is equality, `field~"x"` asks for a part of at
//! least three characters, `-` before a clause negates it, and numbers compare with `<`, `<=`, `>`, `>=`.

mod query;

use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::kind::{Kind, Shape};
use crate::paging::{limit, members};
use crate::parameters::{Accepts, EXPAND, Parameter, optional, required};
use crate::refusal::Refusal;
use crate::world::{Row, Table};

use self::query::{Clause, Operator, Subject};

/// A search endpoint. The name of a field in a query is its path in the object.
pub(crate) struct Searching {
    pub(crate) kind: Kind,
    pub(crate) fields: &'static [SearchField],
}

pub(crate) struct SearchField {
    pub(crate) name: &'static str,
    pub(crate) matches: Matches,
}

/// What a field can be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matches {
    /// The whole text.
    Token,
    /// The whole text, or a part of it.
    Part,
    /// A number, compared.
    Number,
}

pub(crate) const fn token(name: &'static str) -> SearchField {
    SearchField { name, matches: Matches::Token }
}

pub(crate) const fn part(name: &'static str) -> SearchField {
    SearchField { name, matches: Matches::Part }
}

pub(crate) const fn number(name: &'static str) -> SearchField {
    SearchField { name, matches: Matches::Number }
}

const PARAMETERS: [Parameter; 4] = [
    required("query", Accepts::Text),
    optional("limit", Accepts::Integer { least: 1, most: 100 }),
    optional("page", Accepts::Text),
    EXPAND,
];

pub(crate) fn parameters() -> Vec<&'static Parameter> {
    PARAMETERS.iter().collect()
}

pub(crate) fn search(call: &Call<'_>, searching: &'static Searching) -> Outcome {
    let clauses = query::parse(call.parameters.text("query").unwrap_or_default())?;
    clauses.iter().try_for_each(|clause| check(clause, searching))?;
    let Some(table) = call.world.table(searching.kind) else {
        return Ok(search_body(call.path, "", &Value::Null));
    };
    let end = page_start(call.parameters.text("page"), table.len())?;
    let known_until = call.now - call.world.search_lag;
    let mut found: Vec<(usize, &Row)> = candidates(&clauses, searching.kind.shape(), table)
        .rev()
        .skip_while(|position| *position >= end)
        .filter_map(|position| Some((position, table.row(position)?)))
        .filter(|(_, row)| row.document.integer("created").is_none_or(|created| created <= known_until))
        .filter(|(_, row)| clauses.iter().all(|clause| holds(clause, &row.document)))
        .take(limit(call.parameters) + 1)
        .collect();
    let next = if found.len() > limit(call.parameters) { found.pop() } else { None };
    let next_page = next.map_or(Value::Null, |(position, _)| Value::from(format!("page_{}", position + 1)));
    let rows: Vec<&Row> = found.into_iter().map(|(_, row)| row).collect();
    let data = members(call, searching.kind, &rows)?;
    Ok(search_body(call.path, &data, &next_page))
}

fn search_body(url: &str, data: &str, next_page: &Value) -> String {
    let (url, has_more) = (Value::from(url), !next_page.is_null());
    format!(
        r#"{{"object":"search_result","url":{url},"has_more":{has_more},"next_page":{next_page},"data":[{data}]}}"#
    )
}

/// Positions of the rows that may be found, oldest first: those of an index if a clause asks for equality of its field.
fn candidates<'a>(
    clauses: &[Clause],
    shape: &Shape,
    table: &'a Table,
) -> Box<dyn DoubleEndedIterator<Item = usize> + 'a> {
    let narrowed = clauses.iter().find_map(|clause| match &clause.subject {
        Subject::Field(name) if clause.operator == Operator::Is && !clause.negated => {
            table.indexed(shape, name, &clause.value)
        }
        Subject::Field(_) | Subject::Metadata(_) => None,
    });
    table.positions(narrowed)
}

/// A page token says before which row the page starts, so that rows created meanwhile do not shift it.
fn page_start(page: Option<&str>, rows: usize) -> Result<usize, Refusal> {
    let Some(page) = page else { return Ok(rows) };
    let start = page.strip_prefix("page_").and_then(|start| start.parse().ok());
    start.ok_or_else(|| Refusal::invalid(format!("Invalid page token: {page}")).with_param("page"))
}

fn check(clause: &Clause, searching: &Searching) -> Result<(), Refusal> {
    let refused = |message: String| Err(Refusal::invalid(message).with_param("query"));
    let Subject::Field(name) = &clause.subject else {
        return match clause.operator {
            Operator::Is | Operator::Contains => Ok(()),
            Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast => {
                refused("Metadata cannot be compared as a number in a search query.".to_owned())
            }
        };
    };
    let section = searching.kind.shape().section;
    let Some(field) = searching.fields.iter().find(|field| field.name == name) else {
        return refused(format!(
            "Field `{name}` is an unsupported search field for resource `{section}`. See \
             http://stripe.com/docs/search#query-fields-for-{section} for a list of supported fields."
        ));
    };
    let fits = match clause.operator {
        Operator::Is => true,
        Operator::Contains => field.matches == Matches::Part && clause.value.chars().count() >= 3,
        Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast => {
            field.matches == Matches::Number
        }
    };
    let is_number = field.matches != Matches::Number || clause.value.parse::<i64>().is_ok();
    if fits && is_number {
        return Ok(());
    }
    refused(format!("Field `{name}` cannot be searched in this way for resource `{section}`."))
}

fn holds(clause: &Clause, document: &Document) -> bool {
    if document.is("deleted") {
        return false;
    }
    let found = match &clause.subject {
        Subject::Field(path) => document.at(path),
        Subject::Metadata(name) => document.object("metadata").and_then(|texts| texts.get(name)),
    };
    found.is_some_and(|found| compare(found, clause.operator, &clause.value)) != clause.negated
}

fn compare(found: &Value, operator: Operator, wanted: &str) -> bool {
    let text = || found.as_str().map_or_else(|| found.to_string(), str::to_lowercase);
    let same = |found: &str| found.eq_ignore_ascii_case(wanted);
    let numbers = || found.as_i64().zip(wanted.parse::<i64>().ok());
    match operator {
        Operator::Is if wanted.is_ascii() => found.as_str().map_or_else(|| same(&found.to_string()), same),
        Operator::Is => text() == wanted.to_lowercase(),
        Operator::Contains => text().contains(&wanted.to_lowercase()),
        Operator::Less => numbers().is_some_and(|(found, wanted)| found < wanted),
        Operator::AtMost => numbers().is_some_and(|(found, wanted)| found <= wanted),
        Operator::More => numbers().is_some_and(|(found, wanted)| found > wanted),
        Operator::AtLeast => numbers().is_some_and(|(found, wanted)| found >= wanted),
    }
}
