//! What the system says of this process, as Linux tells it in `/proc`. Elsewhere nothing is said.

use std::{fmt, fs};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::Metric;
use crate::list::{CPU, MEMORY, OPEN_FDS, STARTED};

/// Asked each time the metrics are.
#[derive(Debug)]
pub(crate) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(Used { resident, cpu_seconds, started_at }) = Used::so_far() {
            tell(&mut encoder, MEMORY, &ConstGauge::new(resident))?;
            tell(&mut encoder, CPU, &ConstCounter::new(cpu_seconds))?;
            tell(&mut encoder, STARTED, &ConstGauge::new(started_at))?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            tell(&mut encoder, OPEN_FDS, &ConstGauge::new(open.count()))?;
        }
        Ok(())
    }
}

fn tell(encoder: &mut DescriptorEncoder<'_>, metric: Metric, value: &impl EncodeMetric) -> fmt::Result {
    let name = metric.name.trim_end_matches("_total");
    value.encode(encoder.encode_descriptor(name, metric.help, None, value.metric_type())?)
}

struct Used {
    resident: i64,
    cpu_seconds: f64,
    started_at: f64,
}

impl Used {
    fn so_far() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let system = fs::read_to_string("/proc/stat").ok()?;
        Self::read(&stat, booted_at(&system)?)
    }

    /// Fields 14, 15, 22 and 24 of `proc_pid_stat(5)`. The second holds the program's name, with anything in it, in brackets.
    fn read(stat: &str, booted_at: f64) -> Option<Self> {
        let (_, behind_the_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = behind_the_name.split_whitespace().collect();
        let field = |number: usize| fields.get(number.checked_sub(3)?)?.parse::<u32>().ok();
        let ticks = |number: usize| Some(f64::from(field(number)?) / ticks_per_second());
        let pages: i64 = fields.get(21)?.parse().ok()?;
        let page = i64::try_from(rustix::param::page_size()).ok()?;
        Some(Self {
            resident: pages.checked_mul(page)?,
            cpu_seconds: ticks(14)? + ticks(15)?,
            started_at: booted_at + ticks(22)?,
        })
    }
}

fn ticks_per_second() -> f64 {
    u32::try_from(rustix::param::clock_ticks_per_second()).map_or(100.0, f64::from)
}

/// In seconds since 1970.
fn booted_at(system: &str) -> Option<f64> {
    let line = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}
