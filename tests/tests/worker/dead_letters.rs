//! What ended in the dead queue: seen, put back, dropped, by the verb and by the worker.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::{SystemClock, WorkspaceId};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use store::{DeadDeed, DeadOrderState, DeadOrdered, DeadTarget, LeaseTerms, Ledger};
use tests::{Finished, Postill, wait_until};

use crate::letters::{Letter, Wish, broken, letter};
use crate::outcomes::at;
use crate::shop::{KEY, shop};
use crate::world::{PATIENCE, World, run, started};

const DEAD: &str = "postill.mail.dead";
/// Seals the key that is stored; thirty-two bytes.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What a verb printed, which has to end so.
async fn says(w: &World, code: i32, arguments: &[&str]) -> Result<Finished> {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let finished = w.postill_with(arguments.clone()).finish(PATIENCE).await?;
    ensure!(finished.status.code() == Some(code), "postill {arguments:?}: {finished:?}");
    Ok(finished)
}

fn lines(finished: &Finished) -> Result<Vec<Value>> {
    finished.stdout.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The groups, as programs see them.
async fn groups(w: &World) -> Result<Vec<Value>> {
    lines(&says(w, 0, &["dead", "list", "--json"]).await?)
}

fn text<'a>(line: &'a Value, name: &str) -> Result<&'a str> {
    line.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {line}"))
}

async fn ledger(w: &World) -> Result<Ledger> {
    Ok(Ledger::open(&store::Config::new(w.database.url.parse()?), Arc::new(SystemClock)).await?)
}

/// Connects the shop's key to the workspace that has none.
async fn connects(w: &World) -> Result<()> {
    let connect = w.postill(["connect", "--workspace", "elsewhere"]).env("POSTILL_MASTER_KEY", MASTER_KEY);
    let connected = connect.without_env("POSTILL_STRIPE_KEY").input(KEY).finish(PATIENCE).await?;
    ensure!(connected.status.success(), "{connected:?}");
    Ok(())
}

/// A worker that opens the stored key, too. Whatever a killed one held is free again soon.
async fn knowing_both(w: &World) -> Result<Postill> {
    let worker = w
        .postill(["worker"])
        .env("POSTILL_MASTER_KEY", MASTER_KEY)
        .env("POSTILL_STRIPE_TIMEOUT_MS", "3000")
        .env("POSTILL_STRIPE_DEADLINE_MS", "3000")
        .env("POSTILL_WORKER_LEASE_SECONDS", "10");
    started(worker).await
}

/// A mail for a workspace of this name, to which no key is connected yet.
fn stranger(workspace: &str, number: usize) -> Letter {
    let mail = json!({ "schema": "postill.mail.v1", "workspace": workspace,
        "from": [{ "email": "anna@choir0.example" }], "text": format!("Could you send me invoice {number}?") });
    Letter::dead(&format!("{workspace}-{number}"), &mail, "not_connected")
}

async fn dead_to(w: &World, letters: &[Letter]) -> Result<()> {
    let before = w.vhost.depth(DEAD).await?;
    w.arrives(letters).await?;
    w.vhost.wait_for_depth(DEAD, before + u32::try_from(letters.len())?, PATIENCE).await
}

async fn orders(w: &World, deed: DeadDeed) -> Result<Ledger> {
    let ledger = ledger(w).await?;
    for group in ledger.dead_groups(None).await? {
        let ordered = ledger.order_dead(&DeadTarget::Group(group), &deed, "kim").await?;
        ensure!(matches!(ordered, DeadOrdered::Made(_)), "{ordered:?}");
    }
    Ok(ledger)
}

/// Waits until every order is carried out, and says how many mails were moved and how many not found.
async fn carried_out(ledger: &Ledger) -> Result<(u32, u32)> {
    let mut sums = (0, 0);
    wait_until("the orders to be carried out", PATIENCE, async || {
        sums = (0, 0);
        for order in ledger.dead_orders(None, 100).await? {
            let DeadOrderState::Ended { missing, .. } = order.state else { return Ok(false) };
            sums = (sums.0 + order.moved, sums.1 + missing);
        }
        Ok(true)
    })
    .await?;
    Ok(sums)
}

