//! The situations a model is trained and graded on; `crates/intent/data/GUIDE.md` says how their files are written.

pub mod labelled;
mod marks;
mod parse;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use domain::{Label, Language, Money};
use flate2::read::DeflateDecoder;

pub use marks::Asked;
pub use parse::{Problem, parse};

/// The files of situations, as `build.rs` packed them.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/situations.deflate"));
/// Of so many situations one is kept for grading.
const HELD_OUT_OF: u64 = 5;

/// One person with one reason to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// What it is called, once in all files.
    pub name: String,
    /// What all its mails ask for.
    pub label: Label,
    /// What kind of situation it is: the families tell hard cases apart in figures.
    pub family: String,
    /// Who writes, why and in which tone.
    pub told: String,
    /// Ways in which it could have been written.
    pub mails: Vec<Written>,
}

/// One mail of a situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The language it is written in.
    pub language: Language,
    /// The subject; empty where the file has none.
    pub subject: String,
    /// The text, as written.
    pub text: String,
    /// The words that ask, where somebody marked them; empty where nobody did, and in a mail of `none`.
    pub asked: Vec<Asked>,
    /// The amount asked for, where the mail names it as a number.
    pub amount: Option<Money>,
    /// Whether the mail says all, full, everything.
    pub full: bool,
    /// The id or number the request is about.
    pub reference: Option<String>,
    /// What else is asked, in the order of the mail.
    pub also: Vec<Label>,
}

/// Situations that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or a folder cannot be opened.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why it was not.
        #[source]
        source: io::Error,
    },
    /// The wrong folder, most likely: folders in it are not looked into.
    #[error("no file in {} ends in .txt", folder.display())]
    NoFiles {
        /// Where situations were looked for.
        folder: PathBuf,
    },
    /// A line is not as the guide says.
    #[error("{file} line {line}: {problem}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from one.
        line: usize,
        /// What is wrong with it and what should stand there.
        problem: Problem,
    },
    /// Two situations have one name, so that one could be trained on and its twin graded with.
    #[error("{file}: the situation \"{name}\" stands in another place too; give one of them another name")]
    Twice {
        /// The file of the second.
        file: String,
        /// The name of both.
        name: String,
    },
}

/// Whether a situation of that name is kept for grading, for ever: by the name alone, so that it stays so when others are added.
pub fn is_held_out(name: &str) -> bool {
    fnv1a(name.as_bytes()).is_multiple_of(HELD_OUT_OF)
}

/// All situations of the `.txt` files of a folder, in the order of the files' names; at least one file.
pub fn read_folder(folder: &Path) -> Result<Vec<Situation>, DatasetError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DatasetError::Unreadable { path, source }
    };
    let entries = fs::read_dir(folder).map_err(unreadable(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(DatasetError::NoFiles { folder: folder.to_owned() });
    }
    paths.sort();
    let mut situations = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        add(&mut situations, &path.display().to_string(), &text)?;
    }
    Ok(situations)
}

/// The situations that the model in the binary was trained and graded with, held-out ones included.
pub fn embedded() -> Result<Vec<Situation>, DatasetError> {
    let mut text = String::new();
    let packed = DeflateDecoder::new(PACKED).read_to_string(&mut text);
    packed
        .map_err(|source| DatasetError::Unreadable { path: PathBuf::from("situations.deflate"), source })?;
    let mut situations = Vec::new();
    for file in text.split_terminator('\0') {
        let (name, text) = file.split_once('\n').unwrap_or((file, ""));
        add(&mut situations, name, text)?;
    }
    Ok(situations)
}

/// Adds the situations of one file to those of others; no two may have one name.
pub fn add(situations: &mut Vec<Situation>, file: &str, text: &str) -> Result<(), DatasetError> {
    for situation in parse(file, text)? {
        if situations.iter().any(|other| other.name == situation.name) {
            return Err(DatasetError::Twice { file: file.to_owned(), name: situation.name });
        }
        situations.push(situation);
    }
    Ok(())
}

pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_for_ever_what_is_held_out() {
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        let held: Vec<bool> = ["refund.a", "refund.b", "refund.c", "refund.d", "refund.e", "refund.f"]
            .into_iter()
            .map(is_held_out)
            .collect();
        assert_eq!(held, [false, false, true, false, false, true]);
    }

    #[test]
    fn the_packed_situations_are_those_of_the_repository() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../intent/data/situations"));
        assert!(embedded().unwrap() == read_folder(folder).unwrap());
    }

    #[test]
    fn a_folder_without_situations_is_refused() {
        let error = read_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert!(error.to_string().starts_with("no file in ") && error.to_string().ends_with(" ends in .txt"));
    }

    #[test]
    fn two_situations_of_one_name_are_refused() {
        let text = "=== a.b | none | thanks\nWho.\n--- en\nText\n";
        let mut situations = Vec::new();
        add(&mut situations, "one.txt", text).unwrap();
        let error = add(&mut situations, "two.txt", text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "two.txt: the situation \"a.b\" stands in another place too; give one of them another name"
        );
    }
}
