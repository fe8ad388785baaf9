//! The sample mailbox and the Stripe world it belongs to, inside the program.

use anyhow::Context;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

static MAILS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples/mail");
const MAILBOX: &str = include_str!("../samples/mailbox.toml");

/// The objects the sandbox starts with.
pub(crate) const WORLD: &str = include_str!("../samples/world.json");
/// The configuration of the fictional business.
pub(crate) const SETTINGS: &str = include_str!("../samples/postill.toml");
/// The restricted key of that world.
pub(crate) const KEY: &str = "rk_test_larkspur_demo_0002";

/// A sample mail.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) file: String,
    pub(crate) shows: String,
    pub(crate) bytes: &'static [u8],
}

#[derive(Deserialize)]
struct Mailbox {
    mail: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    shows: String,
}

/// Every sample mail, in the order of the mailbox.
pub(crate) fn mails() -> anyhow::Result<Vec<Sample>> {
    let mailbox: Mailbox = toml::from_str(MAILBOX)?;
    mailbox
        .mail
        .into_iter()
        .map(|listed| {
            let name = listed.file.rsplit('/').next().unwrap_or(&listed.file).to_owned();
            let file = MAILS.get_file(&name).with_context(|| format!("the sample {name} is missing"))?;
            Ok(Sample { bytes: file.contents(), file: name, shows: listed.shows })
        })
        .collect()
}
