//! The pages, through HTTP, as a browser without scripts sees them.

mod people;
mod signing_in;
mod world;
