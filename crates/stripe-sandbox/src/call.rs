//! One execution: the checked request and the world it works on.

use crate::auth::Caller;
use crate::document::Document;
use crate::expand;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::world::World;

/// The body of a 200, or a refusal.
pub(crate) type Outcome = Result<String, Refusal>;

/// A request on its way through an endpoint. Lives only while the worlds are locked.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    /// The other mode, looked at only to say that an object exists there.
    pub(crate) elsewhere: &'a World,
    pub(crate) caller: &'a Caller,
    pub(crate) path: &'a str,
    /// The id in the path; empty where the path has none.
    pub(crate) id: &'a str,
    pub(crate) parameters: &'a Document,
    pub(crate) now: i64,
}

impl Call<'_> {
    /// The object that the path names, or 404.
    pub(crate) fn in_path(&self, kind: Kind) -> Result<&Document, Refusal> {
        let missing = |refusal: Refusal| refusal.with_status(404);
        let row = self.world.find(kind, self.id);
        let row = row.ok_or_else(|| missing(self.no_such(kind, self.id, kind.shape().path_parameter)))?;
        Ok(&row.document)
    }

    /// The object that a parameter names, or 400.
    pub(crate) fn named(&self, kind: Kind, id: &str, param: &str) -> Result<&Document, Refusal> {
        let row = self.world.find_undeleted(kind, id);
        row.map(|row| &row.document).ok_or_else(|| self.no_such(kind, id, param))
    }

    pub(crate) fn no_such(&self, kind: Kind, id: &str, param: &str) -> Refusal {
        let refusal = Refusal::no_such(kind, id, param);
        if self.elsewhere.find(kind, id).is_some() {
            return refusal.but_exists_in(self.elsewhere.mode);
        }
        refusal
    }

    /// The object as an answer, with what the request wants expanded.
    pub(crate) fn shown(&self, kind: Kind, id: &str) -> Outcome {
        let row =
            self.world.find(kind, id).ok_or_else(|| self.no_such(kind, id, kind.shape().path_parameter))?;
        let paths = expand::paths(self.parameters);
        if paths.is_empty() {
            return Ok(row.json.clone());
        }
        expand::expanded(self.world, self.caller, kind, &row.document, &paths).map(|value| value.to_string())
    }

    pub(crate) fn retrieve(&self, kind: Kind) -> Outcome {
        self.in_path(kind)?;
        self.shown(kind, self.id)
    }
}
