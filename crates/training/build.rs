//! Packs the situations into one file, so that the binary can train where there is no repository: text of that size shrinks to a third.

use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

const FOLDER: &str = "../intent/data/situations";

#[allow(clippy::disallowed_methods, reason = "cargo tells a build script by the environment where to write")]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut paths = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    #[allow(
        clippy::disallowed_methods,
        reason = "cargo tells a build script by the environment where to write"
    )]
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let file = fs::File::create(Path::new(&out).join("situations.deflate"))?;
    let mut packed = DeflateEncoder::new(file, Compression::best());
    for path in paths {
        // A name is at its end where a line ends, a file where a byte of zero stands.
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        packed.write_all(format!("{name}\n{}\0", fs::read_to_string(&path)?).as_bytes())?;
    }
    packed.finish()?;
    Ok(())
}
