//! How long the ledger takes for a batch of 128 mails, on SQLite: claiming them, and storing their ends with drafts of 4 kB.
//! `cargo bench -p store`; the disk is part of what is measured, so the file lies where `--` names a folder, or else in the working directory.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use domain::intent::Label;
use domain::{Digest, Fingerprint, Function, Outcome, RunKind, SystemClock, WorkspaceId};
use store::{Arrival, Claim, Config, Finish, Finished, LeaseTerms, Ledger, NewDraft};

const BATCH: u32 = 128;
const BATCHES: u32 = 200;
const DRAFT: usize = 4_000;
const TERMS: LeaseTerms = LeaseTerms { lasts: Duration::from_mins(5) };

#[tokio::main]
async fn main() -> Result<()> {
    let beside = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(beside)?;
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let ledger = Ledger::open(&Config::new(url.parse()?), Arc::new(SystemClock)).await?;
    ledger.migrate().await?;
    ledger.ensure_workspace(&WorkspaceId::default()).await?;
    let (mut claiming, mut finishing) = (Vec::new(), Vec::new());
    for batch in 0..BATCHES {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let arrivals: Vec<Arrival> = numbers.clone().map(arrival).collect();
        let begun = Instant::now();
        let claims = ledger.claim(&arrivals, TERMS).await?;
        claiming.push(begun.elapsed());
        let ends: Vec<Finished> =
            numbers.zip(claims).map(|(number, claim)| end(number, claim)).collect::<Result<_>>()?;
        let begun = Instant::now();
        let stored = ledger.finish(&ends).await?;
        finishing.push(begun.elapsed());
        if stored.iter().any(|end| *end != Finish::Stored) {
            bail!("an end was not stored");
        }
    }
    ledger.close().await;
    let mut out = io::stdout().lock();
    writeln!(out, "µs a mail in batches of {BATCH}, p50 / p99")?;
    writeln!(out, "{:10}{:>16}", "claim", middle_and_slowest(claiming)?)?;
    writeln!(out, "{:10}{:>16}", "finish", middle_and_slowest(finishing)?)?;
    Ok(())
}

fn arrival(number: u32) -> Arrival {
    Arrival {
        digest: Digest::of(&[&number.to_be_bytes()]),
        workspace: WorkspaceId::default(),
        run: RunKind::Live,
    }
}

fn end(number: u32, claim: Claim) -> Result<Finished> {
    let Claim::Taken(lease) = claim else { bail!("a new mail was not taken") };
    Ok(Finished {
        lease,
        fingerprint: Fingerprint::of(&[&number.to_be_bytes()]),
        message_id: Some(Digest::of(&[b"message-id", &number.to_be_bytes()])),
        outcome: Outcome::Answered,
        label: Label::Ask(Function::InvoiceLookup),
        customer: "cus_1".parse().ok(),
        draft: NewDraft { id: format!("draft-{number}"), body: vec![b'x'; DRAFT] },
        correlation: Some(format!("message-{number}")),
        traceparent: None,
        approval: None,
        counts_for: None,
    })
}

fn middle_and_slowest(mut times: Vec<Duration>) -> Result<String> {
    times.sort_unstable();
    let at = |percent: usize| {
        let time = times.get(times.len() * percent / 100).context("nothing was measured")?;
        Ok::<f64, anyhow::Error>(time.as_secs_f64() * 1e6 / f64::from(BATCH))
    };
    Ok(format!("{:.1} / {:.1}", at(50)?, at(99)?))
}
