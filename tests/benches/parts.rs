//! How long the parts of a mail's way take: reading, classifying, deciding, and the ledger. `cargo bench -p tests`, on a machine with nothing
//! else to do; criterion compares with the run before.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use domain::intent::Label;
use domain::policy::{RefundAsked, Spent};
use domain::{
    Assurance, Currency, Digest, Fingerprint, Function, Mail, Money, Outcome, Policy, RunKind, SystemClock,
    Timestamp, WorkspaceId,
};
use intent::{Classifier, Text};
use load::{Arriving, Mails};
use mail::{Envelope, Format, Limits, Reader, Trust};
use store::{Arrival, Claim, Config, Finish, Finished, LeaseTerms, Ledger, NewDraft};

/// Different mails that are read in turn.
const MAILS: u64 = 500;
/// Mails of a batch of the ledger.
const BATCH: u32 = 128;
const DRAFT_BYTES: usize = 4_000;
const LEASE: LeaseTerms = LeaseTerms { lasts: Duration::from_mins(5) };

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    understanding(&mut criterion)?;
    deciding(&mut criterion)?;
    ledger(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

/// Mails of 4 kB, as `postill load` writes them.
fn understanding(criterion: &mut Criterion) -> Result<()> {
    let bytes = mails()?;
    let trust = Trust { authserv_ids: vec!["mx.shop.example".to_owned()], ..Trust::default() };
    let (reader, workspace) = (Reader::new(trust, Limits::default()), WorkspaceId::default());
    let read = |body: &[u8]| {
        let envelope = Envelope { format: Format::Rfc822, body, workspace: &workspace, run: None };
        reader.read(&envelope).map(|arrived| arrived.mail)
    };
    let mails: Vec<Mail> = bytes.iter().map(|body| read(body)).collect::<Result<_, _>>()?;
    let classifier = Classifier::embedded();
    let mut group = criterion.benchmark_group("understanding");
    in_turn(&mut group, "reading", &bytes, |body| drop(black_box(read(body))));
    in_turn(&mut group, "classifying", &mails, |mail| drop(black_box(classifier.classify(Text::from(mail)))));
    group.finish();
    Ok(())
}

fn mails() -> Result<Vec<Vec<u8>>> {
    let arriving = Arriving {
        to: "billing@shop.example".to_owned(),
        authserv_id: Some("mx.shop.example".to_owned()),
        date: "Mon, 23 Nov 2026 14:00:00 +0000".to_owned(),
    };
    let mails = Mails {
        run: "bench".to_owned(),
        seed: 1,
        mix: "invoice_lookup,subscription_status,payment_status".parse()?,
        sizes: "4k".parse()?,
        senders: vec!["ada@studio.example".parse()?],
        strangers_permille: 0,
        arriving,
    };
    Ok((0..MAILS).map(|number| mails.mail(number).bytes).collect())
}

fn in_turn<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, of: &[T], mut each: impl FnMut(&T)) {
    let mut next = of.iter().cycle();
    group.throughput(Throughput::Elements(1));
    group.bench_function(name, |bencher| bencher.iter(|| next.next().map(&mut each)));
}

/// Every rule of a refund asked and explained.
fn deciding(criterion: &mut Criterion) -> Result<()> {
    let policy = Policy::default();
    let (now, currency): (Timestamp, Currency) = ("2026-11-23T14:00:00Z".parse()?, "eur".parse()?);
    let asked = RefundAsked {
        amount: Money::new(4_000, currency),
        charged_at: "2026-11-01T10:00:00Z".parse()?,
        assurance: Assurance::Authenticated,
        now,
        spent: Spent::nothing(currency),
    };
    criterion.bench_function("deciding/refund", |bencher| {
        bencher.iter(|| black_box(policy.judge_refund(black_box(&asked))).verdict());
    });
    Ok(())
}

/// On SQLite, in the folder in which this is run: its disk is part of what is measured.
fn ledger(criterion: &mut Criterion) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir_in(".")?;
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let ledger = runtime.block_on(async {
        let ledger = Ledger::open(&Config::new(url.parse()?), Arc::new(SystemClock)).await?;
        ledger.migrate().await?;
        ledger.ensure_workspace(&WorkspaceId::default()).await?;
        anyhow::Ok(ledger)
    })?;
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(BATCH.into()));
    let mut next = 0;
    for (name, measured) in [("claim", Step::Claim), ("finish", Step::Finish)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    let batch = runtime.block_on(claim_and_finish(&ledger, next));
                    next += 1;
                    took += batch.map_or(Duration::MAX, |times| times.of(measured));
                }
                took
            });
        });
    }
    group.finish();
    runtime.block_on(ledger.close());
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Claim,
    Finish,
}

struct Times {
    claim: Duration,
    finish: Duration,
}

impl Times {
    const fn of(&self, step: Step) -> Duration {
        match step {
            Step::Claim => self.claim,
            Step::Finish => self.finish,
        }
    }
}

async fn claim_and_finish(ledger: &Ledger, batch: u32) -> Result<Times> {
    let numbers = batch * BATCH..(batch + 1) * BATCH;
    let arrivals: Vec<Arrival> = numbers.clone().map(arrival).collect();
    let begun = Instant::now();
    let claims = ledger.claim(&arrivals, LEASE).await?;
    let claim = begun.elapsed();
    let ends: Vec<Finished> =
        numbers.zip(claims).map(|(number, claim)| end(number, claim)).collect::<Result<_>>()?;
    let begun = Instant::now();
    let stored = ledger.finish(&ends).await?;
    let finish = begun.elapsed();
    ensure!(stored.iter().all(|end| *end == Finish::Stored), "an end was not stored");
    Ok(Times { claim, finish })
}

fn arrival(number: u32) -> Arrival {
    Arrival {
        digest: Digest::of(&[&number.to_be_bytes()]),
        workspace: WorkspaceId::default(),
        run: RunKind::Live,
    }
}

fn end(number: u32, claim: Claim) -> Result<Finished> {
    let Claim::Taken(lease) = claim else { anyhow::bail!("a new mail was not taken") };
    Ok(Finished {
        lease,
        fingerprint: Fingerprint::of(&[&number.to_be_bytes()]),
        message_id: Some(Digest::of(&[b"message-id", &number.to_be_bytes()])),
        outcome: Outcome::Answered,
        label: Label::Ask(Function::InvoiceLookup),
        customer: "cus_1".parse().ok(),
        draft: NewDraft { id: format!("draft-{number}"), body: vec![b'x'; DRAFT_BYTES] },
        correlation: Some(format!("message-{number}")),
        traceparent: None,
        approval: None,
        counts_for: None,
    })
}
