//! Ways in: posts of providers, and the pipe of a mail server, against a real RabbitMQ.

mod desk;
mod pipe;
mod posts;
mod probes;
mod refusals;
mod stop;
mod stored;
