//! Whether work is in proportion to length. A number of seconds would say more of the machine than of the work.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How many times longer the longer of two inputs is.
const GROWTH: u32 = 8;
/// How many times more than in proportion it may take. Quadratic work takes `GROWTH` times more.
const SLACK: u32 = 4;
/// What the clock and the machine may add, however short the input.
const NOISE: Duration = Duration::from_millis(20);

/// Works on `input(longest)` and on one of an eighth of that, and compares the times that this thread had a processor for.
#[track_caller]
pub(crate) fn check<T>(longest: usize, input: impl Fn(usize) -> String, work: impl Fn(&str) -> T) -> T {
    let short = input(longest / GROWTH as usize);
    let (_, time_of_short) = (0..3).map(|_| timed(&short, &work)).min_by_key(|(_, time)| *time).unwrap();
    let long = input(longest);
    let (found, time) = timed(&long, &work);
    let most = time_of_short * GROWTH * SLACK + NOISE;
    assert!(time <= most, "{time:?} for {} bytes, {time_of_short:?} for {}", long.len(), short.len());
    found
}

fn timed<T>(input: &str, work: impl Fn(&str) -> T) -> (T, Duration) {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    let found = work(input);
    (found, now().saturating_sub(start))
}
