//! A mail on its way into the queue: made sure that the worker can read it, and given the form in which it travels.

use broker::{Destination, HeaderValue, Outgoing, Properties};
use bytes::Bytes;
use domain::inbound::InboundMail;
use domain::{Clock as _, Digest, RunKind, SystemClock, Timestamp, WorkspaceId};
use load::Written;
use mail::{Envelope, Format, Limits, Reader, Trust, Unreadable, providers};

/// Names the workspace of a mail: in the queue, and beside `?workspace=` of a post.
pub(crate) const WORKSPACE_HEADER: &str = "postill-workspace";
/// Says in which kind of run a mail is read.
pub(crate) const RUN_HEADER: &str = "postill-run";
/// The content type of a raw message.
const RAW: &str = "message/rfc822";

/// Reads mail as the worker will, believing nobody: what it cannot read is refused at the door.
#[derive(Debug)]
pub(crate) struct Gate {
    reader: Reader,
    pub(crate) limits: Limits,
}

/// A mail of a load test, addressed to the queue of live mail.
pub(crate) fn of_load(mail: Written, workspace: Option<&WorkspaceId>) -> Outgoing {
    raw_of_run(RunKind::Load, Destination::Mail, mail.message_id, mail.bytes.into(), workspace)
}

/// An archived mail, addressed to the queue of replays.
pub(crate) fn of_replay(bytes: Bytes, digest: Digest, workspace: Option<&WorkspaceId>) -> Outgoing {
    raw_of_run(RunKind::Replay, Destination::Replay, digest.to_string(), bytes, workspace)
}

fn raw_of_run(
    run: RunKind,
    destination: Destination,
    message_id: String,
    body: Bytes,
    workspace: Option<&WorkspaceId>,
) -> Outgoing {
    let mut properties = properties(RAW, message_id, workspace);
    properties.headers.insert(RUN_HEADER.to_owned(), HeaderValue::from(run.as_str()));
    Outgoing { destination, properties, body }
}

fn properties(content_type: &str, message_id: String, workspace: Option<&WorkspaceId>) -> Properties {
    let workspace = workspace.map(|id| (WORKSPACE_HEADER.to_owned(), HeaderValue::from(id.as_str())));
    Properties {
        content_type: Some(content_type.to_owned()),
        message_id: Some(message_id),
        headers: workspace.into_iter().collect(),
        ..Properties::default()
    }
}

/// A time as a mail says it.
pub(crate) fn date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The form in which a mail travels.
pub(crate) struct Parcel {
    content_type: &'static str,
    body: Vec<u8>,
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { reader: Reader::new(Trust::default(), limits), limits }
    }

    /// Takes what came in a format.
    pub(crate) fn pack(&self, format: Format, body: &[u8]) -> Result<Parcel, Unreadable> {
        let parcel = match format {
            Format::Rfc822 => Parcel::raw(body.to_vec()),
            Format::Json => Parcel { content_type: "application/json", body: body.to_vec() },
            Format::Provider(provider) => Parcel::of(providers::read(provider, body, &self.limits)?)?,
            Format::Unknown => return Err(Unreadable::UnknownFormat),
        };
        self.check(parcel)
    }

    /// Takes a mail that was read already.
    pub(crate) fn pack_mail(&self, mail: InboundMail) -> Result<Parcel, Unreadable> {
        self.check(Parcel::of(mail)?)
    }

    fn check(&self, parcel: Parcel) -> Result<Parcel, Unreadable> {
        let workspace = WorkspaceId::default();
        let format = Format::from_content_type(Some(parcel.content_type), &parcel.body);
        let envelope = Envelope { format, body: &parcel.body, workspace: &workspace, run: None };
        self.reader.read(&envelope).map(|_arrived| parcel)
    }
}

impl Parcel {
    /// A raw message, not looked at.
    pub(crate) fn raw(body: Vec<u8>) -> Self {
        Self { content_type: RAW, body }
    }

    /// A raw message travels as it is; JSON is for what a raw message cannot carry.
    fn of(mail: InboundMail) -> Result<Self, Unreadable> {
        match mail {
            InboundMail { raw: Some(raw), auth: None, .. } => mail::decode_raw(&raw).map(Self::raw),
            mail => {
                let body = serde_json::to_vec(&mail).map_err(|_never_fails| Unreadable::NoMailInside)?;
                Ok(Self { content_type: "application/json", body })
            }
        }
    }

    /// Tells copies of one mail: the digest of what is published.
    pub(crate) fn id(&self) -> Digest {
        Digest::of(&[&self.body])
    }

    /// Addresses it to the queue of mails.
    pub(crate) fn outgoing(self, workspace: Option<&WorkspaceId>) -> Outgoing {
        let properties = Properties {
            timestamp: u64::try_from(SystemClock.now().as_second()).ok(),
            ..properties(self.content_type, self.id().to_string(), workspace)
        };
        Outgoing { destination: Destination::Mail, properties, body: self.body.into() }
    }
}
