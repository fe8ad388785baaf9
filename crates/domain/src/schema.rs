//! JSON Schemas of the wire types, generated from the types themselves.
//!
//! The committed copies stand in `deploy/schemas/`; a test of this crate keeps them equal. `postill schema` prints them.

use schemars::{Schema, generate::SchemaSettings};

use crate::decision::ApprovalDecision;
use crate::draft::DraftEvent;
use crate::inbound::InboundMail;

/// A schema with the name it is published under.
#[derive(Debug)]
pub struct NamedSchema {
    /// The name: `postill.mail.v1`, `postill.approval_decision.v1`, `postill.draft_context.v1`.
    pub name: &'static str,
    /// The schema (JSON Schema 2020-12).
    pub schema: Schema,
}

/// Every wire type: what comes in, then what goes out.
pub fn all() -> Vec<NamedSchema> {
    vec![
        NamedSchema { name: crate::inbound::SCHEMA, schema: generate::<InboundMail>() },
        NamedSchema { name: crate::decision::SCHEMA, schema: generate::<ApprovalDecision>() },
        NamedSchema { name: crate::draft::EVENT_TYPE, schema: generate::<DraftEvent>() },
    ]
}

fn generate<T: schemars::JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

impl NamedSchema {
    /// The schema as it is committed: indented, with a line end.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a wanted change: `cargo run -p app -- schema --out deploy/schemas`.
    #[test]
    fn the_committed_schemas_are_those_of_the_types() {
        for named in all() {
            let path = format!("{}/../../deploy/schemas/{}.json", env!("CARGO_MANIFEST_DIR"), named.name);
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == named.to_text(), "{path} is not what the types say");
        }
    }
}
