//! RabbitMQ and the database: out of reach, closed to us, or not prepared. What was tried is said, and what to set.

use anyhow::{Context, Result, ensure};
use tests::{Run, postgres, rabbit};

use crate::desk::{Desk, FULL, SOON, notes, sample, says};

/// A port of this machine where nobody listens.
async fn closed_port() -> Result<u16> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// Each verb that uses RabbitMQ, with a ledger that is ready and a key.
async fn verbs(desk: &Desk, amqp_url: &str) -> Result<Vec<Run>> {
    says(desk.postill(["migrate"]), 0, &[], &[]).await?;
    let mail = sample("01-rechnung-oktober.eml");
    let verbs = [vec!["worker"], vec!["ingest", &mail], vec!["topology", "check"], vec!["topology", "apply"]];
    Ok(verbs
        .into_iter()
        .map(|verb| {
            tests::Postill::with(verb)
                .env("POSTILL_DATABASE_URL", format!("sqlite:{}", desk.folder().join("ledger.db").display()))
                .env("POSTILL_STRIPE_URL", desk.stripe_url())
                .env("POSTILL_STRIPE_KEY", FULL)
                .env("POSTILL_AMQP_URL", amqp_url)
        })
        .collect())
}

async fn doctor(desk: &Desk, amqp_url: &str, words: &[&str], never: &[&str]) -> Result<()> {
    let run = desk.postill(["doctor"]).env("POSTILL_STRIPE_KEY", FULL).env("POSTILL_AMQP_URL", amqp_url);
    says(run, 69, words, never).await?;
    Ok(())
}

#[tokio::test]
async fn a_broker_out_of_reach_is_named_with_what_to_set() -> Result<()> {
    let desk = Desk::new().await?;
    let port = closed_port().await?;
    let url = format!("amqp://larkspur:s3cret@127.0.0.1:{port}/mails");
    let tried = format!("tried amqp://larkspur:***@127.0.0.1:{port}/mails");
    let words = ["cannot be reached", &tried, "is RabbitMQ running there? Set POSTILL_AMQP_URL"];
    for run in verbs(&desk, &url).await? {
        notes(run, 69, &words, &["s3cret", FULL]).await?;
    }
    doctor(&desk, &url, &words, &["s3cret", FULL]).await
}

#[tokio::test]
async fn a_wrong_password_for_the_broker_is_named_without_it() -> Result<()> {
    let desk = Desk::new().await?;
    let vhost = rabbit().await?;
    let address = vhost.amqp_url.rsplit('@').next().context("no address")?;
    let url = format!("amqp://larkspur:s3cret@{address}");
    let words = [
        "refused the user larkspur or the password",
        "tried amqp://larkspur:***@",
        "check user and password",
    ];
    for run in verbs(&desk, &url).await? {
        notes(run, 69, &words, &["s3cret"]).await?;
    }
    doctor(&desk, &url, &words, &["s3cret"]).await
}

#[tokio::test]
async fn a_virtual_host_that_is_missing_is_named() -> Result<()> {
    let desk = Desk::new().await?;
    let vhost = rabbit().await?;
    let url = vhost.amqp_url.replace(&vhost.name, "nowhere");
    let words = ["no virtual host nowhere", "add_vhost", "last part of POSTILL_AMQP_URL"];
    for run in verbs(&desk, &url).await? {
        notes(run, 69, &words, &[":guest@"]).await?;
    }
    doctor(&desk, &url, &words, &[":guest@"]).await
}

