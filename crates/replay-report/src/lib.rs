//! What a replay found: counted while it runs, written as JSON, drawn as a page with pictures, read back, and compared with an earlier one.
//!
//! Nothing in a report says who wrote a mail, or a word of one; paths are as they were typed, and a report that lists what changed since an
//! earlier one has fingerprints of mails. [`Report::to_be_kept`] takes out those, and the folders. A report that is read back may come from anybody: [`Report::read`] takes
//! none that could not be shown, and nothing here overflows by what stands in it. Pure: no files, no clock.
#![warn(missing_docs)]

mod answers;
mod differences;
mod report;
mod tally;

mod compared;
mod page;
mod reading;
mod summary;
mod words;

pub use answers::{Answer, Answers, Sums, WouldHave};
pub use compared::compared;
pub use differences::{Change, Changed, Differences};
pub use page::page;
pub use reading::ReadError;
pub use report::{AllRuns, Choice, Ended, Report, SCHEMA, Source, Through};
pub use summary::Summary;
pub use tally::{Counts, Listed, Looks, Suspicions};
pub use words::{causes, in_words, lasting, mails, words};
