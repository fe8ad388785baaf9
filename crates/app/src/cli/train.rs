//! `postill train` on the command line.

use std::path::PathBuf;

use clap::Args;

pub(crate) const TRAIN_HELP: &str = "\
Your own mails make the model fit your customers; a line each:
  {\"subject\": \"Charged twice\", \"body\": \"Please send one of them back.\", \"label\": \"refund\"}
They are mixed with the situations in the binary. The report tells how well your mails are read before
and after; each by a model that was trained without it. Some hundred mails are a good beginning.
Then: classifier.model_file = \"FILE\"";

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Your own labelled mails, as JSON lines, mixed in.
    #[arg(long, value_name = "FILE")]
    pub(crate) add: Option<PathBuf>,
    /// A folder of situations instead of those in the binary, as crates/intent/data has them.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where the model is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Also write the model card, as Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) card: Option<PathBuf>,
}
