//! A message that a person types to try out what would become of it.

use bytes::Bytes;
use domain::{Assurance, Mail, RunKind, WorkspaceId};
use mail::Unreadable;
use serde_json::json;

use crate::{Delivered, Engine};

/// What was typed.
#[derive(Clone)]
pub struct Typed<'a> {
    /// Who is to have written it.
    pub from: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// What it says.
    pub text: &'a str,
    /// How far the sender is to be believed: nothing else proves a typed one.
    pub assumed: Assurance,
}

/// Hides what was typed.
impl std::fmt::Debug for Typed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Typed").field("assumed", &self.assumed).finish_non_exhaustive()
    }
}

impl Engine {
    /// Reads what was typed as a mail of the simulator. A sender who could not be believed if the mail had come stays unproven.
    pub fn read_typed(&self, workspace: &WorkspaceId, typed: &Typed<'_>) -> Result<Mail, Unreadable> {
        let document = json!({
            "schema": "postill.mail.v1",
            "from": [{ "email": typed.from }],
            "subject": typed.subject,
            "text": typed.text,
        });
        let body = Bytes::from(document.to_string());
        let mut mail = self.read(&Delivered::new(
            body,
            Some("application/json"),
            workspace.clone(),
            RunKind::Simulator,
        ))?;
        if mail.sender.is_ok() && mail.automatic.is_none() {
            mail.assurance = typed.assumed;
            mail.evidence = vec!["assumed by the simulator".to_owned()];
        }
        Ok(mail)
    }
}
