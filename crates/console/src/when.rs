//! Points in time as pages show them.

use std::fmt;

use askama::filters::HtmlSafe;
use domain::{Timestamp, moment};

/// A point in time, and how far off it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) at: Timestamp,
    pub(crate) now: Timestamp,
}

impl When {
    /// The point in time alone, without markup.
    pub(crate) fn plain(&self) -> String {
        self.at.strftime("%-d %b %Y, %H:%M UTC").to_string()
    }
}

/// Markup: `23 Nov 2026, 16:00 UTC` with `3 h ago` beside it.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, off) = (self.plain(), moment(self.at, self.now));
        write!(f, "<time datetime=\"{:.3}\">{shown}</time> <span class=\"quiet off\">{off}</span>", self.at)
    }
}

/// Digits and our own words alone: nothing in it comes from outside.
impl HtmlSafe for When {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_when_and_how_far_off() -> anyhow::Result<()> {
        let now: Timestamp = "2026-11-23T16:00:00Z".parse()?;
        let at = "2026-11-23T12:59:12.345678Z".parse()?;
        assert_eq!(
            When { at, now }.to_string(),
            "<time datetime=\"2026-11-23T12:59:12.345Z\">23 Nov 2026, 12:59 UTC</time> <span class=\"quiet off\">3 h ago</span>"
        );
        Ok(())
    }
}
