//! What came from the queue, before anything of it is parsed.

use bytes::Bytes;
use domain::{Digest, RunKind, WorkspaceId};
use mail::{Envelope, Format};
use serde::Deserialize;
use store::Arrival;

/// One message, with what was said beside its body.
#[derive(Clone)]
pub struct Delivered {
    /// The message: RFC 5322, or JSON.
    pub body: Bytes,
    /// How the body is to be read.
    pub format: Format,
    /// Whose mail it is.
    pub workspace: WorkspaceId,
    /// In which kind of run.
    pub run: RunKind,
    /// The W3C trace context it came with.
    pub traceparent: Option<String>,
    /// What the message is known by to whoever sent it: drafts of its mail carry it.
    pub correlation: Option<String>,
    /// The broker has delivered it before: whoever had it then has lost it.
    pub redelivered: bool,
}

/// Hides the body.
impl std::fmt::Debug for Delivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivered")
            .field("workspace", &self.workspace)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A mail may ask for less than the way it came by grants, never for more: archived mail stays without effects, whatever it says.
const fn granted(routed: RunKind, named: RunKind) -> RunKind {
    match (routed, named) {
        (RunKind::Live | RunKind::Load, named) => named,
        (RunKind::Replay, RunKind::Simulator) => RunKind::Simulator,
        (RunKind::Replay | RunKind::Simulator, _) => routed,
    }
}

/// The two properties of a JSON mail that have to be known before it is claimed.
#[derive(Deserialize)]
struct Routing {
    workspace: Option<WorkspaceId>,
    run: Option<RunKind>,
}

impl Delivered {
    /// Reads where a message belongs: a JSON mail may name its workspace and a run that may do less, everything else has those given.
    pub fn new(body: Bytes, content_type: Option<&str>, workspace: WorkspaceId, run: RunKind) -> Self {
        let format = Format::from_content_type(content_type, &body);
        let named = match format {
            Format::Json => serde_json::from_slice::<Routing>(&body).ok(),
            Format::Rfc822 | Format::Provider(_) | Format::Unknown => None,
        };
        let (named_workspace, named_run) =
            named.map(|named| (named.workspace, named.run)).unwrap_or_default();
        Self {
            body,
            format,
            workspace: named_workspace.unwrap_or(workspace),
            run: named_run.map_or(run, |named| granted(run, named)),
            traceparent: None,
            correlation: None,
            redelivered: false,
        }
    }

    /// What it is read as.
    pub(crate) fn envelope(&self) -> Envelope<'_> {
        let Self { format, body, workspace, run, .. } = self;
        Envelope { format: *format, body, workspace, run: Some(*run) }
    }

    /// What it is claimed as.
    pub fn arrival(&self) -> Arrival {
        let format: &[u8] = match self.format {
            Format::Rfc822 => b"rfc822",
            Format::Json => b"json",
            Format::Provider(provider) => provider.as_str().as_bytes(),
            Format::Unknown => b"unknown",
        };
        let digest = Digest::of(&[b"postill.delivery.v1", format, &self.body]);
        Arrival { digest, workspace: self.workspace.clone(), run: self.run }
    }
}
