//! The broker crate against a real RabbitMQ.

#[cfg(test)]
mod connecting;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod pausing;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod retrying;
#[cfg(test)]
mod server;
#[cfg(test)]
mod settling;
#[cfg(test)]
mod topology;
#[cfg(test)]
mod walking;
#[cfg(test)]
mod world;
