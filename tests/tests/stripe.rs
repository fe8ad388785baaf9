//! The Stripe client against the sandbox: the two share no code, so what one misunderstands the other shows.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::ids::CustomerId;
use domain::policy::{RefundAsked, Spent, Switch};
use domain::{
    Access, ActionId, Assurance, Currency, Function, Mode, Money, Permission, Permit, Policy, Run, Timestamp,
};
use serde_json::{Value, json};
use stripe_client::object::{ChargeStatus, Refund, RefundStatus};
use stripe_client::probe::{ProbeError, Verdict, WriteRows, check_key};
use stripe_client::{
    CallError, Config, KeyRefusal, NewPaymentLink, NewPortalSession, NewRefund, Rates, RefundOf,
    RefusalReason, Stripe, WriteError, Written,
};
use stripe_sandbox::{Sandbox, Seed};

/// 2026-11-01T00:00:00Z: where the sandbox's clock stands.
const START: i64 = 1_793_491_200;
const SECRET: &str = "sk_test_secretABCD";
/// May read everything and write nothing.
const READER: &str = "rk_test_readerABCD";
const EXPIRED: &str = "sk_test_expiredABCD";
const LIVE: &str = "sk_live_secretABCD";

struct World {
    sandbox: Sandbox,
    stripe: Stripe,
    control: reqwest::Client,
}

fn shop() -> Value {
    let charge = |id: &str, payment: &str, amount: i64, refunded: i64| {
        json!({"id": id, "customer": "cus_ada", "payment_intent": payment, "amount": amount, "currency": "eur",
               "amount_refunded": refunded, "created": "-3d"})
    };
    json!({
        "account": {"id": "acct_1", "default_currency": "eur", "country": "DE"},
        "test": {
            "keys": [
                {"key": SECRET},
                {"key": EXPIRED, "expired": true},
                {"key": READER, "permissions": ["rak_customer_read", "rak_invoice_read", "rak_charge_read",
                    "rak_subscription_read", "rak_payment_intent_read", "rak_balance_transaction_source_read"]},
            ],
            "customers": [
                {"id": "cus_ada", "email": "Ada@Example.com", "name": "Ada", "created": "-400d"},
                {"id": "cus_twin", "email": "ada@example.com", "created": "-300d"},
            ],
            "payment_intents": [
                {"id": "pi_paid", "customer": "cus_ada", "amount": 2500, "currency": "eur", "status": "succeeded",
                 "latest_charge": "ch_paid", "created": "-3d"},
            ],
            "charges": [charge("ch_paid", "pi_paid", 2500, 0)],
            "products": [{"id": "prod_1", "name": "Plan"}],
            "prices": [{"id": "price_1", "product": "prod_1", "currency": "eur", "unit_amount": 900,
                "recurring": {"interval": "month"}}],
            "subscriptions": [
                {"id": "sub_running", "customer": "cus_ada", "status": "active", "items": [{"price": "price_1",
                 "current_period_start": "-12d", "current_period_end": "+18d"}], "created": "-100d"},
                {"id": "sub_over", "customer": "cus_ada", "status": "canceled", "items": [{"price": "price_1",
                 "current_period_start": "-60d", "current_period_end": "-30d"}], "ended_at": "-30d",
                 "canceled_at": "-40d", "created": "-300d"},
            ],
            "portal_configurations": [{"id": "bpc_1", "is_default": true}],
        },
        "live": {"keys": [{"key": LIVE}]},
    })
}

/// Quick to repeat, and not held up by limits.
fn config(sandbox: &Sandbox) -> Result<Config> {
    let many = NonZeroU32::new(1_000_000).context("a million is not zero")?;
    Ok(Config {
        base_url: sandbox.url().parse()?,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        rates: Rates { per_endpoint: many, search: many, account_live: many, account_test: many },
        ..Config::default()
    })
}

impl World {
    async fn start() -> Result<Self> {
        Self::with(&shop().to_string(), SECRET).await
    }

