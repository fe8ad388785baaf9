//! The pages, through HTTP, as a browser without scripts sees them.

mod activity;
mod approvals;
mod attacks;
mod audit;
mod dead;
mod overview;
mod people;
mod replays;
mod settings;
mod signing_in;
mod waiting;
mod world;
