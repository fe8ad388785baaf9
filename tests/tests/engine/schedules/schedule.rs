//! What may happen in a shop, in any order.

use crate::dice::Dice;
use crate::letter::Letter;
use crate::stock::{ADA, BOB};

/// What is written, and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Wish {
    /// 10.00 of a payment of 49.00.
    Part,
    /// 25.00 of the same payment, in another mail.
    AnotherPart,
    /// All of it, in a third mail.
    Whole,
    /// All of a payment that is above the limit of one person.
    Large,
    /// Another customer's only payment.
    Others,
    /// The end of a subscription.
    Cancel,
}

impl Wish {
    pub(super) const ALL: [Self; 6] =
        [Self::Part, Self::AnotherPart, Self::Whole, Self::Large, Self::Others, Self::Cancel];

    /// The object it is about, and how much of it is asked for at most.
    pub(super) const fn asked(self) -> (&'static str, i64) {
        match self {
            Self::Part => ("ch_1001", 1_000),
            Self::AnotherPart => ("ch_1001", 2_500),
            Self::Whole => ("ch_1001", 4_900),
            Self::Large => ("ch_1002", 15_000),
            Self::Others => ("ch_2001", 3_000),
            Self::Cancel => ("sub_1001", 0),
        }
    }

    pub(super) fn letter(self, copy: Copy) -> Letter {
        let letter = match self {
            Self::Part => Letter::from(ADA).asks("Please refund 10.00 EUR of my payment ch_1001."),
            Self::AnotherPart => Letter::from(ADA).asks("Please refund 25.00 EUR of my payment ch_1001."),
            Self::Whole => Letter::from(ADA).asks("Please refund my payment ch_1001."),
            Self::Large => Letter::from(ADA).asks("Please refund my payment ch_1002."),
            Self::Others => Letter::from(BOB).asks("Please refund my payment ch_2001."),
            Self::Cancel => Letter::from(ADA).asks("Please cancel my subscription."),
        };
        match copy {
            Copy::Original => letter,
            Copy::ByAnotherServer => letter.by_way_of("relay.shop.example"),
            Copy::Forged => letter.unproven(),
        }
    }
}

/// The same mail in other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Copy {
    Original,
    ByAnotherServer,
    /// Without the proof of its sender.
    Forged,
}

/// Something that is done while others do something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Deliver { wish: Wish, copy: Copy },
    FollowUp,
    Approve { wish: Wish, actor: &'static str, minor: Option<i64> },
    Reject { wish: Wish, actor: &'static str },
    Undo,
    RefundByHand { charge: &'static str, minor: i64 },
    Halt,
    Resume,
}

/// A deed, by which worker, and after how many steps the worker is killed over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) worker: usize,
    pub(super) deed: Deed,
    pub(super) killed_after: Option<u32>,
}

/// One thing after another.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// All at once, interleaved.
    Together(Vec<Done>),
    Fault {
        request: &'static str,
        kind: &'static str,
        after: u32,
        times: u32,
    },
    Pass {
        seconds: i64,
    },
    LoseLedger,
    BackUp,
    /// The last backup takes the place of the ledger; nothing happens where there is none.
    BringBack,
    ForgetKeys,
    /// The kill switch as a file.
    Brake {
        on: bool,
    },
}

/// Everything that happens, in its order.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    pub(super) workers: usize,
    pub(super) steps: Vec<Step>,
}

const REQUESTS: [&str; 7] = [
    "POST /v1/refunds",
    "POST /v1/refunds",
    "POST /v1/subscriptions",
    "GET /v1/refunds",
    "GET /v1/charges",
    "GET /v1/customers",
    "GET /v1/subscriptions",
];
const FAULTS: [&str; 10] = [
    "lost_before_execution",
    "lost_after_execution",
    "lost_after_execution",
    "server_error",
    "server_error_after_execution",
    "lock_timeout",
    "idempotency_key_in_use",
    "rate_limited",
    "rate_limited_should_retry",
    "revoked_key",
];
const PAUSES: [i64; 7] = [1, 61, 301, 301, 3_600, 21 * 3_600, 30 * 3_600];
const PERSONS: [&str; 4] = ["erin", "frank", "erin", ADA];

