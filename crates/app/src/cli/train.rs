//! `postill train` on the command line.

use std::path::PathBuf;

use clap::Args;

pub(crate) const TRAIN_HELP: &str = "\
Your own mails make the model fit your customers; a line each:
  {\"subject\": \"Charged twice\", \"body\": \"Please send one of them back.\", \"label\": \"refund\"}
Labels: invoice_lookup, subscription_status, payment_status, refund, payment_link, portal_link,
        cancel_subscription, none
They are mixed with the situations in the binary. Some hundred mails are a good beginning; a word is
learned when two of them have it. The report tells how well your mails are read by the model in the
binary, and by one that was trained with your others. \"acted on\" is what needs no person first; of
none, what is put aside unread. Refunds and cancellations are acted on only where a sentence asks
for them in plain common words; asked for in words of your trade alone, they go to a person.
Then: classifier.model_file = \"FILE\"; before, where you have more mails,
  postill eval --gold OTHERS --model FILE
Nothing leaves this machine.";

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
