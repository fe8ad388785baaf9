//! How long it takes to know what a mail asks for: reading it, classifying what was read, and both, on mails of three lengths in seven
//! languages, as plain text, in two versions and as HTML. `cargo bench -p training`; the machine should be idle.

#[path = "understanding/letters.rs"]
mod letters;
#[path = "understanding/mails.rs"]
mod mails;

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::Duration;

use domain::WorkspaceId;
use intent::{Classifier, Text};
use mail::{Arrived, Envelope, Format, Limits, Reader, Trust, Unreadable};
use rustix::time::{ClockId, clock_gettime};

use crate::mails::Length;

/// How often every mail is read, in turns with the others, so that no mail finds the caches as it left them.
const ROUNDS: usize = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let classifier = Classifier::embedded();
    let trust = Trust { authserv_ids: vec!["mx.larkspur.example".to_owned()], ..Trust::default() };
    let reader = Reader::new(trust, Limits::default());
    let mut out = io::stdout().lock();
    writeln!(out, "µs of processor time, p50 / p99")?;
    writeln!(
        out,
        "{:7}{:>6}{:>8}{:>18}{:>18}{:>18}",
        "", "mails", "bytes", "reading", "classifying", "both"
    )?;
    for length in Length::ALL {
        let mails = mails::mails(length);
        let mut times = Times::default();
        for _ in 0..ROUNDS {
            for mail in &mails {
                times.push(&reader, &classifier, mail)?;
            }
        }
        let bytes = mails.iter().map(Vec::len).sum::<usize>() / mails.len();
        write!(out, "{:7}{:>6}{bytes:>8}", length.name(), mails.len())?;
        for times in [times.reading, times.classifying, times.both] {
            write!(out, "{:>18}", middle_and_slowest(times))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[derive(Default)]
struct Times {
    reading: Vec<Duration>,
    classifying: Vec<Duration>,
    both: Vec<Duration>,
}

impl Times {
    fn push(&mut self, reader: &Reader, classifier: &Classifier, mail: &[u8]) -> Result<(), Unreadable> {
        let start = processor_time();
        let arrived = read(reader, mail)?;
        let between = processor_time();
        black_box(classifier.classify(Text::from(&arrived.mail)));
        let end = processor_time();
        self.reading.push(between.saturating_sub(start));
        self.classifying.push(end.saturating_sub(between));
        self.both.push(end.saturating_sub(start));
        Ok(())
    }
}

fn read(reader: &Reader, mail: &[u8]) -> Result<Arrived, Unreadable> {
    let workspace = WorkspaceId::default();
    reader.read(&Envelope { format: Format::Rfc822, body: mail, workspace: &workspace, run: None })
}

/// The time that this thread had a processor for: what else the machine does is not in it.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn middle_and_slowest(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| {
        let time = times.get(times.len() * percent / 100).copied().unwrap_or_default();
        time.as_secs_f64() * 1e6
    };
    format!("{:.1} / {:.1}", at(50), at(99))
}
