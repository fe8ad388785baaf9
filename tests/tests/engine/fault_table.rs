//! A table of faults on the request that moves money: never two refunds, and every word of the draft true. `--nocapture` prints it.

use std::fmt;

use anyhow::{Context, Result, ensure};
use domain::draft::ReportedState;
use domain::{Outcome, ReasonCode};
use engine::Ended;
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;
use crate::tongues::{TONGUES, Tongue};

/// How often a request is tried within one delivery.
const TRIES: u32 = 3;
/// A fault that lasts longer than anybody waits.
const FOR_EVER: u32 = 1_000;
/// More than a day, after which Stripe may have forgotten a key.
const A_DAY_AND_AN_HOUR: i64 = 25;

/// What a mail asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    RefundOfAll,
    RefundOfTen,
    Cancellation,
}

impl Wish {
    const ALL: [Self; 3] = [Self::RefundOfAll, Self::RefundOfTen, Self::Cancellation];

    fn letter(self, tongue: &Tongue) -> Letter {
        asks(match self {
            Self::RefundOfAll => tongue.refund_of_all,
            Self::RefundOfTen => tongue.refund_of_ten,
            Self::Cancellation => tongue.cancellation,
        })
    }

    /// The request that does it.
    const fn request(self) -> &'static str {
        match self {
            Self::RefundOfAll | Self::RefundOfTen => "POST /v1/refunds",
            Self::Cancellation => "POST /v1/subscriptions/",
        }
    }

    const fn minor(self) -> Option<i64> {
        match self {
            Self::RefundOfAll => Some(4_900),
            Self::RefundOfTen => Some(1_000),
            Self::Cancellation => None,
        }
    }
}

