//! What a process used, as Linux tells it in `/proc`.

use std::path::PathBuf;
use std::time::Duration;

use charts::float;

/// CPU time of all threads so far, in user and kernel mode. `None` where there is no `/proc`, or no such process.
pub(super) fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(file(pid, "stat")).ok()?;
    let ticks = ticks(&stat)?;
    Some(Duration::from_secs_f64(float(ticks) / float(rustix::param::clock_ticks_per_second())))
}

/// The most memory it ever held, in bytes.
pub(super) fn peak_memory(pid: u32) -> Option<u64> {
    kilobytes(&std::fs::read_to_string(file(pid, "status")).ok()?, "VmHWM:").map(|kilobytes| kilobytes * 1024)
}

/// The processor's name, and how many of its cores this process may use.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    format!("{cores} cores, {model}")
}

fn file(pid: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

/// Fields 14 and 15 of `proc_pid_stat(5)`. The second holds the program's name, with anything in it, in brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind_the_name) = stat.rsplit_once(')')?;
    let mut times = behind_the_name.split_whitespace().skip(11);
    let mut time = || times.next()?.parse::<u64>().ok();
    time()?.checked_add(time()?)
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat =
            "4711 (a ) S 1 (b) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 12345 1000 200";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("4711 (cut) S 1"), None);
    }

    #[test]
    fn memory_is_read_in_kilobytes() {
        assert_eq!(kilobytes("Name:\tx\nVmHWM:\t  1234 kB\n", "VmHWM:"), Some(1_234));
        assert_eq!(kilobytes("Name:\tx\n", "VmHWM:"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_used_something() {
        assert!(peak_memory(std::process::id()).unwrap() > 100_000);
        assert!(cpu_time(std::process::id()).is_some());
    }
}
