//! `postill schema`: the JSON Schemas of what comes in and goes out, and the AsyncAPI document of the queues they travel in.

mod asyncapi;

use std::process::ExitCode;

use anyhow::Context;
use broker::Names;

use crate::cli::Schema;
use crate::terminal;

pub(super) fn run(arguments: &Schema) -> anyhow::Result<ExitCode> {
    if let Some(dir) = &arguments.out {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    for (name, text) in documents()? {
        match &arguments.out {
            Some(dir) => {
                let path = dir.join(format!("{name}.json"));
                std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
                terminal::note(&format!("wrote {}", path.display()))?;
            }
            None => terminal::result(text.trim_end())?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// By name.
fn documents() -> anyhow::Result<Vec<(&'static str, String)>> {
    let queues = serde_json::to_string_pretty(&asyncapi::document(&Names::default()))? + "\n";
    let schemas = domain::schema::all().into_iter().map(|named| (named.name, named.to_text()));
    Ok(schemas.chain([(asyncapi::NAME, queues)]).collect())
}
