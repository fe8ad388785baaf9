//! Signatures verified with a name server on loopback: what counts, and one by one what does not.

mod alignment;
mod keys;
mod names;
mod signatures;
mod world;
