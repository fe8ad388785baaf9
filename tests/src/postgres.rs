mod private;

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Url;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::{GenericImage, ImageExt};
use tokio::sync::OnceCell;

use crate::container::{Container, docker_answers};
use crate::environment::{DATABASE_URL, setting};
use crate::naming::unique_name;
pub use private::PrivatePostgres;

/// A new, empty database on the PostgreSQL that all tests of this process share.
pub async fn postgres() -> Result<Database> {
    static SHARED: OnceCell<SharedServer> = OnceCell::const_new();
    Database::create(&SHARED.get_or_try_init(SharedServer::find).await?.address).await
}

/// A database that no other test sees. Dropped, with whoever is still connected, when this value is.
#[derive(Debug)]
pub struct Database {
    /// Where a program finds it, with user and password.
    pub url: String,
    /// Its name on the server.
    pub name: String,
    server: Url,
}

impl Database {
    async fn create(server: &Url) -> Result<Self> {
        let name = unique_name();
        // template0 is the one template that nobody can be connected to.
        execute(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
        let mut url = server.clone();
        url.set_path(&name);
        Ok(Self { url: url.into(), name, server: server.clone() })
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }
}

impl Drop for Database {
    /// A runtime of its own on a thread of its own: the test's cannot be entered twice. A database that cannot be
    /// dropped is left behind: its server was killed, or is not ours to repair.
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(execute(&self.server, &drop_it))
            });
        });
    }
}

/// The PostgreSQL of this process and what keeps it running.
#[derive(Debug)]
struct SharedServer {
    /// Names a database that exists, to connect to while another is made.
    address: Url,
    _container: Option<Container>,
    _private: Option<PrivatePostgres>,
}

impl SharedServer {
    async fn find() -> Result<Self> {
        if let Some(url) = setting(DATABASE_URL) {
            let mut address: Url =
                url.parse().with_context(|| format!("{DATABASE_URL} is not an address"))?;
            if address.path().trim_matches('/').is_empty() {
                address.set_path("postgres");
            }
            return Ok(Self { address, _container: None, _private: None });
        }
        if docker_answers() {
            return Self::in_a_container().await;
        }
        let server = PrivatePostgres::start().await?;
        Ok(Self { address: server.url().parse()?, _container: None, _private: Some(server) })
    }

    async fn in_a_container() -> Result<Self> {
        // The image starts the server twice and is ready when it says so for the second time, on stderr.
        let image = GenericImage::new("postgres", "16")
            .with_exposed_port(5432.tcp())
            .with_wait_for(WaitFor::message_on_stdout("PostgreSQL init process complete"))
            .with_wait_for(WaitFor::message_on_stderr("database system is ready to accept connections"))
            .with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust")
            .with_startup_timeout(Duration::from_mins(5));
        let container = Container::start(image).await?;
        let url = format!("postgres://postgres@{}/postgres", container.address(5432).await?);
        Ok(Self { address: url.parse()?, _container: Some(container), _private: None })
    }
}

async fn execute(server: &Url, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect(server.as_str())
        .await
        .context("PostgreSQL does not answer: is the address in POSTILL_TEST_DATABASE_URL right?")?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}
