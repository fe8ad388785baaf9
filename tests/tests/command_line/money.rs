//! Whether money may be moved depends on whether anybody's sender can be authenticated: where nobody's can, nothing starts that allows it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Vhost, rabbit};

use crate::desk::{Desk, FULL, MARTA, NO_REFUND, QUESTION, SOON, notes, says};

/// More than the worker works on before it looks at keys and switches again.
const MOST_MAILS: usize = 60;

const NOBODY: &str = "nobody's sender can be authenticated";
/// What is said to set, by every verb that refuses.
const WAYS: [&str; 5] =
    [NOBODY, "mail.trusted_authserv_ids", "mail.microsoft_365", "mail.trusted_producers", "mail.verify_dkim"];
const TRUSTED: &str = "mail.trusted_authserv_ids=mx.example";
/// Settings that let a sender be authenticated.
const COUNT: [&str; 4] =
    [TRUSTED, "mail.microsoft_365=on", "mail.verify_dkim=on", "mail.trusted_producers=adapter"];
/// Settings that say something of senders and let none be authenticated.
const DO_NOT_COUNT: [&str; 4] = [
    "mail.arc_sealers=forwarder.example",
    "mail.own_hosts=.shop.example",
    "mail.own_addresses=billing@shop.example",
    "mail.dns_servers=127.0.0.1",
];

#[tokio::test]
async fn money_allowed_in_the_file_starts_only_where_somebody_can_be_authenticated() -> Result<()> {
    let desk = Desk::new().await?;
    says(desk.postill(["migrate"]), 0, &[], &[]).await?;
    for function in ["refund", "cancel_subscription"] {
        for switch in ["on", "approval"] {
            let file =
                desk.file("postill.toml", format!("[policy.functions]\n{function} = \"{switch}\"\n"))?;
            notes(desk.postill(["--config", &file, "worker"]), 64, &WAYS, &[]).await?;
        }
    }
    let file = desk.file("postill.toml", "[policy.functions]\nrefund = \"on\"\n")?;
    for setting in DO_NOT_COUNT {
        notes(desk.postill(["--config", &file, "--set", setting, "worker"]), 64, &WAYS, &[]).await?;
    }
    for setting in COUNT {
        starts(desk.postill(["--config", &file, "--set", setting, "worker"])).await?;
    }
    Ok(())
}

#[tokio::test]
async fn money_switched_on_starts_only_where_somebody_can_be_authenticated() -> Result<()> {
    let desk = Desk::new().await?;
    for function in ["refund", "cancel_subscription"] {
        for verb in ["on", "approval"] {
            notes(desk.postill(["functions", verb, function]), 64, &WAYS, &[]).await?;
        }
    }
    for setting in DO_NOT_COUNT {
        notes(desk.postill(["--set", setting, "functions", "on", "refund"]), 64, &WAYS, &[]).await?;
    }
    for setting in COUNT {
        says(desk.postill(["--set", setting, "functions", "on", "refund"]), 0, &["refund"], &[]).await?;
    }
    // Switched on while somebody was believed, and the trust taken away since.
    let worker = |setting| desk.postill(["--set", setting, "worker"]).env("POSTILL_STRIPE_KEY", FULL);
    for setting in DO_NOT_COUNT {
        notes(worker(setting), 64, &WAYS, &[FULL]).await?;
    }
    for setting in COUNT {
        starts(worker(setting)).await?;
    }
    let doctor = desk.postill(["doctor"]).env("POSTILL_STRIPE_KEY", FULL).finish(SOON).await?;
    ensure!(doctor.stdout.contains("may refund or cancel"), "{}", doctor.stdout);
    Ok(())
}

/// The worker gets as far as RabbitMQ, which is not there.
async fn starts(worker: tests::Run) -> Result<()> {
    let worker = worker.env("POSTILL_AMQP_URL", "amqp://127.0.0.1:1").env("POSTILL_STRIPE_KEY", FULL);
    notes(worker, 69, &["RabbitMQ"], &[NOBODY]).await?;
    Ok(())
}

