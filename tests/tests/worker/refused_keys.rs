//! A key that Stripe refuses: mail waits without counting, and goes on by itself when the key is good again.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::{PERMISSIONS, Run, wait_until};

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::draft_schema;
use crate::shop::{KEY, shop};
use crate::watching::watched;
use crate::world::{PATIENCE, World, run};

/// The key of the other workspace.
const OTHER_KEY: &str = "rk_test_larkspur_other_0009";
/// One that nobody revokes.
const NEW_KEY: &str = "rk_test_larkspur_fresh_0010";
const OTHER: &[(&str, &str)] = &[("postill-workspace", "other")];
/// A refused key is tried every half minute, and parked mail comes back within one.
const LONG: Duration = Duration::from_mins(3);
const BEGINS: &str = "Stripe refuses the key: mail of the workspace waits";
const ENDS: &str = "mail of the workspace goes on";

fn letters(numbers: std::ops::Range<usize>) -> Vec<Letter> {
    numbers.map(|number| letter(number, number, Wish::in_turn(number))).collect()
}

async fn revoked(w: &World, key: &str) -> Result<()> {
    let rule = json!({ "path": "/v1/", "key": key, "fault": { "kind": "revoked_key" } });
    w.stripe_has_rule(rule).await
}

/// Nothing was postponed, and each mail was claimed once without an end at most: its last time.
async fn nothing_was_burnt(w: &World) -> Result<()> {
    let mut ledger = w.database.connect().await?;
    let burnt: i64 = sqlx::query_scalar("select count(*) from mail where attempts > 1 or postponements > 0")
        .fetch_one(&mut ledger)
        .await?;
    ensure!(burnt == 0, "{burnt} mails have lost a try");
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_stops_the_intake_and_all_mail_is_answered_once_it_is_back() -> Result<()> {
    run(&shop(30), async |w| {
        let watched = watched(w.postill(["worker"])).await?;
        w.answers(&letter(29, 29, Wish::Invoice), "answered").await?;
        watched.is_ready().await?;
        revoked(w, KEY).await?;

        let all = letters(0..28);
        let (first, later) = all.split_at(7);
        w.arrives(first).await?;
        watched.complains("Stripe refuses the key").await?;
        w.arrives(later).await?;
        // Those that found it out have come back from the first step of the ladder: all lie where they came from.
        w.vhost.wait_for_depth("postill.mail", 28, PATIENCE).await?;
        ensure!(watched.counts("postill_stripe_key_refused workspace=\"default\"").await? > 0.5);
        ensure!(watched.counts("postill_worker_ready").await? < 0.5);
        ensure!(watched.counts("postill_worker_mails_in_hand").await? < 0.5);
        ensure!(watched.counts("postill_mails_postponed_total reason=\"key_refused\"").await? <= 7.5);
        let refused = watched.counts("postill_stripe_refused_keys_total workspace=\"default\"").await?;
        ensure!((0.5..20.5).contains(&refused), "{refused} requests were refused");

        w.stripe_recovers().await?;
        let outcomes = w.outcomes_of(&all, LONG).await?;
        outcomes.are_as_expected(&all, &draft_schema()?)?;
        ensure!(outcomes.messages == all.len(), "a mail has more than one draft");
        watched.gets_ready().await?;
        nothing_was_burnt(w).await?;
        let said = watched.worker.stderr();
        ensure!(said.matches(BEGINS).count() == 1 && said.matches(ENDS).count() == 1, "{said}");
        w.stops(watched.worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

fn shop_of_three_keys() -> Value {
    let mut shop = shop(30);
    if let Some(keys) = shop.pointer_mut("/test/keys").and_then(Value::as_array_mut) {
        keys.extend([OTHER_KEY, NEW_KEY].map(|key| json!({ "key": key, "permissions": PERMISSIONS })));
    }
    shop
}

fn with_master_key<const N: usize>(w: &World, arguments: [&str; N]) -> Run {
    w.postill(arguments).env("POSTILL_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
}

async fn connects_the_other(w: &World, key: &str) -> Result<()> {
    let connect = with_master_key(w, ["connect", "--workspace", "other"]).without_env("POSTILL_STRIPE_KEY");
    let connected = connect.input(key).finish(PATIENCE).await?;
    ensure!(connected.status.success(), "{connected:?}");
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_of_one_workspace_holds_up_no_other_and_a_new_key_ends_it_at_once() -> Result<()> {
    run(&shop_of_three_keys(), async |w| {
        connects_the_other(w, OTHER_KEY).await?;
        let watched = watched(with_master_key(w, ["worker"])).await?;
        revoked(w, OTHER_KEY).await?;
        let all = letters(0..28);
        let (theirs, ours) = all.split_at(14);
        w.arrives_with(theirs, OTHER).await?;
        wait_until("the worker to say so", PATIENCE, async || Ok(watched.worker.stderr().contains(BEGINS)))
            .await?;
        w.arrives(ours).await?;
        let first = w.outcomes_of(ours, PATIENCE).await?;
        ensure!(first.missing(theirs) == theirs.len(), "a refused key was used");
        watched.is_ready().await?;
        ensure!(watched.counts("postill_stripe_key_refused workspace=\"other\"").await? > 0.5);
        ensure!(watched.counts("postill_stripe_key_refused workspace=\"default\"").await? < 0.5);

        connects_the_other(w, NEW_KEY).await?;
        let outcomes = w.outcomes_of_others(theirs, first, LONG).await?;
        outcomes.are_as_expected(&all, &draft_schema()?)?;
        nothing_was_burnt(w).await?;
        let said = watched.worker.stderr();
        ensure!(said.matches(BEGINS).count() == 1 && said.matches(ENDS).count() == 1, "{said}");
        w.stops(watched.worker).await?;
        w.nothing_is_queued().await
    })
    .await
}
