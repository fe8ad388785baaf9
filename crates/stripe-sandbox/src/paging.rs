//! Lists: newest first, filtered, a page at a time.

use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::expand;
use crate::kind::Kind;
use crate::parameters::{Accepts, EXPAND, Parameter, optional};
use crate::refusal::Refusal;
use crate::world::{Row, Table};

/// A list endpoint.
pub(crate) struct Listing {
    pub(crate) kind: Kind,
    pub(crate) filters: &'static [Filter],
    /// For a list below an object: its kind, and the field that points at it.
    pub(crate) within: Option<(Kind, &'static str)>,
}

pub(crate) struct Filter {
    pub(crate) parameter: Parameter,
    pub(crate) keeps: Keeps,
}

/// Which rows a filter keeps.
#[derive(Clone, Copy)]
pub(crate) enum Keeps {
    /// Those whose field is the parameter, letter for letter.
    Equal(&'static str),
    /// Those whose time lies in the parameter's range.
    Within(&'static str),
    /// What the function says, which is asked even when the parameter is not there.
    Judged(fn(&Document, Option<&Value>) -> bool),
}

/// A filter that most lists have.
pub(crate) const CREATED: Filter =
    Filter { parameter: optional("created", Accepts::Times), keeps: Keeps::Within("created") };

pub(crate) const fn equal(parameter: Parameter, field: &'static str) -> Filter {
    Filter { parameter, keeps: Keeps::Equal(field) }
}

const PAGE: [Parameter; 4] = [
    optional("limit", Accepts::Integer { least: 1, most: 100 }),
    optional("starting_after", Accepts::Text),
    optional("ending_before", Accepts::Text),
    EXPAND,
];

pub(crate) fn parameters(listing: &'static Listing) -> Vec<&'static Parameter> {
    PAGE.iter().chain(listing.filters.iter().map(|filter| &filter.parameter)).collect()
}

pub(crate) fn list(call: &Call<'_>, listing: &'static Listing) -> Outcome {
    let Some(table) = call.world.table(listing.kind) else { return Ok(list_body(call.path, "", false)) };
    if let Some((kind, _)) = listing.within {
        call.in_path(kind)?;
    }
    filters_name_what_exists(call, listing)?;
    let page = page(call, listing, table)?;
    let data = members(call, listing.kind, &page.rows)?;
    Ok(list_body(call.path, &data, page.has_more))
}

fn list_body(url: &str, data: &str, has_more: bool) -> String {
    let url = Value::from(url);
    format!(r#"{{"object":"list","url":{url},"has_more":{has_more},"data":[{data}]}}"#)
}

/// A filter by an id that does not exist is an error, not an empty list.
fn filters_name_what_exists(call: &Call<'_>, listing: &Listing) -> Result<(), Refusal> {
    for filter in listing.filters {
        let Parameter { name, accepts, .. } = filter.parameter;
        if let (Accepts::Id(kind), Some(id)) = (accepts, call.parameters.text(name)) {
            let exists = call.world.find(kind, id).is_some();
            exists.then_some(()).ok_or_else(|| call.no_such(kind, id, name))?;
        }
    }
    Ok(())
}

struct Page<'a> {
    rows: Vec<&'a Row>,
    has_more: bool,
}

fn page<'a>(call: &Call<'_>, listing: &Listing, table: &'a Table) -> Result<Page<'a>, Refusal> {
    let limit = limit(call.parameters);
    let candidates = candidates(call, listing, table);
    let kept = |position: &usize| table.row(*position).is_some_and(|row| keeps(call, listing, &row.document));
    let mut positions: Vec<usize> = match cursor(call, listing.kind, table)? {
        Cursor::Start => candidates.rev().filter(kept).take(limit + 1).collect(),
        Cursor::After(last) => {
            candidates.rev().filter(|at| *at < last).filter(kept).take(limit + 1).collect()
        }
        Cursor::Before(first) => candidates.filter(|at| *at > first).filter(kept).take(limit + 1).collect(),
    };
    let has_more = positions.len() > limit;
    positions.truncate(limit);
    if call.parameters.has("ending_before") {
        positions.reverse();
    }
    Ok(Page { rows: positions.into_iter().filter_map(|position| table.row(position)).collect(), has_more })
}

pub(crate) fn limit(parameters: &Document) -> usize {
    parameters.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10)
}

/// Positions of the rows that may be on the list, oldest first: those of an index if a filter has one.
fn candidates<'a>(
    call: &Call<'_>,
    listing: &Listing,
    table: &'a Table,
) -> Box<dyn DoubleEndedIterator<Item = usize> + 'a> {
    let shape = listing.kind.shape();
    let by_path = listing.within.and_then(|(_, field)| table.indexed(shape, field, call.id));
    let by_filter = || {
        listing.filters.iter().find_map(|filter| match filter.keeps {
            Keeps::Equal(field) => table.indexed(shape, field, call.parameters.text(filter.parameter.name)?),
            Keeps::Within(_) | Keeps::Judged(_) => None,
        })
    };
    table.positions(by_path.or_else(by_filter))
}

fn keeps(call: &Call<'_>, listing: &Listing, document: &Document) -> bool {
    if document.is("deleted") {
        return false;
    }
    let in_scope = listing.within.is_none_or(|(_, field)| document.text(field) == Some(call.id));
    in_scope
        && listing.filters.iter().all(|filter| {
            let wanted = call.parameters.at(filter.parameter.name);
            match (filter.keeps, wanted) {
                (Keeps::Judged(judge), wanted) => judge(document, wanted),
                (_, None) => true,
                (Keeps::Equal(field), Some(wanted)) => document.at(field) == Some(wanted),
                (Keeps::Within(field), Some(range)) => in_range(document.integer(field), range),
            }
        })
}

fn in_range(value: Option<i64>, range: &Value) -> bool {
    let Some(value) = value else { return false };
    let bound = |name: &str| range.get(name).and_then(Value::as_i64);
    bound("gt").is_none_or(|bound| value > bound)
        && bound("gte").is_none_or(|bound| value >= bound)
        && bound("lt").is_none_or(|bound| value < bound)
        && bound("lte").is_none_or(|bound| value <= bound)
}

enum Cursor {
    Start,
    After(usize),
    Before(usize),
}

fn cursor(call: &Call<'_>, kind: Kind, table: &Table) -> Result<Cursor, Refusal> {
    let named = |name: &str| call.parameters.text(name).map(|id| (name.to_owned(), id));
    let place = |(name, id): (String, &str)| table.position(id).ok_or_else(|| call.no_such(kind, id, &name));
    match (named("starting_after"), named("ending_before")) {
        (None, None) => Ok(Cursor::Start),
        (Some(after), None) => place(after).map(Cursor::After),
        (None, Some(before)) => place(before).map(Cursor::Before),
        (Some(_), Some(_)) => Err(Refusal::only_one_of("starting_after, ending_before", "starting_after")),
    }
}

/// The texts of the rows, with what the request wants expanded.
pub(crate) fn members(call: &Call<'_>, kind: Kind, rows: &[&Row]) -> Outcome {
    let paths = expand::member_paths(call.parameters)?;
    let mut data = String::with_capacity(rows.iter().map(|row| row.json.len() + 1).sum());
    for row in rows {
        if !data.is_empty() {
            data.push(',');
        }
        if paths.is_empty() {
            data.push_str(&row.json);
        } else {
            data.push_str(
                &expand::expanded(call.world, call.caller, kind, &row.document, &paths)?.to_string(),
            );
        }
    }
    Ok(data)
}
