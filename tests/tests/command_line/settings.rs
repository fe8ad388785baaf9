//! Configuration: everything that is wrong at once, before anything connects, and no secret in what is said.

use anyhow::{Result, ensure};
use tokio::net::TcpListener;

use crate::desk::{Desk, FULL, notes, says};

#[tokio::test]
async fn everything_wrong_is_said_at_once_before_anything_connects() -> Result<()> {
    let desk = Desk::new().await?;
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let address = server.local_addr()?;
    let file = desk.file(
        "postill.toml",
        "workspace = \"Larkspur Ltd\"\n[amqp]\nprefetc = 5\ndeclare = \"maybe\"\n[stripe]\nurl = \"ftp://stripe\"\n\
         [policy.functions]\nrefund = \"on\"\n[log]\nfilter = \"loud\"\nformat = \"xml\"\n",
    )?;
    let run = desk
        .postill([
            "--config",
            &file,
            "--set",
            "worker.in_flight=none",
            "--set",
            "sk_live_typedwithoutakey",
            "worker",
        ])
        .env("POSTILL_AMQP_URL", format!("amqp://u:s3cret@{address}/x/y/z/?%%"))
        .env("POSTILL_DATABASE_URL", "mysql://u:s3cret@db/mails")
        .env("POSTILL_STRIPE_URL", format!("http://{address}/path"))
        .env("POSTILL_STRIPE_KEY", "whsec_pasted")
        .env("POSTILL_MASTER_KEY", "short")
        .env("POSTILL_LOG_FORMT", "json");
    let words = [
        "amqp.prefetc, which is no setting (did you mean amqp.prefetch?)",
        "workspace is \"Larkspur Ltd\"",
        "amqp.declare is \"maybe\"",
        "database.url (POSTILL_DATABASE_URL): a database is sqlite:PATH or postgres://",
        "stripe.url",
        "stripe.key (POSTILL_STRIPE_KEY): Stripe Secret Key is required",
        "master_key (POSTILL_MASTER_KEY)",
        "POSTILL_LOG_FORMT is set in the environment, but there is no such setting (did you mean POSTILL_LOG_FORMAT?)",
        "--set: expected KEY=VALUE",
        "worker.in_flight is \"none\" (--set)",
        "log.format is \"xml\"",
        "mail.trusted_authserv_ids",
    ];
    let never = ["s3cret", "whsec_pasted", "sk_live_typedwithoutakey"];
    notes(run, 64, &words, &never).await?;
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(50), server.accept()).await;
    ensure!(nobody.is_err(), "something connected");
    Ok(())
}

#[tokio::test]
async fn config_check_shows_where_each_value_came_from_and_masks_secrets() -> Result<()> {
    let desk = Desk::new().await?;
    let key = desk.file("key", format!("{FULL}\n"))?;
    let check = |last: &str| {
        desk.postill(["--set", "amqp.prefetch=7", "config", "check", last])
            .env("POSTILL_AMQP_URL", "amqp://larkspur:s3cret@rabbit:5672/%2f")
            .env("POSTILL_DATABASE_URL", "postgres://larkspur:s3cret@db/mails?password=s3cret")
            .env("POSTILL_STRIPE_KEY_FILE", &key)
            .env("POSTILL_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    };
    let words = [
        "amqp://larkspur:…@rabbit:5672/%2f",
        "postgres://larkspur:…@db/mails",
        "… (set)",
        "--set",
        "POSTILL_AMQP_URL",
        &key,
    ];
    for last in ["--set=amqp.prefix=post", "--json"] {
        says(check(last), 0, &words, &["s3cret", FULL, "AAAA"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_comes_from_a_file_or_from_the_environment_not_from_both() -> Result<()> {
    let desk = Desk::new().await?;
    let key = desk.file("key", format!("{FULL}\n"))?;
    let run = || desk.postill(["connect", "--dry-run"]).env("POSTILL_STRIPE_KEY_FILE", &key);
    says(run(), 0, &["rk_test_…0002"], &[FULL]).await?;
    let both = run().env("POSTILL_STRIPE_KEY", FULL);
    notes(both, 64, &["POSTILL_STRIPE_KEY and POSTILL_STRIPE_KEY_FILE are both set"], &[FULL]).await?;
    let nowhere = desk.postill(["worker"]).env("POSTILL_STRIPE_KEY_FILE", "/nowhere/key");
    notes(nowhere, 64, &["/nowhere/key cannot be read for stripe.key"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_named_with_its_line() -> Result<()> {
    let desk = Desk::new().await?;
    let file = desk.file("postill.toml", "workspace = \"a\"\n[stripe\nkey = \"s3cret\"\n")?;
    let run = desk.postill(["--config", &file, "worker"]);
    notes(run, 64, &["postill.toml line 2 is not valid TOML"], &["s3cret"]).await?;
    let run = desk.postill(["--config", "/nowhere/postill.toml", "worker"]);
    notes(run, 64, &["cannot read /nowhere/postill.toml"], &[]).await?;
    Ok(())
}
