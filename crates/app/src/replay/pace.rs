//! No more than so many mails a second.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How finely mails are spread: what is due within this goes out together.
const STEP: Duration = Duration::from_millis(50);

/// When the next mail is due.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Option<NonZeroU32>,
    due: Instant,
}

impl Pace {
    /// Without a rate, everything is due at once.
    pub(crate) fn new(rate: Option<NonZeroU32>) -> Self {
        Self { rate, due: Instant::now() }
    }

    /// How many mails may go out together.
    pub(crate) fn burst(&self, most: usize) -> usize {
        let Some(rate) = self.rate else { return most };
        let of_a_step = u128::from(rate.get()) * STEP.as_millis() / 1_000;
        most.min(usize::try_from(of_a_step).unwrap_or(usize::MAX)).max(1)
    }

    /// Waits until `mails` may go out. What was late is not made up for: a pause of the broker is followed by no flood.
    pub(crate) async fn wait_for(&mut self, mails: usize) {
        let Some(rate) = self.rate else { return };
        sleep_until(self.due).await;
        let spent =
            Duration::from_secs(1).saturating_mul(u32::try_from(mails).unwrap_or(u32::MAX)) / rate.get();
        self.due = self.due.max(Instant::now() - STEP) + spent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_and_lateness_is_not_made_up_for() {
        let mut pace = Pace::new(NonZeroU32::new(100));
        assert_eq!(pace.burst(128), 5);
        let start = Instant::now();
        for _ in 0..100 {
            pace.wait_for(5).await;
        }
        assert!((start.elapsed().as_secs_f64() - 5.0).abs() < 0.2, "{:?}", start.elapsed());
        tokio::time::advance(Duration::from_mins(1)).await;
        let late = Instant::now();
        for _ in 0..21 {
            pace.wait_for(5).await;
        }
        assert!((late.elapsed().as_secs_f64() - 1.0).abs() < 0.2, "{:?}", late.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nothing_waits() {
        let (mut pace, start) = (Pace::new(None), Instant::now());
        pace.wait_for(1_000_000).await;
        assert_eq!((pace.burst(128), start.elapsed()), (128, Duration::ZERO));
    }
}
