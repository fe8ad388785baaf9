//! The variables that say which servers the suite uses.

/// A broker on which virtual hosts may be made: `amqp://user:password@host:port`.
pub const AMQP_URL: &str = "POSTILL_TEST_AMQP_URL";

/// The management API of that broker: `http://user:password@host:port`. Without it, port 15672 of the broker's
/// host with the broker's user.
pub const RABBITMQ_API: &str = "POSTILL_TEST_RABBITMQ_API";

/// A PostgreSQL on which databases may be made: `postgres://user:password@host:port`.
pub const DATABASE_URL: &str = "POSTILL_TEST_DATABASE_URL";

/// The value of a variable; an empty one counts as not set.
#[expect(clippy::disallowed_methods, reason = "the suite learns from the environment where its servers are")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
