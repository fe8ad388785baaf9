//! How fast mail is read: against mail-parser alone on the same mails, on the mails that other readers choke on, and in proportion to
//! length. `cargo bench -p mail`, with files or folders of `.eml` to be measured in place of the built-in mails.

#[path = "reading/corpus.rs"]
mod corpus;
#[path = "reading/hostile.rs"]
mod hostile;

use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use domain::WorkspaceId;
use mail::{Arrived, Envelope, Format, Limits, Reader, Trust, Unreadable};
use mail_parser::MessageParser;
use rustix::time::{ClockId, clock_gettime};

/// How often each mail is read in each way, in turns. Its median counts: a moment in which the machine does something else is left out.
const ROUNDS: usize = 41;
/// The mails that are read most; the targets are for these lengths.
const LENGTHS: std::ops::RangeInclusive<usize> = 4_000..=16_384;

fn main() -> io::Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let mut mails = if paths.is_empty() { corpus::mails() } else { Vec::new() };
    for path in &paths {
        load(Path::new(path), &mut mails)?;
    }
    against_mail_parser(&mails)?;
    if paths.is_empty() { hostile::measure() } else { Ok(()) }
}

fn load(path: &Path, mails: &mut Vec<Vec<u8>>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            load(&entry?.path(), mails)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "eml") {
        mails.push(fs::read(path)?);
    }
    Ok(())
}

/// Who is measured, by what they do with a mail.
type Way<'a> = (&'static str, &'a dyn Fn(&[u8]));

/// The fair comparison is the second row: a parse, and the body as text, which is what any use of a mail begins with. The first leaves HTML
/// as it stands. Neither looks at who sent the mail, whether that can be believed, or which of the text is new.
fn against_mail_parser(mails: &[Vec<u8>]) -> io::Result<()> {
    let reader = reader(Limits::default());
    let parser = MessageParser::default();
    let ways: [Way<'_>; 3] = [
        ("mail-parser, parse", &|mail| {
            black_box(parser.parse(mail));
        }),
        ("mail-parser, parse and body_text(0)", &|mail| {
            let message = parser.parse(mail);
            black_box(message.as_ref().and_then(|message| message.body_text(0)));
        }),
        ("postill, the whole reading", &|mail| {
            black_box(read(&reader, mail).is_ok());
        }),
    ];
    let measured: Vec<_> = mails.iter().filter(|mail| LENGTHS.contains(&mail.len())).collect();
    let bytes: usize = measured.iter().map(|mail| mail.len()).sum();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} mails of {} to {} bytes, {bytes} in all; {} others left out",
        measured.len(),
        LENGTHS.start(),
        LENGTHS.end(),
        mails.len() - measured.len()
    )?;
    if measured.is_empty() {
        return Ok(());
    }
    let mut sums = [Duration::ZERO; 3];
    for mail in &measured {
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for ((_, way), times) in ways.iter().zip(&mut times) {
                times.push(processor_time(|| way(mail)));
            }
        }
        for (sum, times) in sums.iter_mut().zip(times) {
            *sum += median(times);
        }
    }
    let [_, fair, _] = sums;
    for ((name, _), time) in ways.iter().zip(sums) {
        let per_mail = micros(time) / count(measured.len());
        writeln!(
            out,
            "{name:38} {per_mail:8.1} µs a mail {:9.0} mails/s {:7.1} MB/s {:6.1} % of mail-parser's rate",
            1e6 / per_mail,
            count(bytes) / micros(time),
            100.0 * micros(fair) / micros(time),
        )?;
    }
    Ok(())
}

fn reader(limits: Limits) -> Reader {
    let trust = Trust { authserv_ids: vec![corpus::VERIFIER.to_owned()], ..Trust::default() };
    Reader::new(trust, limits)
}

fn read(reader: &Reader, mail: &[u8]) -> Result<Arrived, Unreadable> {
    let workspace = WorkspaceId::default();
    reader.read(&Envelope { format: Format::Rfc822, body: mail, workspace: &workspace, run: None })
}

/// The time that this thread had a processor for: what else the machine does is not in it.
fn processor_time(measured: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let start = now();
    measured();
    now().saturating_sub(start)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::NAN, f64::from)
}
