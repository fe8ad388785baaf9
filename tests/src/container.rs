use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage};

use crate::last_will::LastWill;

/// A container that lives as long as this process.
///
/// The library removes a container when its handle is dropped, but the shared servers are statics, which are
/// never dropped, so a last will removes it too.
#[derive(Debug)]
pub(crate) struct Container {
    container: ContainerAsync<GenericImage>,
    _will: LastWill,
}

impl Container {
    pub(crate) async fn start(request: ContainerRequest<GenericImage>) -> Result<Self> {
        let container = request.start().await.context(
            "a Docker engine answers but could not run the container; \
             set POSTILL_TEST_AMQP_URL and POSTILL_TEST_DATABASE_URL to use other servers",
        )?;
        let will = LastWill::new(None)?;
        will.set(&format!("docker rm --force --volumes {}", container.id()))?;
        Ok(Self { container, _will: will })
    }

    /// Where a port of the container is reached from here, as `host:port`.
    pub(crate) async fn address(&self, port: u16) -> Result<String> {
        let host = self.container.get_host().await?;
        Ok(format!("{host}:{}", self.container.get_host_port_ipv4(port.tcp()).await?))
    }
}

/// A Docker client is often installed where no engine runs: only an answer of the engine counts.
pub(crate) fn docker_answers() -> bool {
    Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
