//! How long classifying takes on this machine.

use std::hint::black_box;
use std::time::{Duration, Instant};

use intent::Classifier;
use serde::Serialize;

use super::text_of;
use crate::dataset::labelled::Labelled;

/// The lengths that are told apart, in bytes of subject and text: at most so many.
const LENGTHS: [(usize, &str); 4] =
    [(300, "up to 300 B"), (2 << 10, "up to 2 KB"), (20 << 10, "up to 20 KB"), (usize::MAX, "longer")];
const ALL: &str = "all";
/// The mails are read again until about so many times were taken, so that the slowest hundredth is more than a few.
const TIMES: usize = 5_000;
/// A few mails are not read more often than this.
const MOST_ROUNDS: usize = 50;

/// How long mails of one length take, in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// Which lengths, or all.
    pub length: &'static str,
    /// How many mails are so long.
    pub mails: usize,
    /// Half of the times are no longer.
    pub p50_us: f64,
    /// Nine of ten.
    pub p90_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
}

/// Classifies the mails over and over and takes the time of each; the mails should have been read once before. Quotes are cut off
/// outside the time.
pub fn measure(classifier: &Classifier, mails: &[Labelled]) -> Vec<Latency> {
    let mut times: [Vec<Duration>; LENGTHS.len()] = Default::default();
    let rounds = (TIMES / mails.len().max(1)).clamp(1, MOST_ROUNDS);
    for mail in mails {
        let parts = mail::cut_quotes(&mail.text);
        let length = mail.subject.len() + mail.text.len();
        let class = LENGTHS.iter().zip(&mut times).find(|((most, _), _)| length <= *most);
        let Some((_, times)) = class else { continue };
        for _ in 0..rounds {
            let started = Instant::now();
            black_box(classifier.classify(black_box(text_of(mail, &parts))));
            times.push(started.elapsed());
        }
    }
    let all: Vec<Duration> = times.iter().flatten().copied().collect();
    let classes = LENGTHS.into_iter().zip(times).map(|((_, name), times)| (name, times));
    classes.chain([(ALL, all)]).filter_map(|(name, times)| latency(name, times, rounds)).collect()
}

fn latency(length: &'static str, mut times: Vec<Duration>, rounds: usize) -> Option<Latency> {
    times.sort_unstable();
    let at = |percent: usize| {
        let number = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(number).map(|time| time.as_secs_f64() * 1e6)
    };
    Some(Latency { length, mails: times.len() / rounds, p50_us: at(50)?, p90_us: at(90)?, p99_us: at(99)? })
}
