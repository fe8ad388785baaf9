//! Columns, drawn by the server and coloured by the style sheet.

use domain::Outcome;

use crate::counts::Counted;
use crate::figures;

/// The drawing, in units of its own; it is as wide as its page.
const HEIGHT: f64 = 100.0;
/// How much of its place a column fills.
const FILLED: f64 = 0.78;

/// What is drawn as one part of a column, from the lowest up.
const PARTS: [(&str, &str, &[Outcome]); 6] = [
    ("Answered", "answered", &[Outcome::Answered]),
    ("Action taken", "acted", &[Outcome::ActionTaken]),
    (
        "Needs something",
        "needs",
        &[Outcome::NeedsApproval, Outcome::NeedsClarification, Outcome::NeedsVerification],
    ),
    ("To a person", "person", &[Outcome::Handoff]),
    ("No customer, ignored", "nothing", &[Outcome::NoCustomer, Outcome::Ignored]),
    ("Failed", "failed", &[Outcome::Failed]),
];

/// A drawing.
pub(crate) struct Columns {
    /// What it shows, in words.
    pub(crate) title: String,
    /// What they come to, in words.
    pub(crate) note: String,
    /// The number at the upper edge.
    pub(crate) most: String,
    pub(crate) bars: Vec<Column>,
    pub(crate) legend: Vec<Sample>,
    /// The times below, with their places in percent.
    pub(crate) ticks: Vec<Tick>,
}

/// A column.
pub(crate) struct Column {
    /// What it stands for, and how much.
    pub(crate) said: String,
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) parts: Vec<Part>,
}

/// A part of a column.
pub(crate) struct Part {
    pub(crate) class: &'static str,
    pub(crate) y: f64,
    pub(crate) height: f64,
}

/// What a colour stands for, and how many there are.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) mails: String,
}

/// A time below the columns.
pub(crate) struct Tick {
    pub(crate) text: String,
}

impl Columns {
    /// Over time, each made of how its mails ended.
    pub(crate) fn of(title: &str, counted: &Counted) -> Self {
        let sums: Vec<(String, [u64; PARTS.len()])> = counted
            .parts()
            .map(|(begins, counts)| {
                let sum = |(_, _, outcomes): (&str, &str, &[Outcome])| {
                    let those = counts.iter().filter(|count| outcomes.contains(&count.outcome));
                    those.map(|count| u64::from(count.mails)).sum()
                };
                (figures::clock(begins), PARTS.map(sum))
            })
            .collect();
        let most = sums.iter().map(|(_, parts)| parts.iter().sum()).max().unwrap_or(0).max(1);
        let every = (sums.len() / 6).max(1);
        let ticks = sums.iter().step_by(every).map(|(when, _)| Tick { text: when.clone() }).collect();
        Self {
            title: title.to_owned(),
            note: format!("{} in all, times in UTC", figures::number(counted.total())),
            most: figures::number(most),
            bars: (0..).zip(&sums).map(|(place, sum)| Column::of(place, sum, most)).collect(),
            legend: PARTS.map(|part| Sample::of(part, counted)).into(),
            ticks,
        }
    }

    /// Of one colour, each with its name below.
    pub(crate) fn plain(title: String, note: String, most: String, sums: &[(String, String, u64)]) -> Self {
        let highest = sums.iter().map(|(.., sum)| *sum).max().unwrap_or(0).max(1);
        let bar = |(place, (_, said, sum)): (u32, &(String, String, u64))| {
            let height = share(*sum, highest) * HEIGHT;
            let part = Part { class: "acted", y: HEIGHT - height, height };
            let x = f64::from(place) + (1.0 - FILLED) / 2.0;
            Column { said: said.clone(), x, width: FILLED, parts: vec![part] }
        };
        Self {
            title,
            note,
            most,
            bars: (0..).zip(sums).map(bar).collect(),
            legend: Vec::new(),
            ticks: sums.iter().map(|(name, ..)| Tick { text: name.clone() }).collect(),
        }
    }

    /// As wide as there are columns.
    pub(crate) fn view(&self) -> String {
        format!("0 0 {} {HEIGHT}", self.bars.len())
    }
}

impl Column {
    fn of(place: u32, (when, sums): &(String, [u64; PARTS.len()]), most: u64) -> Self {
        let mut top = HEIGHT;
        let mut part = |(sum, (_, class, _)): (&u64, &(&str, &'static str, &[Outcome]))| {
            let height = share(*sum, most) * HEIGHT;
            top -= height;
            Part { class, y: top, height }
        };
        let parts = sums.iter().zip(&PARTS).map(&mut part).filter(|part| part.height > 0.0).collect();
        let x = f64::from(place) + (1.0 - FILLED) / 2.0;
        Self { said: format!("{when}: {}", sums.iter().sum::<u64>()), x, width: FILLED, parts }
    }
}

impl Sample {
    fn of((name, class, outcomes): (&'static str, &'static str, &[Outcome]), counted: &Counted) -> Self {
        let mails = outcomes.iter().map(|outcome| counted.of(*outcome)).sum();
        Self { name, class, mails: figures::number(mails) }
    }
}

/// How many mails ended so, as a part of a bar a hundred units long.
pub(crate) struct Stretch {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) mails: u64,
    pub(crate) x: f64,
    pub(crate) width: f64,
}

/// A bar of how mails ended; nothing for what none did.
pub(crate) fn stretches(of: impl Fn(Outcome) -> u64) -> Vec<Stretch> {
    let sum =
        |outcomes: &[Outcome]| outcomes.iter().fold(0, |sum: u64, outcome| sum.saturating_add(of(*outcome)));
    let sums = PARTS.map(|(name, class, outcomes)| (name, class, sum(outcomes)));
    let all = sums.iter().fold(0, |all: u64, (_, _, mails)| all.saturating_add(*mails)).max(1);
    let mut x = 0.0;
    let mut stretch = |(name, class, mails)| {
        let stretch = Stretch { name, class, mails, x, width: share(mails, all) * 100.0 };
        x += stretch.width;
        stretch
    };
    sums.into_iter().map(&mut stretch).filter(|stretch| stretch.mails > 0).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share of a drawing that is some hundred pixels high")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
