//! The variables that say which servers the suite uses, and how long it plays.

/// A broker on which virtual hosts may be made: `amqp://user:password@host:port`.
pub const AMQP_URL: &str = "POSTILL_TEST_AMQP_URL";

/// The management API of that broker: `http://user:password@host:port`. Without it, port 15672 of the broker's
/// host with the broker's user.
pub const RABBITMQ_API: &str = "POSTILL_TEST_RABBITMQ_API";

/// A PostgreSQL on which databases may be made: `postgres://user:password@host:port`.
pub const DATABASE_URL: &str = "POSTILL_TEST_DATABASE_URL";

/// How many random schedules are played, where that is another number than the suite's own.
pub const SCHEDULES: &str = "POSTILL_TEST_SCHEDULES";

/// The number of the first schedule: one that failed is played again by it.
pub const FIRST_SCHEDULE: &str = "POSTILL_TEST_FIRST_SCHEDULE";

/// The value of a variable; an empty one counts as not set.
#[expect(clippy::disallowed_methods, reason = "the suite learns from the environment what to use")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
