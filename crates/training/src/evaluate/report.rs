//! Everything that one run of `postill eval` found out.

use domain::Timestamp;
use serde::Serialize;

use super::{Figures, Latency, Picture, Table, markdown, picture, tables};

/// The name of what [`Report`] is as JSON. Fields are only ever added.
const FORMAT: &str = "postill.eval.v1";

/// What was graded, with which model, and how good it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `postill.eval.v1`.
    pub format: &'static str,
    /// The version of the model, as it stands in drafts.
    pub classifier: String,
    /// When it was graded.
    pub at: Timestamp,
    /// Where the mails came from.
    pub source: String,
    /// The mails as they are.
    pub figures: Figures,
    /// The same mails among greetings, signatures, disclaimers and quoted threads.
    pub with_noise: Option<Figures>,
    /// How long classifying took on this machine, as they are.
    pub latency: Vec<Latency>,
}

impl Report {
    /// A report of mails as they are; noise can be added.
    pub fn new(
        classifier: &str,
        at: Timestamp,
        source: String,
        figures: Figures,
        latency: Vec<Latency>,
    ) -> Self {
        Self {
            format: FORMAT,
            classifier: classifier.to_owned(),
            at,
            source,
            figures,
            with_noise: None,
            latency,
        }
    }

    /// What a person reads of it.
    pub fn tables(&self) -> Vec<Table> {
        tables::of(self)
    }

    /// The tables as a page, with links to the pictures, which lie in `pictures` as seen from the page.
    pub fn markdown(&self, pictures: Option<&str>) -> String {
        markdown::page(self, pictures)
    }

    /// The confusion matrix, precision and recall, and reliability; those with noise, too, where there are any.
    pub fn pictures(&self) -> Vec<Picture> {
        let noise =
            self.with_noise.iter().flat_map(|figures| picture::of(figures, "with noise", "-with-noise"));
        picture::of(&self.figures, &self.source, "").into_iter().chain(noise).collect()
    }
}
