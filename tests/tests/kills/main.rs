//! `kill -9` at every step: the worker as a process, a real RabbitMQ, the sandbox of Stripe as a process of its own, the ledger in a file
//! and on PostgreSQL; one mail, or the allowance of a person. Whenever the worker dies and is started again, there is one effect, one draft, an empty queue and a settled action.
//!
//! Which steps there are is not written down here: the pieces that a worker sends while it works on a mail are learnt from lives that
//! nobody ended early, and it is killed before each and after each ([`tests::executioner`]). Left out, as equals of a neighbour: after a
//! read, and after a write within a transaction, which are the same as before the next piece; writes of one commit to the log of SQLite
//! beyond the third.

mod decisions;
mod ledger;
mod matrix;
mod shop;
mod step;
mod world;

use anyhow::Result;
use matrix::kill_at_every_step;
use shop::Wish;
use world::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_with_its_ledger_in_a_file_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::Refund, Place::File)).await?;
    println!("Wish::Refund, Place::File: {matrix}");
    matrix.is_complete(Wish::Refund)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_with_its_ledger_on_a_server_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::Refund, Place::Server)).await?;
    println!("Wish::Refund, Place::Server: {matrix}");
    matrix.is_complete(Wish::Refund)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_with_its_ledger_in_a_file_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::Cancellation, Place::File)).await?;
    println!("Wish::Cancellation, Place::File: {matrix}");
    matrix.is_complete(Wish::Cancellation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_with_its_ledger_on_a_server_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::Cancellation, Place::Server)).await?;
    println!("Wish::Cancellation, Place::Server: {matrix}");
    matrix.is_complete(Wish::Cancellation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_refund_with_its_ledger_in_a_file_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::ApprovedRefund, Place::File)).await?;
    println!("Wish::ApprovedRefund, Place::File: {matrix}");
    matrix.is_complete(Wish::ApprovedRefund)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_refund_with_its_ledger_on_a_server_survives_every_kill() -> Result<()> {
    let matrix = Box::pin(kill_at_every_step(Wish::ApprovedRefund, Place::Server)).await?;
    println!("Wish::ApprovedRefund, Place::Server: {matrix}");
    matrix.is_complete(Wish::ApprovedRefund)
}
