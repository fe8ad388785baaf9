//! Every rule about senders, authenticity and loops, each with a mail of its own, through the door that the worker uses.
//!
//! The tables in `tests/cases` say what is expected; a file without a row fails, and so does a row without a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use domain::{Assurance, Mail, WorkspaceId};
use mail::{Envelope, Format, Limits, Reader, Trust};

/// A row of a table.
struct Case {
    file: PathBuf,
    trust: String,
    /// What is expected, in the columns of the table from the sender on.
    expected: [String; 4],
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn cases(subject: &str) -> io::Result<Vec<Case>> {
    let table = fs::read_to_string(folder().join(subject).with_extension("txt"))?;
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let columns: Vec<String> = row.split_ascii_whitespace().map(|word| word.replace('␠', " ")).collect();
        let [file, trust, expected @ ..] = columns.as_slice() else { return Err(io::Error::other(row)) };
        let expected = expected.to_vec().try_into().map_err(|_row| io::Error::other(row))?;
        let file = folder().join(subject).join(file).with_extension("eml");
        Ok(Case { file, trust: trust.clone(), expected })
    })
    .collect()
}

/// Whom a case believes, by the word in its table.
fn trust(word: &str) -> Trust {
    let own = Trust {
        own_hosts: vec![".inside.example.net".to_owned()],
        own_addresses: "billing@example.net".parse().into_iter().collect(),
        ..Trust::default()
    };
    let named = vec!["mx.example.net".to_owned()];
    let two = vec!["mx.example.net".to_owned(), "mx2.example.net".to_owned()];
    let sealers = vec!["forwarder.example".to_owned(), "lists.university.example".to_owned()];
    match word {
        "named" => Trust { authserv_ids: named, ..own },
        "two" => Trust { authserv_ids: two, ..own },
        "microsoft" => Trust { microsoft_365: true, ..own },
        "arc" => Trust { authserv_ids: named, arc_sealers: sealers, ..own },
        "everybody" => Trust {
            authserv_ids: named,
            arc_sealers: sealers,
            microsoft_365: true,
            own_hosts: vec![".inside.example.net".to_owned(), "mx.example.net".to_owned()],
            producers: vec!["ses".to_owned()],
            ..own
        },
        // On purpose nobody who could have said so is believed.
        "nobody" => own,
        other => unreachable!("no such trust: {other}"),
    }
}

fn read(file: &Path, trust: Trust) -> io::Result<Mail> {
    let workspace = WorkspaceId::default();
    let body = fs::read(file)?;
    let envelope = Envelope { format: Format::Rfc822, body: &body, workspace: &workspace, run: None };
    let arrived = Reader::new(trust, Limits::default()).read(&envelope).map_err(io::Error::other)?;
    Ok(arrived.mail)
}

fn columns(mail: &Mail) -> [String; 4] {
    let sender = mail.sender.as_ref().map_or_else(|refusal| refusal.as_str(), |sender| sender.as_str());
    let flags: Vec<&str> = mail.flags.iter().map(|flag| flag.as_str()).collect();
    [
        sender.to_owned(),
        mail.assurance.as_str().to_owned(),
        mail.automatic.map_or("-", domain::mail::Automatic::as_str).to_owned(),
        if flags.is_empty() { "-".to_owned() } else { flags.join(",") },
    ]
}

/// What is read otherwise than the table says, in words.
fn differences(subject: &str) -> io::Result<Vec<String>> {
    let mut differences = Vec::new();
    for case in cases(subject)? {
        let mail = read(&case.file, trust(&case.trust))?;
        let (name, found) = (case.file.file_stem().unwrap_or_default(), columns(&mail));
        if found != case.expected {
            let text = format!("expected {:?}, found {found:?} by {:?}", case.expected, mail.evidence);
            differences.push(format!("{}: {text}", name.display()));
        }
    }
    Ok(differences)
}

#[test]
fn the_sender_is_the_one_address_or_a_refusal() {
    assert_eq!(differences("sender").unwrap(), Vec::<String>::new());
}

#[test]
fn a_sender_is_believed_as_far_as_our_verifiers_vouch() {
    assert_eq!(differences("authenticity").unwrap(), Vec::<String>::new());
}

#[test]
fn what_a_program_wrote_is_known() {
    assert_eq!(differences("loops").unwrap(), Vec::<String>::new());
}

#[test]
fn every_file_has_a_row_and_every_row_a_file() {
    for subject in ["sender", "authenticity", "loops"] {
        let cases = cases(subject).unwrap();
        let rows: BTreeSet<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        let files: BTreeSet<PathBuf> =
            fs::read_dir(folder().join(subject)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(rows.len(), cases.len(), "{subject}: a file has two rows");
        assert_eq!(rows, files);
    }
}

#[test]
fn no_setting_authenticates_what_must_not_be() {
    for case in ["sender", "authenticity", "loops"].iter().flat_map(|subject| cases(subject).unwrap()) {
        let [_, assurance, ..] = &case.expected;
        if assurance == "authenticated" || case.trust == "nobody" {
            continue;
        }
        for word in ["nobody", "named", "two", "microsoft", "arc", "everybody"] {
            let mail = read(&case.file, trust(word)).unwrap();
            assert!(mail.assurance < Assurance::Authenticated, "{} with {word}", case.file.display());
        }
    }
}

#[test]
fn the_door_for_the_sender_alone_says_the_same() {
    for case in ["sender", "authenticity", "loops"].iter().flat_map(|subject| cases(subject).unwrap()) {
        let bytes = fs::read(&case.file).unwrap();
        assert_eq!(
            mail::sender_of(&bytes),
            read(&case.file, Trust::default()).unwrap().sender,
            "{}",
            case.file.display()
        );
    }
}
