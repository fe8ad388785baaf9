//! Series of one metric, by their labels.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric as Registered, Registry};

use crate::Metric;

type Labels = Vec<(&'static str, String)>;
/// A gauge of any size and sign.
pub(crate) type Level = Gauge<f64, AtomicU64>;

/// The series of a metric. Putting labels together costs more than counting: whoever counts often keeps what [`Series::of`] gives.
#[derive(Debug, Clone)]
pub(crate) struct Series<M, C = fn() -> M> {
    metric: Metric,
    family: Family<Labels, M, C>,
}

impl<M: Clone + Default> Series<M> {
    pub(crate) fn new(metric: Metric) -> Self {
        Self { metric, family: Family::new_with_constructor(M::default) }
    }
}

impl Series<Histogram, Buckets> {
    pub(crate) fn with_buckets(metric: Metric, buckets: Buckets) -> Self {
        Self { metric, family: Family::new_with_constructor(buckets) }
    }
}

impl<M: Clone, C: MetricConstructor<M>> Series<M, C> {
    /// The series with these values for the metric's labels.
    pub(crate) fn of<const N: usize>(&self, values: [&str; N]) -> M {
        let labels = self.metric.labels.iter().zip(values).map(|(name, value)| (*name, value.to_owned()));
        self.family.get_or_create_owned(&labels.collect())
    }

    /// Forgets them all, so that only what is set after this is served.
    pub(crate) fn clear(&self) {
        self.family.clear();
    }
}

impl<M, C> Series<M, C>
where
    Family<Labels, M, C>: Registered + Clone,
{
    pub(crate) fn register(self, registry: &mut Registry) -> Self {
        // The registry adds what the text format wants behind names of counters, and a full stop behind the help.
        let name = self.metric.name.trim_end_matches("_total");
        registry.register(name, self.metric.help.trim_end_matches('.'), self.family.clone());
        self
    }
}

/// The upper bounds of a histogram, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets(pub(crate) &'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

pub(crate) type Times = Series<Histogram, Buckets>;
pub(crate) type Counters = Series<Counter>;
pub(crate) type Levels = Series<Level>;
