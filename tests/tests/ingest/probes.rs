//! What an intake answers to an orchestrator.

use anyhow::{Result, ensure};
use tests::{PrivateBroker, wait_until};

use crate::desk::{Desk, SOON};

#[tokio::test]
async fn an_intake_is_ready_while_rabbitmq_can_take_mail() -> Result<()> {
    let mut broker = PrivateBroker::start().await?;
    let desk = Desk::on(broker.vhost().await?, |run| run).await?;
    let asked = async |path: &str| {
        anyhow::Ok(desk.http.get(format!("{}{path}", desk.base)).send().await?.status().as_u16())
    };
    ensure!(asked("/readyz").await? == 200 && asked("/livez").await? == 200);
    broker.kill_dash_nine()?;
    wait_until("the intake not to be ready", SOON, async || Ok(asked("/readyz").await? == 503)).await?;
    ensure!(asked("/livez").await? == 200, "an intake without a broker is not dead");
    Ok(())
}
