//! The sample mailbox and the Stripe world it belongs to, inside the program.

use std::collections::HashSet;

use anyhow::Context;
use domain::{EmailAddress, Timestamp};
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

/// Who authenticates the senders of that business.
pub(crate) const AUTHSERV_ID: &str = "mx.larkspur.example";
/// Where its customers write to.
pub(crate) const OWN_ADDRESS: &str = "billing@larkspur.example";

/// A sample mail.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) file: String,
    pub(crate) shows: String,
    pub(crate) bytes: &'static [u8],
}

/// The sample mailbox.
pub(crate) struct Samples {
    /// When the demo plays: the mails bear dates and speak of days, and the payments of the world are counted from here.
    pub(crate) today: Timestamp,
    /// Every mail, in the order of the mailbox.
    pub(crate) mails: Vec<Sample>,
}

#[derive(Deserialize)]
struct Mailbox {
    today: Timestamp,
    mail: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    shows: String,
}

/// The addresses of customers who have an account and an invoice each: nobody in doubt, nobody deleted.
pub(crate) fn customers() -> anyhow::Result<Vec<EmailAddress>> {
    let world: World = serde_json::from_str(WORLD)?;
    let InTestMode { customers, invoices } = world.test;
    let billed: HashSet<&str> = invoices.iter().filter_map(|invoice| invoice.customer.as_deref()).collect();
    let of_address = |email: &EmailAddress| customers.iter().filter(|each| each.email == *email).count();
    let is_plain = |customer: &&Customer| {
        !customer.deleted && billed.contains(customer.id.as_str()) && of_address(&customer.email) == 1
    };
    Ok(customers.iter().filter(is_plain).map(|customer| customer.email.clone()).collect())
}

#[derive(Deserialize)]
struct World {
    test: InTestMode,
}

#[derive(Deserialize)]
struct InTestMode {
    customers: Vec<Customer>,
    invoices: Vec<Invoice>,
}

#[derive(Deserialize)]
struct Customer {
    id: String,
    email: EmailAddress,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct Invoice {
    customer: Option<String>,
}

/// The mailbox, read.
pub(crate) fn read() -> anyhow::Result<Samples> {
    let Mailbox { today, mail } = toml::from_str(MAILBOX)?;
    let mails = mail
        .into_iter()
        .map(|listed| {
            let name = listed.file.rsplit('/').next().unwrap_or(&listed.file).to_owned();
            let file = MAILS.get_file(&name).with_context(|| format!("the sample {name} is missing"))?;
            Ok(Sample { bytes: file.contents(), file: name, shows: listed.shows })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Samples { today, mails })
}
