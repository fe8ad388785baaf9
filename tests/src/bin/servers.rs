//! Runs a command with a RabbitMQ and a PostgreSQL of its own: `servers cargo test --workspace`.
//!
//! The command finds them through [`tests::environment`]. A server whose address is given there already is used
//! as it is. Both are gone when this program is, however it ends.

use std::process::ExitCode;

use anyhow::{Context, Result};
use tests::environment::{AMQP_URL, DATABASE_URL, RABBITMQ_API, setting};
use tests::{PrivateBroker, PrivatePostgres};
use tokio::process::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let mut command = Command::new(arguments.next().context("usage: servers COMMAND [ARGUMENT]…")?);
    command.args(arguments);

    let (broker, database) = tokio::try_join!(broker(), database())?;
    if let Some(broker) = &broker {
        command.env(AMQP_URL, broker.amqp_url()).env(RABBITMQ_API, broker.management_url());
    }
    if let Some(database) = &database {
        command.env(DATABASE_URL, database.url());
    }
    let status = command.status().await.context("cannot run the command")?;
    // A command ended by a signal has no code of its own.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn broker() -> Result<Option<PrivateBroker>> {
    Ok(if setting(AMQP_URL).is_some() { None } else { Some(PrivateBroker::start().await?) })
}

async fn database() -> Result<Option<PrivatePostgres>> {
    Ok(if setting(DATABASE_URL).is_some() { None } else { Some(PrivatePostgres::start().await?) })
}
