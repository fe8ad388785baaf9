//! `postill worker` as it is run: the built program against a real RabbitMQ, a real PostgreSQL and the sandbox of Stripe.

mod letters;
mod load;
mod outcomes;
mod shop;
mod world;
