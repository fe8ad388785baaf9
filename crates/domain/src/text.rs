//! How values that are texts are written.

/// Writes a type with `as_str` as that text. By `#[serde(into)]` it would be cloned each time.
macro_rules! serialized_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use serialized_as_text;
