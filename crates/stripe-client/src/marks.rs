//! What an object says of itself, whatever else it is.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::object::decode::Word;

/// Fields that any object may have. As values, since an object is not to be lost for one that is odd.
#[derive(Deserialize, Default)]
pub(crate) struct Marks {
    #[serde(default)]
    pub(crate) livemode: Value,
    #[serde(default)]
    pub(crate) deleted: Value,
}

/// An object and its marks, out of one walk over its text: objects are long, and most of what is in them nobody reads.
pub(crate) struct Marked<T> {
    pub(crate) object: T,
    pub(crate) marks: Marks,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Marked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object(PhantomData))
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Marked<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Marked<T>, A::Error> {
        let mut fields = Fields { all: fields, marks: Marks::default() };
        let object = T::deserialize(MapAccessDeserializer::new(&mut fields))?;
        Ok(Marked { object, marks: fields.marks })
    }
}

/// The fields of an object. The marks are kept on the way past them; whoever reads the fields does not see them.
struct Fields<A> {
    all: A,
    marks: Marks,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Word(name)) = self.all.next_key()? {
            match name.as_ref() {
                "livemode" => self.marks.livemode = self.all.next_value()?,
                "deleted" => self.marks.deleted = self.all.next_value()?,
                _ => return seed.deserialize(CowStrDeserializer::new(name)).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.all.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Sample {
        id: String,
        amount: Option<i64>,
    }

    #[track_caller]
    fn check(json: &str, livemode: Value, deleted: Value) {
        let Marked { object: Sample { id, amount }, marks } = serde_json::from_str(json).unwrap();
        assert_eq!((id.as_str(), amount), ("ch_1", Some(5)));
        assert_eq!((marks.livemode, marks.deleted), (livemode, deleted));
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        check(r#"{"livemode":true,"id":"ch_1","amount":5}"#, true.into(), Value::Null);
        check(r#"{"id":"ch_1","deleted":true,"amount":5,"livemode":false}"#, false.into(), true.into());
        check(r#"{"id":"ch_1","amount":5}"#, Value::Null, Value::Null);
        check(r#"{"i\u0064":"ch_1","amount":5,"live\u006dode":true}"#, true.into(), Value::Null);
    }

    #[test]
    fn marks_of_an_inner_object_are_not_those_of_the_outer_one() {
        check(
            r#"{"id":"ch_1","customer":{"livemode":true,"deleted":true},"amount":5}"#,
            Value::Null,
            Value::Null,
        );
    }

    #[test]
    fn an_odd_mark_does_not_cost_the_object() {
        check(r#"{"id":"ch_1","amount":5,"livemode":["odd"]}"#, serde_json::json!(["odd"]), Value::Null);
    }
}
