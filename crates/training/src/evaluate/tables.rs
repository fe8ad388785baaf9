//! The figures as tables: the terminal and the page of Markdown show the same ones.

use domain::Label;
use domain::intent::Disposition;

use super::acting::Acting;
use super::groups::Group;
use super::harms::Wrong;
use super::labels::{Confusion, OfLabel};
use super::particulars::Particulars;
use super::sureness::Coverage;
use super::{Figures, Latency, Report};

/// More families are not listed; the JSON has all.
const FAMILIES: usize = 25;

/// One table under its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is about.
    pub title: &'static str,
    /// A name a column.
    pub heading: Vec<String>,
    /// As many cells a row.
    pub rows: Vec<Vec<String>>,
    /// The name of the picture that shows the same.
    pub picture: Option<&'static str>,
}

/// All tables that have rows.
pub(super) fn of(report: &Report) -> Vec<Table> {
    let figures = &report.figures;
    let tables = [
        overview(report),
        acting(&figures.acting),
        reach(&figures.acting),
        labels(&figures.labels),
        confusion(&figures.confusion),
        coverage(&figures.coverage),
        particulars(figures.particulars),
        groups("Languages", "language", &figures.languages),
        groups("Families", "family", &figures.families),
        wrong("Harmful", &figures.harms.mails),
        wrong("The surest mistakes", &figures.worst),
        latency(&report.latency),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

impl Table {
    fn new(title: &'static str, heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let heading = heading.iter().map(|name| (*name).to_owned()).collect();
        Self { title, heading, rows: rows.into_iter().collect(), picture: None }
    }

    fn pictured(self, picture: &'static str) -> Self {
        Self { picture: Some(picture), ..self }
    }
}

fn overview(report: &Report) -> Table {
    let sets: Vec<&Figures> = [&report.figures].into_iter().chain(&report.with_noise).collect();
    let row = |name: &str, of: &dyn Fn(&Figures) -> String| {
        [name.to_owned()].into_iter().chain(sets.iter().map(|set| of(set))).collect()
    };
    let rows = [
        row("accuracy", &|set| share(set.accuracy)),
        row("accuracy, any request counts", &|set| share(set.accuracy_with_also)),
        row("macro F1", &|set| share(set.macro_f1)),
        row("refunds acted on: precision, recall", &|set| both(set.acting.first())),
        row("cancellations acted on: precision, recall", &|set| both(set.acting.get(1))),
        row("harmful actions", &|set| set.harms.total.to_string()),
        row("to act, to a person, to nobody", &|set| {
            let to = set.dispositions;
            format!("{}, {}, {}", to.act, to.person, to.nothing)
        }),
        row("calibration error", &|set| share(set.calibration.ece)),
        row("Brier score", &|set| share(set.calibration.brier)),
    ];
    let heading = ["", "as they are", "with noise"];
    Table::new("Overview", heading.get(..=sets.len()).unwrap_or(&heading), rows)
}

fn both(acting: Option<&Acting>) -> String {
    acting.map_or_else(String::new, |acting| format!("{}, {}", share(acting.precision), share(acting.recall)))
}

fn acting(acting: &[Acting]) -> Table {
    let rows = acting.iter().map(|each| {
        let counted = [each.asked, each.acted, each.right].map(|count| count.to_string());
        let shares = [share(each.precision), share(each.recall)];
        [each.label.to_owned()].into_iter().chain(counted).chain(shares).collect()
    });
    let heading = ["", "asked", "acted on", "rightly", "precision", "recall"];
    Table::new("Refunds and cancellations that are acted on", &heading, rows).pictured("precision-recall")
}

/// What another threshold would give.
fn reach(acting: &[Acting]) -> Table {
    let rows = acting.iter().map(|each| {
        let precisions = each.at_recall.iter().map(|at| share(at.reached.map(|point| point.precision)));
        let recalls = each.at_precision.iter().map(|at| share(Some(at.recall)));
        [each.label.to_owned()].into_iter().chain(precisions).chain(recalls).collect()
    });
    let heading =
        ["", "P at .50", "P at .70", "P at .80", "P at .90", "R at .95", "R at .98", "R at .99", "R at 1.0"];
    Table::new("With another threshold: precision at a recall, recall at a precision", &heading, rows)
}

fn labels(labels: &[OfLabel]) -> Table {
    let rows = labels.iter().map(|each| {
        let counted = [each.label.to_string(), each.mails.to_string()];
        let shares = [share(each.precision), share(each.recall), share(Some(each.f1))];
        counted.into_iter().chain(shares).collect()
    });
    Table::new("Labels, whatever is done with them", &["label", "mails", "precision", "recall", "F1"], rows)
}

fn confusion(confusion: &Confusion) -> Table {
    let heading: Vec<&str> =
        ["asked"].into_iter().chain(confusion.labels.iter().map(|label| short(*label))).collect();
    let cell = |count: &u32| if *count == 0 { "·".to_owned() } else { count.to_string() };
    let rows = confusion
        .labels
        .iter()
        .zip(&confusion.counts)
        .map(|(label, counts)| [label.to_string()].into_iter().chain(counts.iter().map(cell)).collect());
    Table::new("What was taken for what", &heading, rows).pictured("confusion")
}

/// A word for a label where columns are narrow.
fn short(label: Label) -> &'static str {
    use domain::Function::{
        CancelSubscription, InvoiceLookup, PaymentLink, PaymentStatus, PortalLink, Refund, SubscriptionStatus,
    };
    match label {
        Label::Ask(InvoiceLookup) => "invoice",
        Label::Ask(SubscriptionStatus) => "plan",
        Label::Ask(PaymentStatus) => "payment",
        Label::Ask(Refund) => "refund",
        Label::Ask(PaymentLink) => "link",
        Label::Ask(PortalLink) => "portal",
        Label::Ask(CancelSubscription) => "cancel",
        Label::None => "none",
    }
}

fn coverage(coverage: &[Coverage]) -> Table {
    let rows = coverage.iter().map(|each| {
        let sure = each.confidence.map_or_else(|| "a person".to_owned(), |sure| share(Some(sure)));
        let part = format!("{}%", each.percent);
        vec![part, share(each.accuracy), sure, each.actions.to_string(), share(each.action_precision)]
    });
    let heading = ["surest", "accuracy", "sure from", "refunds, cancellations", "their precision"];
    Table::new("The surest part", &heading, rows).pictured("reliability")
}

fn particulars(of: Particulars) -> Table {
    let row = |name: &str, counts: &[u32]| {
        [name.to_owned()].into_iter().chain(counts.iter().map(u32::to_string)).collect::<Vec<_>>()
    };
    let mut rows = vec![
        row("amount and currency", &[of.amounts, of.amounts_right, of.amounts_read]),
        row("all of it", &[of.full, of.full_right, of.full_read]),
        row("reference", &[of.references, of.references_right, of.references_read]),
        row("mails with any of these", &[of.mails, of.mails_right]),
    ];
    for row in &mut rows {
        row.resize(4, String::new());
    }
    Table::new("Amounts and references", &["", "written", "read exactly", "read at all"], rows)
}

fn groups(title: &'static str, what: &str, groups: &[Group]) -> Table {
    let english = groups.iter().any(|group| group.of_english.is_some());
    let rows = groups.iter().take(FAMILIES).map(|group| {
        let counted = [group.name.clone(), group.mails.to_string()];
        let shares = [share(group.accuracy), share(group.macro_f1)];
        let done = [group.acted.to_string(), group.harms.to_string()];
        let of_english = english.then(|| share(group.of_english));
        counted.into_iter().chain(shares).chain(done).chain(of_english).collect()
    });
    let heading = [what, "mails", "accuracy", "macro F1", "acted on", "harmful", "of English"];
    Table::new(title, heading.get(..6 + usize::from(english)).unwrap_or(&heading), rows)
}

fn wrong(title: &'static str, wrong: &[Wrong]) -> Table {
    let with_text = wrong.iter().any(|each| each.text.is_some());
    let rows = wrong.iter().map(|each| {
        let names =
            [each.id.clone(), each.language.clone(), each.asked.to_string(), each.taken_for.to_string()];
        let done = [share(Some(each.confidence)), would(each.disposition).to_owned()];
        let text = with_text.then(|| each.text.clone().unwrap_or_default());
        names.into_iter().chain(done).chain(text).collect()
    });
    let heading = ["mail", "language", "asked", "taken for", "sure", "would", "text"];
    Table::new(title, heading.get(..6 + usize::from(with_text)).unwrap_or(&heading), rows)
}

/// What would be done with it, in a word.
fn would(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Act => "act",
        Disposition::Person => "ask a person",
        Disposition::Nothing => "leave it",
    }
}

fn latency(latency: &[Latency]) -> Table {
    let rows = latency.iter().map(|each| {
        let times = [each.p50_us, each.p90_us, each.p99_us].map(|time| format!("{time:.1}"));
        [each.length.to_owned(), each.mails.to_string()].into_iter().chain(times).collect()
    });
    Table::new(
        "Time to classify one mail, on this machine",
        &["length", "mails", "p50 µs", "p90 µs", "p99 µs"],
        rows,
    )
}

/// Three decimals, or a dash where there is nothing to share.
fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
}
