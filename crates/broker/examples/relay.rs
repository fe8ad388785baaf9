//! Measures the bare relay, the ceiling of any worker: consume, publish with confirm, settle.
//!
//! `cargo run --release -p broker --example relay -- amqp://guest:guest@localhost:5672/measure 100000`
//!
//! Uses a virtual host of its own, which must exist; declares the topology there, fills the queue of mails with
//! bodies of 4 kB and relays drafts of 2 kB. One line comes out.

use std::error::Error;
use std::io::Write;
use std::slice;
use std::time::{Duration, Instant};

use broker::{Config, Destination, Outgoing, Properties, Session, Settlement, topology};
use bytes::Bytes;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: relay URL [MAILS]")?.parse()?;
    let mails: usize = arguments.next().map_or(Ok(100_000), |count| count.parse())?;
    let config = Config { url, ..Config::default() };
    topology::apply(&config).await?;
    fill(&config, mails).await?;

    let started = Instant::now();
    relay(&config, mails).await?;
    let seconds = started.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(mails)?) / seconds;
    writeln!(std::io::stdout(), "relayed {mails} mails in {seconds:.2} s, {rate:.0}/s")?;
    Ok(())
}

async fn fill(config: &Config, mails: usize) -> Result<(), Box<dyn Error>> {
    let session = Session::open(config).await?;
    let body = Bytes::from(vec![b'm'; 4096]);
    let mut left = mails;
    while left > 0 {
        let count = left.min(1024);
        let messages = (0..count).map(|n| message(Destination::Mail, n, body.clone())).collect();
        for stored in session.publisher().publish(messages).await {
            stored?;
        }
        left -= count;
    }
    session.close(Duration::from_secs(10)).await;
    Ok(())
}

/// Batches overlap, as in a worker: while one waits for its confirms the next is taken.
async fn relay(config: &Config, mails: usize) -> Result<(), Box<dyn Error>> {
    let mut session = Session::open(config).await?;
    session.consume(slice::from_ref(&config.names.mail)).await?;
    let body = Bytes::from(vec![b'd'; 2048]);
    let (mut taken, mut at_work) = (0, JoinSet::new());
    while taken < mails {
        let batch = session.next_batch(config.burst.get()).await?;
        taken += batch.len();
        let publisher = session.publisher();
        let body = body.clone();
        at_work.spawn(async move {
            let draft = || Destination::Draft { routing_key: "draft.measured".to_owned() };
            let messages = (0..batch.len()).map(|n| message(draft(), n, body.clone())).collect();
            let results = publisher.publish(messages).await;
            for (delivery, stored) in batch.into_iter().zip(results) {
                delivery.settle(if stored.is_ok() { Settlement::Done } else { Settlement::Return });
            }
        });
    }
    while let Some(done) = at_work.join_next().await {
        done?;
    }
    session.close(Duration::from_secs(10)).await;
    Ok(())
}

fn message(destination: Destination, n: usize, body: Bytes) -> Outgoing {
    let properties = Properties { message_id: Some(n.to_string()), ..Properties::default() };
    Outgoing { destination, properties, body }
}
