//! How the model of `intent` is made: from situations, written for it one by one, to weights, thresholds and figures.
//!
//! Nothing here runs in the worker. The same situations give the same bytes: no clock, no randomness without a seed, no sum whose
//! order is left to threads.

#![warn(missing_docs)]

mod alike;
mod calibrate;
pub mod card;
pub mod dataset;
pub mod evaluate;
pub mod example;
mod fit;
pub mod noise;
mod quantise;
mod sequence;
pub mod tally;
pub mod train;
