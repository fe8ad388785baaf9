//! One JSON object with typed access by dotted path: an object of Stripe's, or the checked parameters of a request.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value};

/// A JSON object. Paths are dotted: `parent.subscription_details.subscription`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Document(Map<String, Value>);

impl Document {
    pub(crate) fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        match path.split_once('.') {
            None => self.0.get(path),
            Some((first, rest)) => {
                rest.split('.').try_fold(self.0.get(first)?, |value, part| value.get(part))
            }
        }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    pub(crate) fn integer(&self, path: &str) -> Option<i64> {
        self.at(path)?.as_i64()
    }

    /// Whether the field is there and `true`.
    pub(crate) fn is(&self, path: &str) -> bool {
        self.at(path) == Some(&Value::Bool(true))
    }

    /// Whether the field is there and not `null`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn list(&self, path: &str) -> &[Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn object(&self, path: &str) -> Option<&Map<String, Value>> {
        self.at(path)?.as_object()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// Sets a field of the object itself; `name` is not a path.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Sets a field that the seed or the caller left open.
    pub(crate) fn fill(&mut self, name: &str, value: impl Into<Value>) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    pub(crate) fn inner_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Completes the list object `name`: its address, and each member by its position.
    pub(crate) fn complete_list(
        &mut self,
        name: &str,
        url: String,
        mut complete: impl FnMut(usize, &mut Self),
    ) {
        let Some(list) = self.0.get_mut(name).and_then(Value::as_object_mut) else { return };
        list.insert("url".to_owned(), Value::from(url));
        let members = list.get_mut("data").and_then(Value::as_array_mut);
        for (position, member) in members.into_iter().flatten().filter_map(Value::as_object_mut).enumerate() {
            let mut whole = Self(std::mem::take(member));
            complete(position, &mut whole);
            *member = whole.0;
        }
    }

    pub(crate) fn keep_only(&mut self, names: &[&str]) {
        self.0.retain(|name, _| names.contains(&name.as_str()));
    }

    pub(crate) fn without(mut self, hidden: &[&str]) -> Value {
        self.0.retain(|name, _| !hidden.contains(&name.as_str()));
        Value::Object(self.0)
    }
}

/// A document as the API shows it: without the fields that only an expansion brings out.
pub(crate) struct Shown<'a> {
    pub(crate) document: &'a Document,
    pub(crate) hidden: &'a [&'a str],
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.document.0 {
            if !self.hidden.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
