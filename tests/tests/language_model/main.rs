//! The client of a language model against a server on loopback that answers rightly, wrongly, slowly and not at all.

mod answers;
mod bounds;
mod world;
