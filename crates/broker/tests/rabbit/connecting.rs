use std::time::Duration;

use broker::{Config, ConnectError, Session, topology};

use crate::server::shared;
use crate::world::World;

#[tokio::test]
async fn a_wrong_password_is_told_from_everything_else_and_never_shown() {
    let world = World::bare().await;
    let url = world.server.url_as("guest", "tr0ub4dor", &world.vhost);
    let error = Session::open(&Config { url, ..Config::default() }).await.unwrap_err();
    assert!(matches!(&error, ConnectError::CredentialsRefused { user, .. } if user == "guest"), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("tr0ub4dor"));
}

#[tokio::test]
async fn a_missing_virtual_host_is_named() {
    let url = shared().await.url("nowhere");
    let error = Session::open(&Config { url, ..Config::default() }).await.unwrap_err();
    assert!(matches!(&error, ConnectError::VhostMissing { vhost } if vhost == "nowhere"), "{error:?}");
}

#[tokio::test]
async fn a_user_without_permission_is_told_so() {
    let world = World::bare().await;
    world.server.create_user("postill-stranger", "pw");
    let url = world.server.url_as("postill-stranger", "pw", &world.vhost);
    let error = topology::apply(&Config { url, ..Config::default() }).await.unwrap_err();
    let topology::TopologyError::Connect(ConnectError::Forbidden { user, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(user, "postill-stranger");
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_named() {
    let url = "amqp://guest:guest@127.0.0.1:1/v".parse().unwrap();
    let error = Session::open(&Config { url, ..Config::default() }).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Unreachable { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the broker at 127.0.0.1:1 cannot be reached");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("amqp://{}", silent.local_addr().unwrap()).parse().unwrap();
    let connect_timeout = Duration::from_millis(300);
    let error = Session::open(&Config { url, connect_timeout, ..Config::default() }).await.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
}

#[tokio::test]
async fn a_session_is_not_opened_before_the_topology_is_there() {
    let world = World::bare().await;
    let error = Session::open(&world.config).await.unwrap_err();
    let ConnectError::TopologyMissing { missing } = error else { panic!("{error:?}") };
    assert_eq!(missing.len(), 4 + 11);
    assert!(missing.contains(&"queue postill.mail.retry.10m".to_owned()));
}
