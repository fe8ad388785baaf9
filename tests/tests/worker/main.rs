//! `postill worker` as it is run: the built program against a real RabbitMQ, a real PostgreSQL and the sandbox of Stripe.

mod approvals;
mod benchmark;
mod console;
mod copies;
mod crashes;
mod dead_letters;
mod fairness;
mod formats;
mod halts;
mod heartbeat;
mod injected;
mod letters;
mod load;
mod memory;
mod outages;
mod outcomes;
mod policy_file;
mod refused_keys;
mod shop;
mod slow_stripe;
mod stripe_trouble;
mod switches;
mod unreadable;
mod watching;
mod world;