#[tokio::test]
async fn missing_queues_are_named_with_the_command_that_makes_them() -> Result<()> {
    let desk = Desk::new().await?;
    let vhost = rabbit().await?;
    let words = ["RabbitMQ lacks the exchange postill.in", "postill topology apply", "amqp.declare = \"on\""];
    let [worker, ingest, check, apply] = <[Run; 4]>::try_from(verbs(&desk, &vhost.amqp_url).await?)
        .map_err(|_others| anyhow::anyhow!("four verbs"))?;
    notes(worker, 69, &words, &[]).await?;
    notes(ingest, 69, &words, &[]).await?;
    doctor(&desk, &vhost.amqp_url, &words, &[]).await?;
    says(check.clone(), 1, &["the queue postill.mail is missing"], &[]).await?;
    says(apply, 0, &["declared queue postill.mail"], &[]).await?;
    says(check, 0, &["as they should be"], &[]).await?;
    let run =
        desk.postill(["doctor"]).env("POSTILL_STRIPE_KEY", FULL).env("POSTILL_AMQP_URL", &vhost.amqp_url);
    says(run, 0, &["queues in place and empty", "tables up to date", "is accepted, test data"], &[FULL])
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_database_out_of_reach_is_named_with_what_to_set() -> Result<()> {
    let desk = Desk::new().await?;
    let port = closed_port().await?;
    let url = format!("postgres://larkspur:s3cret@127.0.0.1:{port}/mails?sslmode=disable");
    let tried = format!("postgres://larkspur@127.0.0.1:{port}/mails");
    let words = ["no database answers at", &tried, "Set POSTILL_DATABASE_URL"];
    let run =
        |verb: &str| desk.postill([verb]).env("POSTILL_DATABASE_URL", &url).env("POSTILL_STRIPE_KEY", FULL);
    for verb in ["worker", "migrate", "functions"] {
        notes(run(verb), 69, &words, &["s3cret", FULL]).await?;
    }
    says(run("doctor"), 69, &words, &["s3cret", FULL]).await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_refuses_us_is_told_from_one_that_is_not_there() -> Result<()> {
    let desk = Desk::new().await?;
    let database = postgres().await?;
    let address = database.url.rsplit('@').next().context("no address")?;
    let migrate = |url: String| desk.postill(["migrate"]).env("POSTILL_DATABASE_URL", url);
    let stranger = migrate(format!("postgres://larkspur:s3cret@{address}"));
    let words = [
        "refuses this user or password",
        "postgres://larkspur@",
        "check user and password in POSTILL_DATABASE_URL",
    ];
    notes(stranger, 69, &words, &["s3cret"]).await?;
    let missing = migrate(database.url.replace(&database.name, "postill_test_not_there"));
    notes(missing, 69, &["no database for postgres://", "createdb", "postill migrate"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn missing_migrations_are_counted_and_migrate_brings_them() -> Result<()> {
    let desk = Desk::new().await?;
    let database = postgres().await?;
    let run = |verb: &str| {
        desk.postill([verb]).env("POSTILL_DATABASE_URL", &database.url).env("POSTILL_STRIPE_KEY", FULL)
    };
    for verb in ["worker", "functions"] {
        notes(run(verb), 64, &["the ledger lacks", "migrations", "run `postill migrate` once"], &[FULL])
            .await?;
    }
    let first = run("migrate").finish(SOON).await?;
    ensure!(first.status.success() && first.stderr.contains("applied 0001"), "{}", first.stderr);
    let again = run("migrate").finish(SOON).await?;
    ensure!(again.status.success() && again.stderr.contains("up to date"), "{}", again.stderr);
    says(run("functions"), 0, &["refund"], &[FULL]).await?;
    Ok(())
}

#[tokio::test]
async fn a_file_of_the_ledger_that_cannot_be_made_is_named() -> Result<()> {
    let desk = Desk::new().await?;
    let run = desk.postill(["migrate"]).env("POSTILL_DATABASE_URL", "sqlite:/nowhere/ledger.db");
    notes(run, 69, &["sqlite:/nowhere/ledger.db cannot be opened", "the folder must exist"], &[]).await?;
    let other =
        desk.file("letter.txt", "Dear Sir or Madam, this is no database at all, and it never was one.")?;
    let run = desk.postill(["migrate"]).env("POSTILL_DATABASE_URL", format!("sqlite:{other}"));
    notes(run, 69, &["is not a database of SQLite", "choose a name that is free"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn doctor_makes_nothing() -> Result<()> {
    let desk = Desk::new().await?;
    let port = closed_port().await?;
    let run = desk.postill(["doctor"]).env("POSTILL_AMQP_URL", format!("amqp://127.0.0.1:{port}"));
    says(run, 64, &["does not exist yet", "postill migrate"], &[]).await?;
    ensure!(std::fs::read_dir(desk.folder())?.next().is_none(), "doctor made a file");
    Ok(())
}

#[tokio::test]
async fn stripe_out_of_reach_is_named_with_what_to_set() -> Result<()> {
    let desk = Desk::new().await?;
    let port = closed_port().await?;
    let run = desk
        .postill(["connect", "--dry-run"])
        .env("POSTILL_STRIPE_URL", format!("http://127.0.0.1:{port}"))
        .input(FULL);
    notes(run, 69, &["Stripe could not be reached", "stripe.url (POSTILL_STRIPE_URL)"], &[FULL]).await?;
    Ok(())
}
