//! A draft as the queue gets it, and what a test says of it.

use anyhow::Result;
use domain::draft::{ActionReport, DraftContext, DraftEvent, LinkKind, ReportedState};
use domain::{Outcome, ReasonCode};

/// A draft: its bytes, and what they say.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) bytes: Vec<u8>,
    pub(crate) event: DraftEvent,
}

impl Draft {
    pub(crate) fn read(draft: &engine::Draft) -> Result<Self> {
        Ok(Self { bytes: draft.body.clone(), event: serde_json::from_slice(&draft.body)? })
    }

    /// The draft of a follow-up.
    pub(crate) fn later(draft: store::FollowUpDraft) -> Result<Self> {
        Ok(Self { event: serde_json::from_slice(&draft.body)?, bytes: draft.body })
    }

    pub(crate) const fn data(&self) -> &DraftContext {
        &self.event.data
    }

    pub(crate) fn text(&self) -> &str {
        &self.data().reply.text
    }

    pub(crate) fn code(&self) -> Option<ReasonCode> {
        self.data().reasons.first().map(|reason| reason.code)
    }

    /// The mail ended like this, for this reason.
    #[track_caller]
    pub(crate) fn ends(&self, outcome: Outcome, code: ReasonCode) {
        assert_eq!((self.data().outcome, self.code()), (outcome, Some(code)), "{:#?}", self.data());
    }

    /// The suggested reply holds these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.spoken().contains(words), "{words:?} is not in:\n{}", self.text());
    }

    /// The suggested reply does not hold these words.
    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(!self.spoken().contains(words), "{words:?} is in:\n{}", self.text());
    }

    /// Nothing in it says that money went back.
    #[track_caller]
    pub(crate) fn claims_no_refund(&self) {
        assert_ne!(self.data().outcome, Outcome::ActionTaken, "{}", self.text());
        self.does_not_say("issued a refund");
        let actions = self.data().actions.iter();
        let done =
            |action: &ActionReport| action.state == ReportedState::Done && action.function.moves_money();
        assert!(!actions.clone().any(done), "{:#?}", self.data().actions);
    }

    /// The one action it reports is in this state.
    #[track_caller]
    pub(crate) fn action_is(&self, state: ReportedState) {
        let states: Vec<ReportedState> = self.data().actions.iter().map(|action| action.state).collect();
        assert_eq!(states, [state], "{:#?}", self.data());
    }

    pub(crate) fn action(&self) -> Option<&ActionReport> {
        self.data().actions.first()
    }

    pub(crate) fn link(&self, kind: LinkKind) -> Option<&str> {
        self.data().links.iter().find(|link| link.kind == kind).map(|link| link.url.as_str())
    }

    /// The reply with plain spaces.
    fn spoken(&self) -> String {
        self.text().replace(['\u{a0}', '\u{202f}'], " ")
    }
}