#[tokio::test]
async fn what_died_of_a_missing_key_is_put_back_and_answered_once_there_is_one() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        dead_to(w, &[stranger("elsewhere", 1), stranger("elsewhere", 2), broken(19)]).await?;
        w.stops(worker).await?;
        let groups = groups(w).await?;
        let group = groups.iter().find(|group| group["code"] == "not_connected").context("no such group")?;
        ensure!(group["mails"] == 2 && group["workspace"] == "elsewhere" && groups.len() == 2, "{groups:#?}");

        let id = text(group, "group")?;
        let plan = says(w, 0, &["dead", "requeue", id]).await?;
        ensure!(
            plan.stdout.contains("would put back 2 mails") && plan.stderr.contains("nothing was done"),
            "{plan:?}"
        );
        ensure!(w.vhost.depth(DEAD).await? == 3, "something was done");

        connects(w).await?;
        let done = says(w, 0, &["dead", "requeue", id, "--yes", "--as", "kim"]).await?;
        ensure!(done.stdout.contains("put back 2 of 2 mails, for kim"), "{done:?}");
        ensure!(w.vhost.depth(DEAD).await? == 1 && w.vhost.depth("postill.mail").await? == 2);

        let worker = knowing_both(w).await?;
        let drafts = w.vhost.wait_for_messages("postill.drafts", 2, PATIENCE).await?;
        for draft in drafts {
            let headers = draft.properties.headers().clone().unwrap_or_default();
            ensure!(!headers.contains_key("postill-reason"), "{headers:?}");
            let event: Value = serde_json::from_slice(&draft.data)?;
            ensure!(at(&event, "/data/workspace") == "elsewhere", "{event:#}");
        }
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn the_worker_drops_what_was_ordered_on_the_console_and_leaves_the_rest() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        dead_to(w, &[stranger("elsewhere", 1)]).await?;
        let ledger = orders(w, DeadDeed::Drop { reason: "spam".to_owned() }).await?;
        ensure!(carried_out(&ledger).await? == (1, 0));
        dead_to(w, &[stranger("another", 1)]).await?;
        ensure!(w.vhost.depth(DEAD).await? == 1, "what was not ordered stays");
        let groups = groups(w).await?;
        ensure!(groups.len() == 1 && groups[0]["workspace"] == "another", "{groups:#?}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn only_the_workspace_that_was_asked_for_is_touched() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        // The very same bytes but for the workspace.
        dead_to(w, &[stranger("one", 1), stranger("two", 1), stranger("one", 2), stranger("two", 2)]).await?;
        w.stops(worker).await?;
        let done =
            says(w, 0, &["dead", "drop", "--all", "--workspace", "one", "--reason", "spam", "--yes"]).await?;
        ensure!(done.stdout.contains("dropped 2 of 2 mails"), "{done:?}");
        let left = w.vhost.take_all(DEAD).await?;
        ensure!(left.len() == 2, "{}", left.len());
        for delivery in left {
            ensure!(String::from_utf8_lossy(&delivery.data).contains("\"two\""));
        }
        let ledger = ledger(w).await?;
        let counts = (ledger.count_dead(&"one".parse()?).await?, ledger.count_dead(&"two".parse()?).await?);
        ensure!(counts == (0, 2), "{counts:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_mail_that_was_noted_and_not_moved_is_moved_by_the_next() -> Result<()> {
    run(&shop(4), async |w| {
        let worker = w.worker().await?;
        dead_to(w, &[stranger("elsewhere", 1), stranger("elsewhere", 2)]).await?;
        w.stops(worker).await?;
        let ledger = orders(w, DeadDeed::Requeue).await?;
        // Whoever began is killed behind the ledger's commit and before the first message is published.
        let killed =
            ledger.claim_dead_orders(LeaseTerms { lasts: Duration::ZERO }).await?.context("nothing")?;
        let [group] = &ledger.dead_groups(None).await?[..] else { anyhow::bail!("no group") };
        let mails = ledger.dead_mails(group, None, 10).await?;
        let arrivals: Vec<_> = mails.into_iter().map(|mail| mail.arrival).take(1).collect();
        let _never_moved = ledger.take_up_dead(&killed, &arrivals).await?;
        connects(w).await?;
        // That prolonged the right of the dead; nobody waits two minutes for it here.
        ledger.give_back_dead_walk(&killed, Duration::ZERO).await?;

        let worker = knowing_both(w).await?;
        ensure!(carried_out(&ledger).await? == (2, 0));
        w.vhost.wait_for_messages("postill.drafts", 2, PATIENCE).await?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_worker_that_is_killed_again_and_again_loses_none() -> Result<()> {
    run(&shop(2), async |w| {
        let letters: Vec<Letter> = (0..200).map(|number| stranger("elsewhere", number)).collect();
        let worker = w.worker().await?;
        dead_to(w, &letters).await?;
        w.stops(worker).await?;
        connects(w).await?;
        let ledger = orders(w, DeadDeed::Requeue).await?;
        // Behind the commits of three batches, or a little later.
        for noted in [1, 65, 129] {
            let mut worker = knowing_both(w).await?;
            wait_until("mails to be taken up", PATIENCE, async || {
                Ok(ledger.dead_orders(None, 1).await?.iter().all(|order| order.moved >= noted))
            })
            .await?;
            worker.kill_dash_nine()?;
            the_right_of_the_killed_ends(w).await?;
        }
        let worker = knowing_both(w).await?;
        ensure!(carried_out(&ledger).await? == (200, 0), "not all were found");
        let mut answered = HashSet::new();
        wait_until("every mail to be answered", PATIENCE * 2, async || {
            for draft in w.vhost.take_all("postill.drafts").await? {
                let correlation = draft.properties.correlation_id().clone().context("no correlation")?;
                answered.insert(correlation.to_string());
            }
            Ok(answered.len() == letters.len())
        })
        .await?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

/// Nobody waits two minutes for it here.
async fn the_right_of_the_killed_ends(w: &World) -> Result<()> {
    let ended = "update dead_order set lease_expires_at = 0 where state = 'leased'";
    sqlx::query(ended).execute(&mut w.database.connect().await?).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_not_dead_in_the_ledger_is_moved_by_name_alone() -> Result<()> {
    run(&shop(2), async |w| {
        let mail = letter(0, 1, Wish::Payment);
        // As the broker leaves it, with a header that its sender chose.
        let mut headers = FieldTable::default();
        let forged = AMQPValue::LongString("postill.approvals".into());
        headers.insert("postill-queue".into(), forged);
        headers.insert("x-death".into(), AMQPValue::LongString("delivery_limit".into()));
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type(mail.content_type.into())
            .with_message_id(mail.id.clone().into())
            .with_headers(headers);
        w.vhost.publish_to("", DEAD, properties, &[&mail.body]).await?;

        let groups = groups(w).await?;
        ensure!(groups.len() == 1 && groups[0]["group"] == "unlisted", "{groups:#?}");
        ensure!(groups[0]["code"] == "delivered_too_often", "{groups:#?}");
        says(w, 0, &["dead", "requeue", "--all", "--yes"]).await?;
        ensure!(w.vhost.depth(DEAD).await? == 1, "all is all that is listed");
        let unknown = says(w, 64, &["dead", "requeue", "unlisted", "--yes"]).await?;
        ensure!(unknown.stderr.contains("--into"), "{unknown:?}");
        ensure!(w.vhost.depth(DEAD).await? == 1);
        let into = ["dead", "requeue", "unlisted", "--into", "postill.mail", "--yes"];
        ensure!(says(w, 0, &into).await?.stdout.contains("put back 1 of 1"));
        let worker = started(w.postill(["worker"])).await?;
        w.vhost.wait_for_messages("postill.drafts", 1, PATIENCE).await?;

        w.vhost.publish("postill.approvals", b"no decision").await?;
        w.vhost.wait_for_depth(DEAD, 1, PATIENCE).await?;
        let drop = ["dead", "drop", "unlisted", "--reason", "nonsense", "--yes", "--as", "kim"];
        ensure!(says(w, 0, &drop).await?.stdout.contains("dropped 1 of 1"));
        w.stops(worker).await?;
        w.nothing_is_queued().await?;
        let trail = ledger(w).await?.audit_trail(&WorkspaceId::default(), None, 10).await?;
        let told: Vec<_> =
            trail.iter().map(|row| (row.entry.actor.as_str(), row.entry.event.as_str())).collect();
        ensure!(
            told.contains(&("kim", "dead.drop_ordered")) && told.contains(&("kim", "dead.dropped")),
            "{told:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_mail_whose_message_is_gone_is_said_to_be_missing() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        dead_to(w, &[stranger("elsewhere", 1), stranger("elsewhere", 2)]).await?;
        w.stops(worker).await?;
        w.vhost.purge(DEAD).await?;
        dead_letter_again(w).await?;
        let done = says(w, 1, &["dead", "requeue", "--all", "--yes"]).await?;
        ensure!(done.stdout.contains("put back 1 of 2 mails, 1 not found in the dead queue"), "{done:?}");
        Ok(())
    })
    .await
}

/// The first of them comes once more, and is told to be dead.
async fn dead_letter_again(w: &World) -> Result<()> {
    let worker = w.worker().await?;
    dead_to(w, &[stranger("elsewhere", 1)]).await?;
    w.stops(worker).await
}
