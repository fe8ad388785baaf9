//! What became of each mail, by outcome.

use domain::Outcome;
use domain::draft::DraftEvent;
use engine::Ended;

use crate::samples::Sample;
use crate::terminal::{self, BAD, Cell, FAINT, Style, styled};
use crate::verbs::simulate::style_of;

/// The table with its last column needs this many columns; a narrower terminal goes without it.
const WIDTH_WITH_REASONS: usize = 96;

/// Prints the table, or a JSON line for each mail in the order of the mailbox.
pub(super) fn show(ends: &[(Sample, Ended)], json: bool) -> anyhow::Result<()> {
    let mut lines = Vec::with_capacity(ends.len());
    for (sample, ended) in ends {
        lines.push(Line::of(sample, ended)?);
    }
    if json {
        return lines.iter().try_for_each(|line| Ok(terminal::result(&line.to_json())?));
    }
    lines.sort_by_key(|line| line.end.rank());
    let columns = if terminal::width().is_none_or(|width| width >= WIDTH_WITH_REASONS) { 4 } else { 3 };
    let rows: Vec<Vec<Cell>> = lines.iter().map(|line| line.cells(columns)).collect();
    let texts = terminal::table_rows(&[], &rows, terminal::width());
    let mut group = None;
    for (line, texts) in lines.iter().zip(texts) {
        if group != Some(line.end) {
            group = Some(line.end);
            heading(line.end, lines.iter().filter(|other| other.end == line.end).count())?;
        }
        texts.iter().try_for_each(|text| terminal::result(text))?;
    }
    Ok(())
}

fn heading(end: End, count: usize) -> anyhow::Result<()> {
    terminal::result(&format!(
        "\n{}  {count}  {}",
        styled(end.style().bold(), end.as_str()),
        styled(FAINT, end.meaning())
    ))?;
    Ok(())
}

/// How a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Drafted(Outcome),
    Dead,
    Waiting,
}

impl End {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Drafted(outcome) => outcome.as_str(),
            Self::Dead => "dead",
            Self::Waiting => "waiting",
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Drafted(outcome) => style_of(outcome),
            Self::Dead | Self::Waiting => BAD,
        }
    }

    /// What was done first, then what waits for somebody, then what needs nothing, then what went wrong.
    const fn rank(self) -> u8 {
        match self {
            Self::Drafted(Outcome::Answered) => 0,
            Self::Drafted(Outcome::ActionTaken) => 1,
            Self::Drafted(Outcome::NeedsApproval) => 2,
            Self::Drafted(Outcome::NeedsClarification) => 3,
            Self::Drafted(Outcome::NeedsVerification) => 4,
            Self::Drafted(Outcome::NoCustomer) => 5,
            Self::Drafted(Outcome::Handoff) => 6,
            Self::Drafted(Outcome::Ignored) => 7,
            Self::Drafted(Outcome::Failed) => 8,
            Self::Dead => 9,
            Self::Waiting => 10,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Drafted(Outcome::Answered) => "the reply holds what Stripe says, or a link",
            Self::Drafted(Outcome::ActionTaken) => "Stripe did it, and the reply says so",
            Self::Drafted(Outcome::NeedsApproval) => "a person decides",
            Self::Drafted(Outcome::NeedsClarification) => "the reply asks back",
            Self::Drafted(Outcome::NeedsVerification) => "nothing proves who wrote",
            Self::Drafted(Outcome::NoCustomer) => "nobody at Stripe has this address",
            Self::Drafted(Outcome::Handoff) => "a person answers",
            Self::Drafted(Outcome::Ignored) => "needs no reply",
            Self::Drafted(Outcome::Failed) => "something is wrong that a person must mend",
            Self::Dead => "cannot be read",
            Self::Waiting => "comes again later",
        }
    }
}

/// A row of the table.
struct Line {
    mail: String,
    shows: String,
    intent: &'static str,
    end: End,
    why: String,
}

impl Line {
    fn of(sample: &Sample, ended: &Ended) -> anyhow::Result<Self> {
        let (intent, end, why) = match ended {
            Ended::Draft(draft) => {
                let data = serde_json::from_slice::<DraftEvent>(&draft.body)?.data;
                let intent = data.intents.first().map_or("-", |intent| intent.label.as_str());
                let codes: Vec<String> = data.reasons.iter().map(|reason| code(reason.code)).collect();
                (intent, End::Drafted(data.outcome), codes.join(", "))
            }
            Ended::Dead { code, .. } => ("-", End::Dead, code.clone()),
            Ended::Later { .. } | Ended::NotStored | Ended::Forgotten => ("-", End::Waiting, String::new()),
        };
        let mail = sample.file.trim_end_matches(".eml").to_owned();
        Ok(Self { mail, shows: sample.shows.clone(), intent, end, why })
    }

    fn cells(&self, columns: usize) -> Vec<Cell> {
        let number = self.mail.split('-').next().unwrap_or_default();
        let mut cells = vec![
            Cell::new(number, FAINT),
            Cell::plain(&self.shows),
            Cell::plain(self.intent),
            Cell::new(&self.why, FAINT),
        ];
        cells.truncate(columns);
        cells
    }

    fn to_json(&self) -> String {
        let Self { mail, shows, intent, end, why } = self;
        serde_json::json!({ "mail": mail, "shows": shows, "intent": intent, "outcome": end.as_str(), "why": why })
            .to_string()
    }
}

fn code(code: domain::ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