impl Schedule {
    pub(super) fn generated(seed: u64) -> Self {
        let mut dice = Dice::seeded(seed);
        let mut wishes = Wish::ALL.to_vec();
        dice.shuffle(&mut wishes);
        wishes.truncate(1 + dice.index(3));
        let workers = *dice.pick(&[1, 1, 2, 2, 3]);
        let mut steps: Vec<Step> = Vec::new();
        for _ in 0..2 + dice.index(6) {
            steps.push(step(&wishes, workers, &mut dice));
        }
        Self { seed, workers, steps }
    }

    /// The mails that come, each in the bytes in which it comes.
    pub(super) fn mails(&self) -> Vec<(Wish, Copy)> {
        let deeds = self.steps.iter().flat_map(|step| match step {
            Step::Together(deeds) => deeds.as_slice(),
            Step::Fault { .. }
            | Step::Pass { .. }
            | Step::LoseLedger
            | Step::BackUp
            | Step::BringBack
            | Step::ForgetKeys
            | Step::Brake { .. } => &[],
        });
        let mut mails: Vec<(Wish, Copy)> = deeds
            .filter_map(|done| match done.deed {
                Deed::Deliver { wish, copy } => Some((wish, copy)),
                Deed::FollowUp
                | Deed::Approve { .. }
                | Deed::Reject { .. }
                | Deed::Undo
                | Deed::RefundByHand { .. }
                | Deed::Halt
                | Deed::Resume => None,
            })
            .collect();
        mails.sort_unstable();
        mails.dedup();
        mails
    }

    /// The same without one of its steps, or without one of the deeds of a step.
    pub(super) fn cut(&self) -> Vec<Self> {
        let mut shorter = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let mut without = self.clone();
            without.steps.remove(at);
            shorter.push(without);
            if let Step::Together(deeds) = step {
                for left_out in (0..deeds.len()).filter(|_| deeds.len() > 1) {
                    let mut fewer = deeds.clone();
                    fewer.remove(left_out);
                    let mut without = self.clone();
                    without.steps.splice(at..=at, [Step::Together(fewer)]);
                    shorter.push(without);
                }
            }
        }
        shorter
    }
}

fn step(wishes: &[Wish], workers: usize, dice: &mut Dice) -> Step {
    match dice.index(16) {
        0..=2 => {
            let (request, kind) = (*dice.pick(&REQUESTS), *dice.pick(&FAULTS));
            let (after, times) = (u32::from(dice.one_in(3)), *dice.pick(&[1, 2, 3, 3, 30]));
            Step::Fault { request, kind, after, times }
        }
        3 | 4 => Step::Pass { seconds: *dice.pick(&PAUSES) },
        5 => dice
            .pick(&[Step::LoseLedger, Step::BackUp, Step::BackUp, Step::BringBack, Step::BringBack])
            .clone(),
        6 if dice.one_in(2) => Step::ForgetKeys,
        7 if dice.one_in(2) => Step::Brake { on: !dice.one_in(3) },
        _ => {
            let count = 1 + dice.index(3);
            Step::Together((0..count).map(|_| done(wishes, workers, dice)).collect())
        }
    }
}

fn done(wishes: &[Wish], workers: usize, dice: &mut Dice) -> Done {
    let (wish, actor) = (*dice.pick(wishes), *dice.pick(&PERSONS));
    let deed = match dice.index(20) {
        0 | 1 => Deed::FollowUp,
        2..=4 => Deed::Approve {
            wish,
            actor,
            minor: *dice.pick(&[None, None, Some(500), Some(900), Some(99_000), Some(-5)]),
        },
        5 => Deed::Reject { wish, actor },
        6 => Deed::Undo,
        7 => Deed::RefundByHand { charge: wish.asked().0, minor: *dice.pick(&[100, 2_000, 4_900]) },
        8 if dice.one_in(2) => Deed::Halt,
        9 => Deed::Resume,
        _ => {
            let copy = *dice.pick(&[
                Copy::Original,
                Copy::Original,
                Copy::Original,
                Copy::ByAnotherServer,
                Copy::Forged,
            ]);
            Deed::Deliver { wish, copy }
        }
    };
    Done { worker: dice.index(workers), deed, killed_after: killed_after(dice) }
}

/// A worker that does one mail goes through some sixty steps from wait to wait.
pub(super) fn killed_after(dice: &mut Dice) -> Option<u32> {
    dice.one_in(3).then(|| 1 + u32::try_from(dice.below(70)).unwrap_or_default())
}
