//! `expand[]`: an id in an answer is replaced by its object, if the key may read that too.

use serde_json::Value;

use crate::auth::Caller;
use crate::document::Document;
use crate::fields::{Field, Holds};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::world::World;

/// Stripe expands no deeper.
const DEEPEST: usize = 4;

/// What the request wants expanded.
pub(crate) fn paths(parameters: &Document) -> Vec<&str> {
    parameters.list("expand").iter().filter_map(Value::as_str).collect()
}

/// The same for the members of a list, where every path starts with `data`.
pub(crate) fn member_paths(parameters: &Document) -> Result<Vec<&str>, Refusal> {
    let below_data = |path| match path {
        "data" => Err(Refusal::cannot_be_expanded(path)),
        _ => path.strip_prefix("data.").ok_or_else(|| Refusal::cannot_be_expanded(path)),
    };
    paths(parameters).into_iter().map(below_data).collect()
}

pub(crate) fn expanded(
    world: &World,
    caller: &Caller,
    kind: Kind,
    document: &Document,
    paths: &[&str],
) -> Result<Value, Refusal> {
    let shape = kind.shape();
    let hidden: Vec<&str> = shape.hidden.iter().copied().filter(|name| !paths.contains(name)).collect();
    let mut value = document.clone().without(&hidden);
    let expansion = Expansion { world, caller };
    for path in paths.iter().filter(|path| !shape.hidden.contains(path)) {
        if path.split('.').count() > DEEPEST {
            return Err(too_deep(path));
        }
        expansion.below(&mut value, shape.fields, path).map_err(|refusal| refusal.of(path))?;
    }
    Ok(value)
}

struct Expansion<'a> {
    world: &'a World,
    caller: &'a Caller,
}

/// Why a path was not followed.
enum NotFollowed {
    NotExpandable,
    Refused(Refusal),
}

impl NotFollowed {
    fn of(self, path: &str) -> Refusal {
        match self {
            Self::NotExpandable => Refusal::cannot_be_expanded(path),
            Self::Refused(refusal) => refusal,
        }
    }
}

impl Expansion<'_> {
    fn below(&self, value: &mut Value, fields: &'static [Field], path: &str) -> Result<(), NotFollowed> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let field = fields.iter().find(|field| field.name == first).ok_or(NotFollowed::NotExpandable)?;
        let Some(inner) = value.get_mut(first) else { return Ok(()) };
        match (field.holds, rest) {
            (Holds::Reference(kind), rest) => self.reference(inner, kind, rest),
            (Holds::Object(fields), Some(rest)) => self.below(inner, fields, rest),
            (Holds::Embedded(kind), Some(rest)) => self.below(inner, kind.shape().fields, rest),
            (Holds::Envelope(fields), Some(rest)) => {
                let rest = rest.strip_prefix("data.").ok_or(NotFollowed::NotExpandable)?;
                let members = inner.get_mut("data").and_then(Value::as_array_mut);
                members.into_iter().flatten().try_for_each(|member| self.below(member, fields, rest))
            }
            _ => Err(NotFollowed::NotExpandable),
        }
    }

    fn reference(&self, inner: &mut Value, kind: Kind, rest: Option<&str>) -> Result<(), NotFollowed> {
        let shape = kind.shape();
        self.caller.require(&shape.read).map_err(NotFollowed::Refused)?;
        if let Some(row) = inner.as_str().and_then(|id| self.world.find(kind, id)) {
            *inner = row.document.clone().without(shape.hidden);
        }
        match rest {
            Some(rest) => self.below(inner, shape.fields, rest),
            None => Ok(()),
        }
    }
}

fn too_deep(path: &str) -> Refusal {
    Refusal::invalid(format!("You cannot expand more than {DEEPEST} levels of a property. Property: {path}"))
        .with_code("property_expansion_max_depth")
        .with_param("expand")
}