/// What goes wrong, and what is done about it from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing.
    None,
    /// The request goes wrong this often.
    Of(&'static str, u32),
    /// Somebody refunds so much by hand between the last look and the request.
    RefundedElsewhere(Option<i64>),
    /// The request goes wrong, and the mail comes again after a day.
    ThenADayPasses(&'static str),
    /// The same, and Stripe has forgotten the key.
    ThenKeysAreForgotten(&'static str),
    /// The request goes wrong, and from then on everything does, so.
    ThenEverything(&'static str, &'static str),
}

impl Fault {
    fn all(wish: Wish) -> Vec<Self> {
        let kinds = [
            "lost_after_execution",
            "reset_after_execution",
            "hang_after_execution",
            "server_error_saved",
            "server_error_after_execution",
            "idempotency_key_in_use",
            "lock_timeout",
            "rate_limited",
            "revoked_key",
            "lost_before_execution",
        ];
        let mut all = vec![Self::None];
        all.extend(kinds.iter().flat_map(|kind| [Self::Of(kind, TRIES), Self::Of(kind, FOR_EVER)]));
        for kind in ["lost_after_execution", "lost_before_execution"] {
            all.extend([Self::ThenADayPasses(kind), Self::ThenKeysAreForgotten(kind)]);
            all.extend([
                Self::ThenEverything(kind, "server_error"),
                Self::ThenEverything(kind, "revoked_key"),
            ]);
        }
        if wish != Wish::Cancellation {
            all.extend([None, Some(4_500), Some(100)].map(Self::RefundedElsewhere));
        }
        all
    }

    /// Arranges that it happens, and lets the mail come until it has its end.
    async fn happens(self, shop: &Shop, wish: Wish, letter: &Letter) -> Result<Draft> {
        let goes_wrong =
            async |kind: &str, times| shop.goes_wrong_with(0, wish.request(), json_of(kind), times).await;
        match self {
            Self::None => {}
            Self::Of(kind, times) => goes_wrong(kind, times).await?,
            Self::RefundedElsewhere(amount) => {
                let fault = json!({"kind": "refunded_elsewhere", "amount": amount});
                shop.goes_wrong_with(0, wish.request(), fault, 1).await?;
            }
            Self::ThenADayPasses(kind) | Self::ThenKeysAreForgotten(kind) | Self::ThenEverything(kind, _) => {
                goes_wrong(kind, TRIES).await?;
                ensure!(matches!(shop.delivers(letter).await?, Ended::Later { .. }), "it does not wait");
            }
        }
        match self {
            Self::ThenADayPasses(_) => shop.hours_pass(A_DAY_AND_AN_HOUR),
            Self::ThenKeysAreForgotten(_) => {
                shop.hours_pass(A_DAY_AND_AN_HOUR);
                shop.keys_are_forgotten().await?;
            }
            Self::ThenEverything(_, kind) => {
                for method in ["GET /v1", "POST /v1"] {
                    shop.goes_wrong(method, kind, FOR_EVER).await?;
                }
                if kind == "revoked_key" {
                    waits_for_another_key(shop, letter).await?;
                }
            }
            Self::None | Self::Of(..) | Self::RefundedElsewhere(_) => {}
        }
        shop.receives_after_waiting(letter).await
    }
}

/// Nobody gives up on a mail because its key is refused, however long that lasts.
async fn waits_for_another_key(shop: &Shop, letter: &Letter) -> Result<()> {
    for _ in 0..A_DAY_AND_AN_HOUR {
        ensure!(matches!(shop.delivers(letter).await?, Ended::Later { step: 0 | 1 }), "it does not wait");
        shop.hours_pass(1);
    }
    shop.all_is_well().await
}

fn json_of(kind: &str) -> Value {
    match kind {
        "hang_after_execution" => json!({"kind": kind, "ms": 2_000}),
        kind => json!({"kind": kind}),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Of(kind, times) => {
                write!(f, "{}{}", plain(kind), if *times == FOR_EVER { ", for ever" } else { "" })
            }
            Self::RefundedElsewhere(None) => f.write_str("all refunded elsewhere before the write"),
            Self::RefundedElsewhere(Some(minor)) => {
                write!(f, "{} refunded elsewhere before the write", euros(*minor))
            }
            Self::ThenADayPasses(kind) => write!(f, "{}, again after 25 hours", plain(kind)),
            Self::ThenKeysAreForgotten(kind) => write!(f, "{}, after 25 hours, key forgotten", plain(kind)),
            Self::ThenEverything(kind, then) => write!(f, "{}, then only {}", plain(kind), plain(then)),
        }
    }
}

fn plain(kind: &str) -> &str {
    match kind {
        "lost_after_execution" => "answer lost after execution",
        "lost_before_execution" => "connection lost before execution",
        "reset_after_execution" => "connection reset after execution",
        "hang_after_execution" => "hangs past the timeout after execution",
        "server_error" => "500",
        "server_error_saved" => "500 saved, not executed",
        "server_error_after_execution" => "500 saved, executed",
        "idempotency_key_in_use" => "409 key in use",
        "lock_timeout" => "409 lock timeout",
        "rate_limited" => "429",
        "revoked_key" => "key revoked",
        other => other,
    }
}

fn euros(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// What Stripe holds in the end.
#[derive(Debug, Default)]
struct Held {
    /// Ids and amounts of refunds that are ours.
    ours: Vec<(String, i64)>,
    by_hand: Vec<i64>,
    /// The subscription ends with its period.
    ends: bool,
}

impl Held {
    async fn at_stripe(shop: &Shop) -> Result<Self> {
        let mut held = Self::default();
        for refund in shop.kept("refunds").await? {
            let amount = refund.get("amount").and_then(Value::as_i64).context("an amount")?;
            let id = refund.get("id").and_then(Value::as_str).context("an id")?;
            match refund.pointer("/metadata/postill_action") {
                Some(_) => held.ours.push((id.to_owned(), amount)),
                None => held.by_hand.push(amount),
            }
        }
        let subscriptions = shop.kept("subscriptions").await?;
        held.ends =
            subscriptions.iter().any(|object| object.get("cancel_at_period_end") == Some(&json!(true)));
        Ok(held)
    }

    fn is_done(&self, wish: Wish) -> bool {
        match wish {
            Wish::RefundOfAll | Wish::RefundOfTen => !self.ours.is_empty(),
            Wish::Cancellation => self.ends,
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = self.ours.iter().map(|(_, minor)| euros(*minor));
        let by_hand = self.by_hand.iter().map(|minor| format!("{} by hand", euros(*minor)));
        let ends = self.ends.then(|| "ends with its period".to_owned());
        let parts: Vec<String> = ours.chain(by_hand).chain(ends).collect();
        f.write_str(if parts.is_empty() { "nothing" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

/// Everything that a draft says against what Stripe holds.
fn is_true(draft: &Draft, held: &Held, wish: Wish, tongue: &Tongue) -> Result<()> {
    ensure!(held.ours.len() <= 1, "two refunds");
    let (data, text) = (draft.data(), draft.text().replace(['\u{a0}', '\u{202f}'], " "));
    let says = |words: &str| text.contains(words);
    let (done, action) = (held.is_done(wish), draft.action());
    let state = action.map(|action| action.state);

    // In the suggested reply.
    ensure!(!says(tongue.issued) || !held.ours.is_empty(), "it says that money was sent back");
    ensure!(
        !says(tongue.refunded_before) || !held.by_hand.is_empty(),
        "it says that money had been sent back"
    );
    ensure!(!says(tongue.ends) || held.ends, "it says that the subscription ends");
    ensure!(
        held.ours.is_empty() || !tongue.no_refund.iter().any(|words| says(words)),
        "it denies the refund"
    );
    ensure!(!held.ends || !says(tongue.goes_on), "it denies the cancellation");

    // In outcome, reasons and actions.
    let told = data.reasons.iter().map(|reason| reason.code);
    let claims = [ReasonCode::RefundIssued, ReasonCode::CancellationSet];
    ensure!(done || !told.clone().any(|code| claims.contains(&code)), "a reason says that it was done");
    match state {
        Some(ReportedState::Done) => {
            ensure!(done && data.outcome == Outcome::ActionTaken, "it is reported as done");
            ensure!(says(tongue.issued) || says(tongue.ends), "it is not told");
        }
        Some(ReportedState::Unknown) => {
            ensure!(data.outcome == Outcome::Handoff, "what is unknown goes to a person");
            ensure!(
                told.clone().any(|code| code == ReasonCode::OutcomeUnknown),
                "nothing says that it is unknown"
            );
        }
        Some(ReportedState::Refused | ReportedState::NeedsApproval | ReportedState::WouldDo) | None => {
            ensure!(!done, "it was done, and is reported as {state:?}");
            ensure!(data.outcome != Outcome::ActionTaken, "nothing was done");
        }
    }
    if let (Some(action), Some((id, minor))) = (action, held.ours.first()) {
        ensure!(action.amount.map(|amount| amount.minor) == Some(*minor), "another amount");
        ensure!(wish.minor() == Some(*minor), "not what was asked for");
        ensure!(state != Some(ReportedState::Done) || action.result.as_ref() == Some(id), "another refund");
    }
    Ok(())
}

/// Every fault on every wish in one language; the table.
async fn table(tongue: &Tongue) -> Result<String> {
    let mut rows =
        vec![format!("| fault ({}) | asked | at Stripe | outcome | reason | the reply |", tongue.name)];
    for wish in Wish::ALL {
        for fault in Fault::all(wish) {
            let row = row(fault, wish, tongue).await;
            rows.push(row.with_context(|| format!("{}: {wish:?} under {fault}", tongue.name))?);
        }
    }
    Ok(rows.join("\n"))
}

async fn row(fault: Fault, wish: Wish, tongue: &Tongue) -> Result<String> {
    let shop = Shop::open(one_charge().subscription("sub_1001", json!({}))).await?.impatient()?;
    let letter = wish.letter(tongue);
    let draft = fault.happens(&shop, wish, &letter).await?;
    let held = Held::at_stripe(&shop).await?;
    is_true(&draft, &held, wish, tongue).with_context(|| format!("{held}; {:#?}", draft.data()))?;
    ensure!(fault != Fault::None || held.is_done(wish), "not even without a fault: {:#?}", draft.data());

    // It comes once more, much later, and has its answer.
    shop.hours_pass(A_DAY_AND_AN_HOUR);
    let writes = shop.writes().await?;
    ensure!(shop.receives(&letter).await?.bytes == draft.bytes, "another draft for the same mail");
    ensure!(shop.writes().await? == writes, "it was asked of Stripe again");

    let data = draft.data();
    let code = json!(draft.code());
    let code = code.as_str().unwrap_or_default();
    let words = draft.text().lines().max_by_key(|line| line.len()).unwrap_or_default();
    let words: String = words.chars().take(60).collect();
    Ok(format!("| {fault} | {wish:?} | {held} | {} | {code} | {words} |", data.outcome.as_str()))
}

async fn of(name: &str) -> Result<String> {
    Box::pin(table(TONGUES.iter().find(|tongue| tongue.name == name).context("no such language")?)).await
}

#[tokio::test]
async fn under_every_fault_an_english_draft_is_true() -> Result<()> {
    println!("{}", of("English").await?);
    Ok(())
}

#[tokio::test]
async fn under_every_fault_a_german_draft_is_true() -> Result<()> {
    of("German").await.map(drop)
}

#[tokio::test]
async fn under_every_fault_a_french_draft_is_true() -> Result<()> {
    of("French").await.map(drop)
}

#[tokio::test]
async fn under_every_fault_a_spanish_draft_is_true() -> Result<()> {
    of("Spanish").await.map(drop)
}

#[tokio::test]
async fn under_every_fault_an_italian_draft_is_true() -> Result<()> {
    of("Italian").await.map(drop)
}

#[tokio::test]
async fn under_every_fault_a_portuguese_draft_is_true() -> Result<()> {
    of("Portuguese").await.map(drop)
}

#[tokio::test]
async fn under_every_fault_a_dutch_draft_is_true() -> Result<()> {
    of("Dutch").await.map(drop)
}
