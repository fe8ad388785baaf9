//! What is asked for: the filters, and which part of the list.

use domain::{Label, Outcome, RunKind, Timestamp, WorkspaceId};
use jiff::SignedDuration;
use store::{RunFilter, RunMark, RunsFrom};

use crate::complaint::Complaint;
use crate::figures;
use crate::visitor::fields;

/// What the address of the page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) run: RunKind,
    pub(super) outcome: Option<Outcome>,
    pub(super) label: Option<Label>,
    /// The first day.
    pub(super) first: Option<Timestamp>,
    /// The last day.
    pub(super) last: Option<Timestamp>,
    pub(super) from: RunsFrom,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Asked {
    /// A field that is empty asks for nothing, as a form sends it.
    pub(super) fn read(query: &str) -> Result<Self, Complaint> {
        let mut asked = Self::everything();
        for (name, text) in fields(query.as_bytes()).into_iter().filter(|(_, text)| !text.is_empty()) {
            match name.as_str() {
                "run" => asked.run = known(text.parse(), "That is no kind of run")?,
                "outcome" => asked.outcome = Some(known(text.parse(), "That is no outcome")?),
                "intent" => asked.label = Some(known(text.parse(), "That is no intent")?),
                "first" => asked.first = Some(day(&text)?),
                "last" => asked.last = Some(day(&text)?),
                "older" => asked.from = RunsFrom::OlderThan(mark(&text)?),
                "newer" => asked.from = RunsFrom::NewerThan(mark(&text)?),
                _ => {}
            }
        }
        Ok(asked)
    }

    const fn everything() -> Self {
        Self {
            run: RunKind::Live,
            outcome: None,
            label: None,
            first: None,
            last: None,
            from: RunsFrom::Newest,
        }
    }

    pub(super) fn filter(&self, workspace: &WorkspaceId) -> RunFilter {
        RunFilter {
            workspace: workspace.clone(),
            run: self.run,
            outcome: self.outcome,
            label: self.label,
            from: self.first,
            until: self.last.and_then(|last| last.checked_add(DAY).ok()),
        }
    }

    /// The same filters, another part of the list.
    pub(super) fn link(&self, name: &str, mark: RunMark) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        query.append_pair("run", self.run.as_str());
        if let Some(outcome) = self.outcome {
            query.append_pair("outcome", outcome.as_str());
        }
        if let Some(label) = self.label {
            query.append_pair("intent", label.as_str());
        }
        for (name, day) in [("first", self.first), ("last", self.last)] {
            if let Some(day) = day {
                query.append_pair(name, &figures::day(day));
            }
        }
        query.append_pair(name, &mark.to_string()).finish()
    }

    /// Whether anything is left out.
    pub(super) fn is_filtered(&self) -> bool {
        Self { from: RunsFrom::Newest, ..self.clone() } != Self::everything()
    }
}

fn known<T, E>(read: Result<T, E>, otherwise: &'static str) -> Result<T, Complaint> {
    read.map_err(|_unknown| Complaint::BadForm(otherwise))
}

fn day(text: &str) -> Result<Timestamp, Complaint> {
    figures::beginning_of(text).ok_or(Complaint::BadForm("A day is written as 2026-11-23"))
}

fn mark(text: &str) -> Result<RunMark, Complaint> {
    known(text.parse(), "That is no place in the list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_asks_for_the_same_runs() {
        let query = "run=replay&outcome=handoff&intent=refund&first=2026-11-01&last=2026-11-23&older=5.7";
        let asked = Asked::read(query).unwrap();
        let RunsFrom::OlderThan(mark) = asked.from else { panic!("{asked:?}") };
        assert_eq!(asked.link("older", mark), format!("?{query}"));
        assert!(asked.is_filtered());
    }

    #[test]
    fn an_empty_form_asks_for_all_live_mail() {
        let asked = Asked::read("run=&outcome=&intent=&first=&last=").unwrap();
        assert_eq!(asked, Asked::everything());
        assert!(!asked.is_filtered());
    }

    #[test]
    fn what_no_form_of_ours_sends_is_refused() {
        let sent = ["run=all", "outcome=%3Cscript%3E", "intent=x", "first=1.1.26", "older=1", "newer=a.b"];
        for query in sent {
            assert!(matches!(Asked::read(query), Err(Complaint::BadForm(_))), "{query}");
        }
    }
}
