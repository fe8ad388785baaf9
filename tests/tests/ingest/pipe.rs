//! Standard input, as a mail server feeds it: the exit code says whether to keep the mail.

use anyhow::{Result, ensure};
use tests::{Postill, Run, rabbit};

use crate::desk::{QUEUE, SOON, fixture};

const MAIL: &str = "From marta@studio.example Tue Mar  3 10:00:00 2026\nFrom: marta@studio.example\n\nx\n";

async fn code(run: Run) -> Result<Option<i32>> {
    Ok(run.finish(SOON).await?.status.code())
}

#[tokio::test]
async fn a_broker_out_of_reach_makes_the_mail_server_try_again() -> Result<()> {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let run = Postill::with(["ingest", "-"]).env("POSTILL_AMQP_URL", format!("amqp://127.0.0.1:{port}"));
    let finished = run.input(MAIL).finish(SOON).await?;
    ensure!(finished.status.code() == Some(75), "{finished:?}");
    ensure!(finished.stderr.contains("cannot be reached"), "{finished:?}");
    let vhost = rabbit().await?;
    let run = Postill::with(["ingest", "-"]).env("POSTILL_AMQP_URL", &vhost.amqp_url).input(MAIL);
    ensure!(code(run).await? == Some(75), "without queues");
    Ok(())
}

#[tokio::test]
async fn zero_is_said_when_the_mail_is_stored_and_65_when_it_never_will_be() -> Result<()> {
    let vhost = rabbit().await?;
    let run = |arguments: &[&str]| {
        Postill::with(arguments.iter().copied()).env("POSTILL_AMQP_URL", &vhost.amqp_url)
    };
    ensure!(code(run(&["topology", "apply"])).await? == Some(0), "no queues");
    ensure!(code(run(&["ingest", "-"]).input(MAIL)).await? == Some(0), "a mail");
    ensure!(code(run(&["ingest", "-"])).await? == Some(65), "nothing");
    ensure!(code(run(&["ingest", "--format", "ses", "-"]).input("{}")).await? == Some(65), "no notification");
    ensure!(code(run(&["ingest", "--format", "pigeon", "-"]).input("{}")).await? == Some(64), "no format");
    let notification = run(&["ingest", "--format", "ses", "-"]).input(fixture!("ses_base64.json"));
    ensure!(code(notification).await? == Some(0), "a notification");
    ensure!(vhost.depth(QUEUE).await? == 2, "a mail and a notification");
    Ok(())
}
