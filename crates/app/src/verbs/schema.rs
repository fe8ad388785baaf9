//! `postill schema`: the JSON Schemas of what comes in and goes out.

use std::process::ExitCode;

use anyhow::Context;

use crate::cli::Schema;
use crate::terminal;

pub(super) fn run(arguments: &Schema) -> anyhow::Result<ExitCode> {
    if let Some(dir) = &arguments.out {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    for named in domain::schema::all() {
        match &arguments.out {
            Some(dir) => {
                let path = dir.join(format!("{}.json", named.name));
                std::fs::write(&path, named.to_text())
                    .with_context(|| format!("writing {}", path.display()))?;
                terminal::note(&format!("wrote {}", path.display()))?;
            }
            None => terminal::result(named.to_text().trim_end())?,
        }
    }
    Ok(ExitCode::SUCCESS)
}
