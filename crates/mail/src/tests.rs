//! The crate through its public door: bytes in, a mail out.

mod authenticity;
mod automatic;
mod body;
mod fingerprint;
mod glance;
mod hostile;
mod inspection;
mod json;
pub(crate) mod linear;
mod mailbox;
mod mbox;
mod providers;
mod quotes;
mod sender;

use domain::{Mail, WorkspaceId};

use crate::{Arrived, Envelope, Format, Limits, Reader, Trust, Unreadable};

fn trust() -> Trust {
    Trust {
        authserv_ids: vec!["mx.larkspur.example".to_owned()],
        own_hosts: vec!["store.larkspur.example".to_owned(), ".inside.larkspur.example".to_owned()],
        own_addresses: vec!["billing@larkspur.example".parse().unwrap()],
        producers: vec!["ses".to_owned()],
        ..Trust::default()
    }
}

fn try_read(body: &[u8], format: Format) -> Result<Arrived, Unreadable> {
    let workspace = WorkspaceId::default();
    let envelope = Envelope { format, body, workspace: &workspace, run: None };
    Reader::new(trust(), Limits::default()).read(&envelope)
}

#[track_caller]
fn read(message: impl AsRef<[u8]>) -> Mail {
    try_read(message.as_ref(), Format::Rfc822).unwrap().mail
}
