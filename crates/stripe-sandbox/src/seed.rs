//! The world a sandbox starts with, read from JSON.
//!
//! ```json
//! {
//!   "account": {"id": "acct_1", "default_currency": "eur", "country": "DE"},
//!   "test": {
//!     "keys": [{"key": "rk_test_1", "permissions": ["rak_charge_read"]}, {"key": "sk_test_old", "expired": true}],
//!     "customers": [{"id": "cus_1", "email": "ada@example.com", "created": "-400d"}],
//!     "charges": [{"id": "ch_1", "customer": "cus_1", "amount": 2500, "created": "-3d"}]
//!   },
//!   "live": {}
//! }
//! ```
//!
//! Objects carry Stripe's own field names, and only those that matter: the sandbox adds Stripe's defaults. A time is unix
//! seconds or a distance from the clock at the start (`"-12d"`, `"+18d"`; units `s`, `m`, `h`, `d`, `w`). A price in a
//! subscription's item may be given by its id; `items` and `lines` may be bare lists. Every reference must lead somewhere,
//! and a field that Stripe does not have is an error.

mod keys;
mod links;
pub(crate) mod problem;
pub(crate) mod relative_time;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::auth::{ApiKeys, Mode};
use crate::document::Document;
use crate::fields::{Surroundings, filled};
use crate::kind::Kind;
use crate::world::{Account, World, Worlds, finish};

use self::keys::SeedKey;
pub use self::problem::{FieldProblem, SeedError};

/// A checked starting world. Relative times are resolved when a sandbox starts or is reset.
#[derive(Debug, Clone)]
pub struct Seed {
    account: Arc<Account>,
    test: ModeSeed,
    live: ModeSeed,
}

#[derive(Debug, Clone, Default)]
struct ModeSeed {
    keys: Vec<SeedKey>,
    objects: HashMap<Kind, Vec<Map<String, Value>>>,
}

impl Seed {
    /// Reads and checks a seed.
    ///
    /// # Errors
    /// Says which object and which field is wrong: an unknown name, a wrong type, a reference to nothing, an id twice.
    pub fn from_json(json: &str) -> Result<Self, SeedError> {
        let written: Written = serde_json::from_str(json).map_err(SeedError::Json)?;
        let seed = Self {
            account: Arc::new(Account {
                id: written.account.id.into(),
                default_currency: written.account.default_currency,
                country: written.account.country,
            }),
            test: ModeSeed::read(Mode::Test, written.test)?,
            live: ModeSeed::read(Mode::Live, written.live)?,
        };
        seed.worlds(0)?;
        Ok(seed)
    }

    pub(crate) fn account_id(&self) -> &Arc<str> {
        &self.account.id
    }

    pub(crate) fn api_keys(&self) -> ApiKeys {
        let of_mode = |mode, seed: &ModeSeed| {
            seed.keys.iter().map(move |key| (key.key.clone(), key.api_key(mode))).collect::<Vec<_>>()
        };
        of_mode(Mode::Test, &self.test).into_iter().chain(of_mode(Mode::Live, &self.live)).collect()
    }

    /// Both worlds with their times resolved against `now`.
    pub(crate) fn worlds(&self, now: i64) -> Result<Worlds, SeedError> {
        Ok(Worlds {
            test: self.test.world(Mode::Test, &self.account, now)?,
            live: self.live.world(Mode::Live, &self.account, now)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    account: WrittenAccount,
    #[serde(default)]
    test: Map<String, Value>,
    #[serde(default)]
    live: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAccount {
    id: String,
    default_currency: String,
    country: String,
}

impl ModeSeed {
    fn read(mode: Mode, written: Map<String, Value>) -> Result<Self, SeedError> {
        let mut seed = Self::default();
        for (section, value) in written {
            if section == "keys" {
                seed.keys = keys::read(mode, value)?;
                continue;
            }
            let kind = Kind::of_section(&section)
                .ok_or_else(|| SeedError::UnknownSection { mode: mode.as_str(), section: section.clone() })?;
            seed.objects.insert(kind, objects(mode, &section, value)?);
        }
        Ok(seed)
    }

    fn world(&self, mode: Mode, account: &Arc<Account>, now: i64) -> Result<World, SeedError> {
        let ids = self.ids(mode)?;
        let mut documents: HashMap<Kind, Vec<Document>> = HashMap::new();
        for kind in Kind::ALL {
            let embed =
                |kind, id: &str| find(documents.get(&kind)?, id).map(|found| found.clone().without(&[]));
            let around = Surroundings {
                mode,
                now,
                account,
                exists: &|kind, id| ids.contains(&(kind, id)),
                embed: &embed,
            };
            let section = self.documents(mode, kind, &around)?;
            documents.insert(kind, section);
        }
        links::settle(mode, &mut documents)?;
        let mut world = World::new(mode, Arc::clone(account));
        for kind in Kind::ALL {
            let mut section = documents.remove(&kind).unwrap_or_default();
            section.sort_by_key(|document| document.integer("created"));
            for mut document in section {
                finish(kind.shape(), &mut document, mode);
                world.insert(kind, document);
            }
        }
        Ok(world)
    }

    fn documents(
        &self,
        mode: Mode,
        kind: Kind,
        around: &Surroundings<'_>,
    ) -> Result<Vec<Document>, SeedError> {
        let shape = kind.shape();
        let read = |(position, given): (usize, &Map<String, Value>)| {
            let mut document = filled(given, shape.fields, around)
                .map_err(|wrong| SeedError::at(mode, kind, position, given, wrong.path, wrong.problem))?;
            if kind == Kind::Price {
                finish(shape, &mut document, mode);
            }
            Ok(document)
        };
        self.section(kind).iter().enumerate().map(read).collect()
    }

    /// Every id of the mode, each once and with the prefix of its kind.
    fn ids(&self, mode: Mode) -> Result<HashSet<(Kind, &str)>, SeedError> {
        let mut ids = HashSet::new();
        for kind in Kind::ALL {
            for (position, given) in self.section(kind).iter().enumerate() {
                let problem = |problem| SeedError::at(mode, kind, position, given, "id".to_owned(), problem);
                let id =
                    given.get("id").and_then(Value::as_str).ok_or_else(|| problem(FieldProblem::Missing))?;
                let prefixes = kind.shape().prefixes;
                if !prefixes.iter().any(|prefix| id.starts_with(prefix)) {
                    return Err(problem(FieldProblem::MustBe(format!(
                        "a text that starts with {}",
                        prefixes.join(" or ")
                    ))));
                }
                if !ids.insert((kind, id)) {
                    return Err(problem(FieldProblem::Duplicate));
                }
            }
        }
        Ok(ids)
    }

    fn section(&self, kind: Kind) -> &[Map<String, Value>] {
        self.objects.get(&kind).map_or(&[], Vec::as_slice)
    }
}

fn objects(mode: Mode, section: &str, value: Value) -> Result<Vec<Map<String, Value>>, SeedError> {
    serde_json::from_value(value).map_err(|source| SeedError::Section {
        mode: mode.as_str(),
        section: section.to_owned(),
        source,
    })
}

fn find<'a>(documents: &'a [Document], id: &str) -> Option<&'a Document> {
    documents.iter().find(|document| document.id() == id)
}
