//! What every fuzz target demands: an end within [`LIMIT`], and no panic that gets out.

use std::panic::{self, PanicHookInfo};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The longest that one input may keep a core busy, sanitizer and coverage counters included.
pub const LIMIT: Duration = Duration::from_millis(200);

/// Lets panics through to whoever contains them. libFuzzer's own hook aborts at once, also for those of the MIME parser, which
/// `mail` contains; what is not contained still ends the run.
pub fn let_panics_be_contained() {
    panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let is_contained = panic.location().is_some_and(|location| location.file().contains("mail-parser"));
        if !is_contained {
            eprintln!("{panic}");
        }
    }));
}

/// Runs `read` and demands that it ends in time. The clock is that of the thread, so that other work on the machine does not count;
/// a shared machine takes away cores all the same, so an input is slow only if it is so three times.
pub fn in_time<T>(read: impl Fn() -> T) -> T {
    let (mut result, mut took) = timed(&read);
    for _again in 0..2 {
        if took <= LIMIT {
            break;
        }
        (result, took) = timed(&read);
    }
    assert!(took <= LIMIT, "slow input: {took:?}");
    result
}

fn timed<T>(read: impl Fn() -> T) -> (T, Duration) {
    let begin = busy();
    let result = read();
    (result, busy().saturating_sub(begin))
}

fn busy() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
