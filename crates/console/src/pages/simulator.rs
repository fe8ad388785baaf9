//! The simulator: what would become of a message. Its engine holds a client that can only read, so that nothing is changed.

mod told;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::draft::DraftEvent;
use domain::{Assurance, Language, Mail, Role, RunKind};
use engine::{Access, Delivered, Trouble, Typed, Workspace};
use serde_json::json;
use stripe_client::Notes;
use tokio::time::timeout;

use super::{page, refused};
use crate::Desk;
use crate::complaint::{Complaint, chain};
use crate::frame::{Frame, Place};
use crate::refusal::Refusal;
use crate::shown::{Shown as _, Worded as _};
use crate::uploaded::{AROUND, Uploaded};
use crate::visitor::At;
use told::Told;

/// The most bytes of a form with a mail in it. RabbitMQ 4 takes no larger message.
pub(crate) const UPLOAD_BYTES: usize = (16 << 20) + AROUND;
/// How long a simulation may take: Stripe's own deadline is 30 s.
const PATIENCE: Duration = Duration::from_secs(45);
/// How far a typed sender can be assumed to be believed.
const ASSUMED: [(Assurance, &str); 3] = [
    (Assurance::Authenticated, "authenticated"),
    (Assurance::Weak, "weakly proven"),
    (Assurance::None, "not proven"),
];

#[derive(Template)]
#[template(path = "simulator.html")]
struct Page {
    frame: Frame,
    typed: Draft,
    /// What keeps the message from being tried, and what to do.
    refusal: Option<Refusal>,
    told: Option<Told>,
}

/// What was typed, to be shown again.
#[derive(Default)]
struct Draft {
    from: String,
    subject: String,
    text: String,
    assumed: String,
    /// A file in its place, and its name.
    file: Option<(String, Bytes)>,
}

pub(crate) async fn show(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let frame = Frame::of(&desk, &at, Place::Simulator).await?;
    let typed = Draft { text: "Can you check my latest invoice?".to_owned(), ..Draft::default() };
    page(&Page { frame, typed, refusal: None, told: None })
}

pub(crate) async fn run(
    State(desk): State<Arc<Desk>>,
    at: At,
    request: Request,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let typed = Draft::read(request).await?;
    let frame = Frame::of(&desk, &at, Place::Simulator).await?;
    match tried(&desk, &at, &typed).await {
        Ok(told) => page(&Page { frame, typed, refusal: None, told: Some(told) }),
        Err(refusal) => refused(&Page { frame, typed, refusal: Some(refusal), told: None }),
    }
}

/// The draft context as a file, to be kept as what is expected of this message.
pub(crate) async fn save(
    State(desk): State<Arc<Desk>>,
    at: At,
    request: Request,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let typed = Draft::read(request).await?;
    match tried(&desk, &at, &typed).await {
        Ok(told) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"postill-case.json\""),
            ];
            Ok((headers, typed.case(&told)?).into_response())
        }
        Err(refusal) => {
            let frame = Frame::of(&desk, &at, Place::Simulator).await?;
            refused(&Page { frame, typed, refusal: Some(refusal), told: None })
        }
    }
}

/// The whole path of the message, with every call to Stripe noted.
async fn tried(desk: &Desk, at: &At, typed: &Draft) -> Result<Told, Refusal> {
    let Some(workspace) = desk.engine.workspaces.get(&at.workspace) else {
        return Err(Refusal::new(
            "No Stripe key is connected to this workspace.",
            "Connect one in the toolkit.",
        ));
    };
    let mail = typed.mail(desk, at)?;
    let notes = Notes::default();
    let stripe = Access::Reading(workspace.stripe.reader().noting(&notes));
    let looking = Workspace { stripe, ..(*workspace).clone() };
    // Before anything is shown: it tells of the customer whose address was typed, as revealing does.
    let noted = at.note(desk, "simulator.run", None, json!({})).await;
    noted.map_err(|error| explained(&error.into()))?;
    let simulated = timeout(PATIENCE, desk.engine.simulate(&looking, &mail)).await;
    match simulated {
        Ok(Ok(event)) => Ok(Told::of(event, notes.calls())),
        Ok(Err(trouble)) => Err(explained(&trouble)),
        Err(_elapsed) => Err(Refusal::new("Stripe took too long.", "Try again in a moment.")),
    }
}

fn explained(trouble: &Trouble) -> Refusal {
    let remedy = match trouble {
        Trouble::Stripe(error) if error.is_transient() => {
            "A mail would wait and be tried again. Try in a moment."
        }
        Trouble::Stripe(_) => "The toolkit shows what the key may do.",
        Trouble::Ledger(_) | Trouble::LeaseLost | Trouble::Action(_) => "The log of the console says more.",
    };
    Refusal::new(chain(trouble), remedy)
}

impl Draft {
    async fn read(request: Request) -> Result<Self, Complaint> {
        let mut draft = Self::default();
        for field in Uploaded::read(request, UPLOAD_BYTES).await?.into_fields() {
            match field.name.as_str() {
                "from" => field.text().trim().clone_into(&mut draft.from),
                "subject" => draft.subject = field.text(),
                "text" => draft.text = field.text(),
                "assumed" => draft.assumed = field.text(),
                "file" if !field.bytes.is_empty() => draft.file = Some((field.file_name, field.bytes)),
                _ => {}
            }
        }
        Ok(draft)
    }

    fn mail(&self, desk: &Desk, at: &At) -> Result<Mail, Refusal> {
        if let Some((name, bytes)) = &self.file {
            let delivered = Delivered::new(bytes.clone(), None, at.workspace.clone(), RunKind::Simulator);
            return desk.engine.read(&delivered).map_err(|error| {
                let what = format!("{name} is no mail that can be read: {error}.");
                Refusal::new(what, "Choose a message (.eml), or JSON as “postill schema” describes it.")
            });
        }
        let typed =
            Typed { from: &self.from, subject: &self.subject, text: &self.text, assumed: self.assumed() };
        desk.engine.read_typed(&at.workspace, &typed).map_err(|error| {
            Refusal::new(format!("The message cannot be read: {error}."), "Check the sender's address.")
        })
    }

    fn assumed(&self) -> Assurance {
        let chosen = ASSUMED.into_iter().find(|(assurance, _)| assurance.as_str() == self.assumed);
        chosen.map_or(Assurance::Authenticated, |(assurance, _)| assurance)
    }

    /// The message and what became of it, as `postill simulate --case` reads it.
    fn case(&self, told: &Told) -> Result<String, Complaint> {
        let event: &DraftEvent = &told.event;
        let case = json!({
            "schema": "postill.case.v1",
            "from": self.from,
            "subject": self.subject,
            "text": self.text,
            "assumed": self.assumed().as_str(),
            "expected": {
                "label": event.data.intents.first().map(|intent| intent.label),
                "outcome": event.data.outcome,
                "customer": event.data.customer.as_ref().map(|customer| &customer.id),
                "reasons": event.data.reasons.iter().map(|reason| reason.code).collect::<Vec<_>>(),
            },
        });
        Ok(serde_json::to_string_pretty(&case)?)
    }
}
