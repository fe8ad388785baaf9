//! The objects of one mode, kept in the order of their creation and rendered once per change.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::auth::Mode;
use crate::document::{Document, Shown};
use crate::fields::{Surroundings, filled};
use crate::idempotency::IdempotencyKeys;
use crate::kind::{Kind, Shape};
use crate::refusal::Refusal;

/// Both modes of the account. They share nothing.
pub(crate) struct Worlds {
    pub(crate) test: World,
    pub(crate) live: World,
}

impl Worlds {
    /// The world of a mode, and the other one: Stripe says when an object exists only there.
    pub(crate) fn split(&mut self, mode: Mode) -> (&mut World, &World) {
        match mode {
            Mode::Test => (&mut self.test, &self.live),
            Mode::Live => (&mut self.live, &self.test),
        }
    }
}

/// The account behind both worlds.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: Arc<str>,
    pub(crate) default_currency: String,
    pub(crate) country: String,
}

pub(crate) struct World {
    pub(crate) mode: Mode,
    pub(crate) account: Arc<Account>,
    pub(crate) keys: IdempotencyKeys,
    /// How far searches are behind, in seconds: what is younger is not found.
    pub(crate) search_lag: i64,
    tables: HashMap<Kind, Table>,
    minted: u64,
}

/// An object and its text. The text leaves out what only an expansion shows.
pub(crate) struct Row {
    pub(crate) document: Document,
    pub(crate) json: String,
}

/// Rows in the order of their creation; positions never change, since nothing is ever removed.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    by_id: HashMap<String, usize>,
    by_field: HashMap<&'static str, HashMap<String, Vec<usize>>>,
}

impl World {
    pub(crate) fn new(mode: Mode, account: Arc<Account>) -> Self {
        let tables = Kind::ALL.into_iter().map(|kind| (kind, Table::default())).collect();
        Self { mode, account, keys: IdempotencyKeys::default(), search_lag: 0, tables, minted: 0 }
    }

    pub(crate) fn find(&self, kind: Kind, id: &str) -> Option<&Row> {
        let table = self.tables.get(&kind)?;
        table.rows.get(*table.by_id.get(id)?)
    }

    /// A customer that was deleted leaves only its tombstone: nothing refers to it any more.
    pub(crate) fn find_undeleted(&self, kind: Kind, id: &str) -> Option<&Row> {
        self.find(kind, id).filter(|row| !row.document.is("deleted"))
    }

    pub(crate) fn table(&self, kind: Kind) -> Option<&Table> {
        self.tables.get(&kind)
    }

    pub(crate) fn insert(&mut self, kind: Kind, document: Document) {
        if let Some(table) = self.tables.get_mut(&kind) {
            table.insert(kind.shape(), document);
        }
    }

    /// Changes an object and renders it again. Indexed fields must stay as they are.
    pub(crate) fn change(&mut self, kind: Kind, id: &str, change: impl FnOnce(&mut Document)) {
        let Some(table) = self.tables.get_mut(&kind) else { return };
        let Some(row) = table.by_id.get(id).and_then(|position| table.rows.get_mut(*position)) else {
            return;
        };
        change(&mut row.document);
        row.json = rendered(kind.shape(), &row.document);
    }

    /// Makes an object out of what is particular to it. It gets an id, a date, and Stripe's defaults for the rest.
    pub(crate) fn create(&mut self, kind: Kind, given: Value, now: i64) -> Result<String, Refusal> {
        let shape = kind.shape();
        let id = self.mint(shape.prefixes.first().copied().unwrap_or_default());
        let mut own = match given {
            Value::Object(own) => own,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        own.insert("id".to_owned(), id.clone().into());
        own.insert("created".to_owned(), now.into());
        let mut document = self.filled(kind, &own, now)?;
        finish(shape, &mut document, self.mode);
        self.insert(kind, document);
        Ok(id)
    }

    /// The fields of a new object come from this program, so a field that does not fit is a fault of ours: a 500.
    fn filled(&self, kind: Kind, own: &Map<String, Value>, now: i64) -> Result<Document, Refusal> {
        let embed = |kind: Kind, id: &str| self.find(kind, id).map(|row| row.document.clone().without(&[]));
        let around = Surroundings {
            mode: self.mode,
            now,
            account: &self.account,
            exists: &|kind, id| self.find(kind, id).is_some(),
            embed: &embed,
        };
        filled(own, kind.shape().fields, &around).map_err(|wrong| {
            tracing::error!(
                object = kind.shape().object,
                field = wrong.path,
                "a new object does not fit its table"
            );
            Refusal::server_error()
        })
    }

    /// A new id. The same requests in the same order mint the same ids.
    pub(crate) fn mint(&mut self, prefix: &str) -> String {
        self.minted += 1;
        let salt = match self.mode {
            Mode::Test => 0,
            Mode::Live => 1 << 40,
        };
        format!("{prefix}{}", token(self.minted + salt, 24))
    }
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, position: usize) -> Option<&Row> {
        self.rows.get(position)
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Positions of the rows whose `field` may be `value`, oldest first; `None` when the field has no index. Values that
    /// differ in case only share a place, so the caller still compares.
    pub(crate) fn indexed(&self, shape: &Shape, field: &str, value: &str) -> Option<&[usize]> {
        if !shape.indexed.contains(&field) {
            return None;
        }
        Some(
            self.by_field
                .get(field)
                .and_then(|index| index.get(&value.to_lowercase()))
                .map_or(&[], Vec::as_slice),
        )
    }

    /// The given positions, or all of them, oldest first.
    pub(crate) fn positions<'a>(
        &self,
        some: Option<&'a [usize]>,
    ) -> Box<dyn DoubleEndedIterator<Item = usize> + 'a> {
        match some {
            Some(positions) => Box::new(positions.iter().copied()),
            None => Box::new(0..self.rows.len()),
        }
    }

    fn insert(&mut self, shape: &'static Shape, document: Document) {
        let position = self.rows.len();
        self.by_id.insert(document.id().to_owned(), position);
        for field in shape.indexed {
            if let Some(value) = document.text(field) {
                let index = self.by_field.entry(field).or_default();
                index.entry(value.to_lowercase()).or_default().push(position);
            }
        }
        let json = rendered(shape, &document);
        self.rows.push(Row { document, json });
    }
}

/// Adds what every object has, and what its kind derives.
pub(crate) fn finish(shape: &Shape, document: &mut Document, mode: Mode) {
    document.set("object", shape.object);
    document.set("livemode", mode == Mode::Live);
    (shape.complete)(document);
}

fn rendered(shape: &Shape, document: &Document) -> String {
    let shown = Shown { document, hidden: shape.hidden };
    serde_json::to_string(&shown).unwrap_or_default()
}

/// `length` letters and digits that look random and depend on `number` only.
pub(crate) fn token(number: u64, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = number;
    let letter = || {
        // SplitMix64: every number gives another sequence.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let at = usize::try_from(mixed % 62).unwrap_or_default();
        char::from(ALPHABET.get(at).copied().unwrap_or(b'0'))
    };
    std::iter::repeat_with(letter).take(length).collect()
}
