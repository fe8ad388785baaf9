//! `postill eval` on the command line.

use std::path::PathBuf;

use clap::Args;
use training::evaluate::Floor;

pub(crate) const EVAL_HELP: &str = "\
Of your own mails, a line each:
  {\"subject\": \"Charged twice\", \"body\": \"Please send one of them back.\", \"label\": \"refund\"}
May be added:
  \"id\": \"ticket 31\", \"lang\": \"en\", \"family\": \"double charge\", \"also\": [\"invoice_lookup\"],
  \"must_not\": [\"cancel_subscription\"], \"slots\": {\"amount_minor\": 4900, \"currency\": \"eur\",
  \"full\": false, \"reference\": \"ABCD1234-0001\"}
Labels: invoice_lookup, subscription_status, payment_status, refund, payment_link, portal_link,
        cancel_subscription, none
Floors: accuracy, macro_f1, refund_precision, refund_recall, cancel_precision, cancel_recall
Exit codes: 1 when a floor is missed, 65 when a line cannot be read. Nothing leaves this machine.";

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Your own labelled mails, as JSON lines; otherwise, the mails in the binary that no model is trained on.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub(crate) gold: Option<PathBuf>,
    /// A folder of situations instead, as crates/intent/data/situations has them; those held out from training are graded.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Grade this model file; otherwise the one that the settings name, or the one in the binary.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Also grade the same mails among greetings, signatures, disclaimers and quoted threads.
    #[arg(long)]
    pub(crate) noise: bool,
    /// Write everything as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the tables as Markdown, with the pictures where --svg makes some.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Draw the confusion matrix, precision and recall, and reliability.
    #[arg(long, value_name = "DIR")]
    pub(crate) svg: Option<PathBuf>,
    /// Show how the mails begin that were taken for something else; otherwise, they are named.
    #[arg(long)]
    pub(crate) show_texts: bool,
    /// Fail when a figure is below this, such as `macro_f1=0.85`; may be given several times.
    #[arg(long = "floor", value_name = "NAME=SHARE")]
    pub(crate) floors: Vec<Floor>,
    /// Fail when any mail would be acted on wrongly.
    #[arg(long)]
    pub(crate) no_harm: bool,
}
