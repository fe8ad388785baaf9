//! The client against a scripted server on a real socket: what is sent, how often, and what is made of the answers.

#[cfg(test)]
mod limits;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod server;
#[cfg(test)]
mod world;
#[cfg(test)]
mod writes;