    async fn with(seed: &str, key: &str) -> Result<Self> {
        let config_of_sandbox = stripe_sandbox::Config::on_loopback(Arc::new(|| START));
        let sandbox = Sandbox::start(config_of_sandbox, Seed::from_json(seed)?).await?;
        let stripe = Stripe::new(&key.parse()?, config(&sandbox)?)?;
        let control = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { sandbox, stripe, control })
    }

    fn as_key(&self, key: &str) -> Result<Stripe> {
        Ok(Stripe::new(&key.parse()?, config(&self.sandbox)?)?)
    }

    /// Lets requests to `path` go wrong `times` times.
    async fn fault(&self, path: &str, kind: &str, times: u32) -> Result<()> {
        let rule = json!({"path": path, "times": times, "fault": {"kind": kind}});
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        self.control.post(url).json(&rule).send().await?.error_for_status()?;
        Ok(())
    }

    async fn kept(&self, kind: &str) -> Result<Vec<Value>> {
        let url = format!("{}/_sandbox/objects/{kind}", self.sandbox.url());
        let body: Value = self.control.get(url).send().await?.error_for_status()?.json().await?;
        Ok(body.get("objects").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    async fn refund(&self, of: &str, minor: i64) -> Result<Result<Written<Refund>, WriteError>> {
        let refund = NewRefund { of: RefundOf::Charge(of.parse()?), amount: euros(minor) };
        Ok(self.stripe.write(permit(Function::Refund)?).refund(&action(1)?, &refund).await)
    }
}

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn action(number: u8) -> Result<ActionId> {
    Ok(format!("act_{number:040x}").parse()?)
}

fn permit(function: Function) -> Result<Permit> {
    let mut policy = Policy::default();
    policy.functions.insert(function, Switch::On);
    policy.refund.limit_minor.insert(Currency::EUR, 1_000_000);
    let now = Timestamp::from_second(START)?;
    let judgement = if function == Function::Refund {
        policy.judge_refund(&RefundAsked {
            amount: euros(1),
            charged_at: now,
            assurance: Assurance::Authenticated,
            now,
            spent: Spent::nothing(Currency::EUR),
        })
    } else {
        policy.judge_link(function)
    };
    let writable = Run::LIVE.writable().context("a live run writes")?;
    judgement.permit(writable).context("the policy allows it")
}

#[tokio::test]
async fn customers_are_found_by_the_letter_and_by_search() -> Result<()> {
    let world = World::start().await?;
    let reader = world.stripe.reader();
    let exact = reader.customers_by_email("ada@example.com").await?.value;
    assert_eq!(exact.items.iter().map(|customer| customer.id.as_str()).collect::<Vec<_>>(), ["cus_twin"]);
    let found = reader.search_customers(&"ada@example.com".parse()?).await?;
    let mut ids: Vec<&str> = found.value.items.iter().map(|customer| customer.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!((ids, found.value.complete), (vec!["cus_ada", "cus_twin"], true));
    assert!(found.request_id.is_some());
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_none() -> Result<()> {
    let world = World::start().await?;
    let reader = world.stripe.reader();
    assert_eq!(reader.customer(&"cus_nobody".parse()?).await?.value, None);
    assert_eq!(reader.charge(&"ch_nobody".parse()?).await?.value, None);
    assert_eq!(reader.subscription(&"sub_nobody".parse()?).await?.value, None);
    Ok(())
}

#[tokio::test]
async fn subscriptions_that_ended_are_among_them() -> Result<()> {
    let world = World::start().await?;
    let subscriptions = world.stripe.reader().subscriptions(&"cus_ada".parse()?).await?.value;
    let ids: Vec<&str> = subscriptions.items.iter().map(|subscription| subscription.id.as_str()).collect();
    assert_eq!(ids, ["sub_running", "sub_over"]);
    Ok(())
}

#[tokio::test]
async fn a_refund_counts_on_its_charge_and_is_found_again_by_its_action() -> Result<()> {
    let world = World::start().await?;
    let written = world.refund("ch_paid", 1000).await??;
    assert_eq!((written.value.amount(), written.replayed), (euros(1000), false));
    assert_eq!(written.value.status, Some(RefundStatus::Succeeded));

    let reader = world.stripe.reader();
    let charge = reader.charge(&"ch_paid".parse()?).await?.value.context("the charge")?;
    assert_eq!((charge.status, charge.refunded), (ChargeStatus::Succeeded, false));
    let charge = reader.charge(&charge.id).await?.value.context("the charge")?;
    assert_eq!((charge.refunded_amount(), charge.refundable()), (euros(1000), euros(1500)));
    let refunds = reader.refunds_of_charge(&charge.id).await?.value;
    assert_eq!(
        refunds.items.iter().map(|refund| refund.action.clone()).collect::<Vec<_>>(),
        [Some(action(1)?)]
    );
    let line = written.value.balance_transaction.context("a line of the balance")?;
    let line = reader.balance_transaction(&line).await?.value.context("the line")?;
    assert_eq!(line.amount(), euros(-1000));
    Ok(())
}

#[tokio::test]
async fn an_answer_lost_after_the_refund_is_replayed_and_money_moves_once() -> Result<()> {
    let world = World::start().await?;
    world.fault("/v1/refunds", "lost_after_execution", 1).await?;
    let written = world.refund("ch_paid", 1000).await??;
    assert!(written.replayed);
    assert_eq!(world.kept("refunds").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_answer_lost_each_time_is_unknown_and_reading_back_shows_the_refund() -> Result<()> {
    let world = World::start().await?;
    world.fault("/v1/refunds", "lost_after_execution", 3).await?;
    let outcome = world.refund("ch_paid", 1000).await?;
    assert!(matches!(outcome, Err(WriteError::Unknown(CallError::Broken { .. }))), "{outcome:?}");
    let refunds = world.stripe.reader().refunds_of_charge(&"ch_paid".parse()?).await?.value;
    assert_eq!(
        refunds.items.iter().map(|refund| refund.action.clone()).collect::<Vec<_>>(),
        [Some(action(1)?)]
    );
    assert_eq!(world.refund("ch_paid", 1000).await??.value.id, refunds.items[0].id, "the same key later");
    assert_eq!(world.kept("refunds").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_500_that_was_saved_stays_unknown_under_its_key() -> Result<()> {
    let world = World::start().await?;
    world.fault("/v1/refunds", "server_error_after_execution", 1).await?;
    for _ in 0..2 {
        let outcome = world.refund("ch_paid", 1000).await?;
        assert!(matches!(outcome, Err(WriteError::Unknown(CallError::ServerFailed { .. }))), "{outcome:?}");
    }
    assert!(world.kept("refunds").await?.len() <= 1);
    Ok(())
}

#[tokio::test]
async fn what_did_not_reach_stripe_is_sent_again() -> Result<()> {
    for kind in
        ["lost_before_execution", "server_error", "idempotency_key_in_use", "rate_limited_should_retry"]
    {
        let world = World::start().await?;
        world.fault("/v1/refunds", kind, 1).await?;
        assert!(!world.refund("ch_paid", 1000).await??.replayed, "{kind}");
        assert_eq!(world.kept("refunds").await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_plain_429_is_not_done_and_not_repeated() -> Result<()> {
    let world = World::start().await?;
    world.fault("/v1/refunds", "rate_limited", 1).await?;
    let outcome = world.refund("ch_paid", 1000).await?;
    assert!(matches!(outcome, Err(WriteError::NotDone(CallError::RateLimited { .. }))), "{outcome:?}");
    assert_eq!(world.kept("refunds").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn more_than_is_left_is_refused_by_name() -> Result<()> {
    let world = World::start().await?;
    let reason = async |amount: i64, number: u8| -> Result<RefusalReason> {
        let refund = NewRefund { of: RefundOf::Payment("pi_paid".parse()?), amount: euros(amount) };
        let outcome = world.stripe.write(permit(Function::Refund)?).refund(&action(number)?, &refund).await;
        match outcome {
            Err(WriteError::NotDone(CallError::Refused { refusal, .. })) => Ok(refusal.reason),
            other => bail!("{other:?}"),
        }
    };
    assert_eq!(reason(2501, 2).await?, RefusalReason::AboveRefundable);
    world.refund("ch_paid", 2500).await??;
    assert_eq!(reason(1, 3).await?, RefusalReason::AlreadyRefunded);
    Ok(())
}

#[tokio::test]
async fn one_key_does_not_serve_two_refunds() -> Result<()> {
    let world = World::start().await?;
    world.refund("ch_paid", 1000).await??;
    let outcome = world.refund("ch_paid", 1001).await?;
    assert!(matches!(outcome, Err(WriteError::Unknown(CallError::KeyMismatch { .. }))), "{outcome:?}");
    assert_eq!(world.kept("refunds").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_subscription_ends_with_its_period() -> Result<()> {
    let world = World::start().await?;
    let end = async |id: &str, number: u8| -> Result<_> {
        let write = world.stripe.write(permit_to_cancel()?);
        Ok(write.end_subscription_with_period(&action(number)?, &id.parse()?).await)
    };
    let ended = end("sub_running", 1).await??.value;
    assert!(ended.cancel_at_period_end && ended.is_ending());
    assert_eq!(ended.period_end().map(Timestamp::as_second), Some(START + 18 * 86_400));
    assert_eq!(ended.action, Some(action(1)?));

    let Err(WriteError::NotDone(error)) = end("sub_over", 2).await? else { bail!("it is over already") };
    assert_eq!(error.refusal().map(|refusal| refusal.reason), Some(RefusalReason::AlreadyCanceled));
    Ok(())
}

fn permit_to_cancel() -> Result<Permit> {
    let mut policy = Policy::default();
    policy.functions.insert(Function::CancelSubscription, Switch::On);
    let writable = Run::LIVE.writable().context("a live run writes")?;
    policy.judge_cancellation(Assurance::Authenticated).permit(writable).context("the policy allows it")
}

#[tokio::test]
async fn a_payment_link_is_for_one_payment() -> Result<()> {
    let world = World::start().await?;
    let link = NewPaymentLink { amount: euros(4900), title: "Invoice A-1".to_owned(), invoice: None };
    let write = world.stripe.write(permit(Function::PaymentLink)?);
    let written = write.payment_link(&action(1)?, &link).await?;
    assert!(written.value.active && written.value.url.as_str().starts_with("https://"));
    assert_eq!(written.value.action, Some(action(1)?));
    let kept = world.kept("payment_links").await?;
    let at = |pointer: &str| kept.first().and_then(|link| link.pointer(pointer)).cloned();
    assert_eq!(at("/restrictions/completed_sessions/limit"), Some(json!(1)));
    assert_eq!(at("/line_items/data/0/price/unit_amount"), Some(json!(4900)));
    Ok(())
}

#[tokio::test]
async fn a_portal_link_can_be_recovered_and_needs_a_configuration() -> Result<()> {
    let world = World::start().await?;
    let session = NewPortalSession { customer: "cus_ada".parse()?, configuration: None, return_url: None };
    let write = world.stripe.write(permit(Function::PortalLink)?);
    let written = write.portal_session(&action(1)?, &session).await?;
    assert_eq!(written.value.customer, Some("cus_ada".parse()?));
    let kept = world.kept("portal_sessions").await?;
    let recovery = kept.first().and_then(|session| session.pointer("/after_expiration/type")).cloned();
    assert_eq!(recovery, Some(json!("customer_login")));

    let mut bare = shop();
    bare["test"]["portal_configurations"] = json!([]);
    let bare = World::with(&bare.to_string(), SECRET).await?;
    assert_eq!(bare.stripe.reader().portal_configurations().await?.value.items, []);
    let write = bare.stripe.write(permit(Function::PortalLink)?);
    let Err(WriteError::NotDone(error)) = write.portal_session(&action(1)?, &session).await else {
        bail!("there is no portal to send anybody to")
    };
    assert_eq!(error.refusal().map(|refusal| refusal.reason), Some(RefusalReason::PortalNotConfigured));
    Ok(())
}

#[tokio::test]
async fn a_key_that_may_not_write_is_told_which_row_to_tick() -> Result<()> {
    let world = World::start().await?;
    let refund = NewRefund { of: RefundOf::Charge("ch_paid".parse()?), amount: euros(1) };
    let reader = world.as_key(READER)?;
    let outcome = reader.write(permit(Function::Refund)?).refund(&action(1)?, &refund).await;
    let Err(WriteError::NotDone(CallError::PermissionMissing { missing, .. })) = outcome else {
        bail!("{outcome:?}")
    };
    assert_eq!(missing.rows, [Permission::REFUNDS]);
    Ok(())
}

#[tokio::test]
async fn a_key_is_checked_row_by_row_without_any_effect() -> Result<()> {
    let world = World::start().await?;
    let config = config(&world.sandbox)?;
    let report = check_key(&config, &READER.parse()?, WriteRows::Try).await?;
    assert_eq!((report.mode, report.is_restricted), (Mode::Test, true));
    for row in &report.rows {
        let expected = match row.permission.access {
            Access::Read => Verdict::Granted,
            Access::Write => Verdict::Missing,
        };
        assert_eq!((row.permission, row.verdict), (row.permission, expected));
    }

    let report = check_key(&config, &SECRET.parse()?, WriteRows::Try).await?;
    assert!(report.rows.iter().all(|row| row.verdict == Verdict::Granted), "{:?}", report.rows);
    for kind in ["refunds", "payment_links", "portal_sessions"] {
        assert_eq!(world.kept(kind).await?, Vec::<Value>::new());
    }

    let expired = check_key(&config, &EXPIRED.parse()?, WriteRows::Skip).await;
    let Err(ProbeError::Call(CallError::KeyRefused { refusal, .. })) = expired else { bail!("{expired:?}") };
    assert_eq!(refusal, KeyRefusal::Expired);
    Ok(())
}

#[tokio::test]
async fn live_and_test_data_do_not_mix() -> Result<()> {
    let world = World::start().await?;
    let live = world.as_key(LIVE)?;
    assert_eq!(live.reader().mode(), Mode::Live);
    assert_eq!(live.reader().customer(&"cus_ada".parse()?).await?.value, None);
    assert_eq!(live.reader().customers_by_email("ada@example.com").await?.value.items, []);
    Ok(())
}

/// Every object of the demo's world, read through every list there is: nothing is left out as unreadable.
#[tokio::test]
async fn the_whole_sample_world_can_be_read() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/app/samples/world.json");
    let seed = std::fs::read_to_string(path).context("the sample world")?;
    let key = serde_json::from_str::<Value>(&seed)?;
    let key = key.pointer("/test/keys/0/key").and_then(Value::as_str).context("a test key")?.to_owned();
    let world = World::with(&seed, &key).await?;
    let reader = world.stripe.reader();
    let ids = world.kept("customers").await?;
    let test = |customer: &&Value| customer.get("livemode") == Some(&json!(false));
    let mut read = 0;
    for customer in ids.iter().filter(test) {
        let id: CustomerId = serde_json::from_value(customer.get("id").cloned().unwrap_or_default())?;
        let invoices = reader.invoices(&id).await?.value;
        let charges = reader.charges(&id).await?.value;
        let payments = reader.payment_intents(&id).await?.value;
        let subscriptions = reader.subscriptions(&id).await?.value;
        let methods = reader.payment_methods(&id).await?.value;
        assert!(
            invoices.complete
                && charges.complete
                && payments.complete
                && subscriptions.complete
                && methods.complete,
            "{id}"
        );
        for invoice in &invoices.items {
            assert!(reader.payments_of_invoice(&invoice.id).await?.value.complete, "{}", invoice.id);
        }
        for charge in &charges.items {
            assert!(reader.refunds_of_charge(&charge.id).await?.value.complete, "{}", charge.id);
            if let Some(line) = &charge.balance_transaction {
                assert!(reader.balance_transaction(line).await?.value.is_some(), "{line}");
            }
        }
        for payment in &payments.items {
            assert!(reader.invoices_paid_by(&payment.id).await?.value.complete, "{}", payment.id);
        }
        read += invoices.items.len() + charges.items.len() + payments.items.len();
    }
    assert!(read > 300, "only {read} objects were read");
    Ok(())
}
