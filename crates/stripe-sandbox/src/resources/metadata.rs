//! Updating `metadata`: names are merged, an empty text removes a name, an empty `metadata` removes all.

use serde_json::{Map, Value};

use crate::document::Document;

pub(crate) fn merge(document: &mut Document, parameters: &Document) {
    let Some(given) = parameters.at("metadata") else { return };
    let Some(given) = given.as_object() else {
        document.set("metadata", Map::new());
        return;
    };
    let mut merged = document.object("metadata").cloned().unwrap_or_default();
    for (name, text) in given {
        if text.as_str() == Some("") {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), text.clone());
        }
    }
    document.set("metadata", merged);
}

/// The metadata of an object that is being created.
pub(crate) fn given(parameters: &Document) -> Value {
    let mut fresh = Document::default();
    fresh.set("metadata", Map::new());
    merge(&mut fresh, parameters);
    fresh.at("metadata").cloned().unwrap_or_default()
}