/// Another process, which believes somebody, switches refunds on behind the back of a worker that believes nobody.
#[tokio::test]
async fn a_workspace_that_allows_money_too_early_holds_up_no_other() -> Result<()> {
    let desk = Desk::new().await?;
    let vhost = rabbit().await?;
    says(desk.postill(["topology", "apply"]).env("POSTILL_AMQP_URL", &vhost.amqp_url), 0, &[], &[]).await?;
    says(desk.postill(["connect", "--workspace", "one"]).input(FULL), 0, &[], &[FULL]).await?;
    let mut worker = desk.postill(["worker"]).env("POSTILL_AMQP_URL", &vhost.amqp_url).start()?;
    worker.wait_for_text("worker started", SOON).await?;

    let switch = ["functions", "on", "refund", "--workspace", "one", "--set", TRUSTED];
    says(desk.postill(switch), 0, &["refund"], &[]).await?;
    worker.wait_for_text("refunds and cancellations stay off", SOON).await?;
    ensure!(worker.stderr().contains("\"workspace.id\":\"one\""), "{}", worker.stderr());

    let mut writer = Writer { desk: &desk, vhost: &vhost, written: 0 };
    writer.asks_until("one", "Please refund my last payment.", "function_off").await?;
    // A key and a switch of another workspace are seen as before.
    says(desk.postill(["connect", "--workspace", "two"]).input(NO_REFUND), 0, &[], &[NO_REFUND]).await?;
    writer.asks_until("two", QUESTION, "facts_found").await?;
    says(desk.postill(["functions", "off", "invoice_lookup", "--workspace", "two"]), 0, &[], &[]).await?;
    writer.asks_until("two", QUESTION, "function_off").await?;

    worker.terminate()?;
    let finished = worker.wait(SOON).await?;
    let said = finished.stderr.matches("refunds and cancellations stay off").count();
    ensure!(finished.status.success() && said == 1, "said {said} times: {}", finished.stderr);
    Ok(())
}

/// Marta, who never writes the same mail twice.
struct Writer<'a> {
    desk: &'a Desk,
    vhost: &'a Vhost,
    written: usize,
}

impl Writer<'_> {
    /// Writes again and again until the answer has this reason: keys and switches take effect within about a second.
    async fn asks_until(&mut self, workspace: &str, text: &str, reason: &str) -> Result<()> {
        let mut last = None;
        for _ in 0..MOST_MAILS {
            let drafts = self.asks(workspace, text).await?;
            last = drafts.last().and_then(|draft| draft.pointer("/data/reasons/0/code").cloned());
            if last == Some(Value::from(reason)) {
                return Ok(());
            }
        }
        anyhow::bail!("{workspace}: {last:?} instead of {reason}")
    }

    /// One mail, and the drafts there are a while later; mail of a workspace that is not connected yet has none.
    async fn asks(&mut self, workspace: &str, text: &str) -> Result<Vec<Value>> {
        self.written += 1;
        let number = self.written;
        let mail = format!(
            "From: {MARTA}\r\nTo: billing@larkspur.example\r\nSubject: Hello\r\nMessage-ID: <{number}@mail.example>\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\n{text}\r\n"
        );
        let file = self.desk.file(&format!("{number}.eml"), mail)?;
        let ingest = self.desk.postill(["ingest", "--workspace", workspace, &file]);
        let ingest = ingest.env("POSTILL_AMQP_URL", &self.vhost.amqp_url);
        notes(ingest, 0, &["1 published and confirmed"], &[]).await?;
        tests::wait_until("the mail to have ended", SOON, async || {
            let ended =
                self.vhost.depth("postill.drafts").await? + self.vhost.depth("postill.mail.dead").await?;
            Ok(ended > 0)
        })
        .await?;
        self.vhost.purge("postill.mail.dead").await?;
        let drafts = self.vhost.take_all("postill.drafts").await?;
        drafts.iter().map(|draft| serde_json::from_slice(&draft.data).context("a draft")).collect()
    }
}
