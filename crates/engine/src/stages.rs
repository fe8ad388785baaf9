//! How long each stage of a mail takes, for whoever counts or traces.

use std::time::Instant;

use domain::{Mail, Understanding};
use meters::{Stage, TRACE};
use tracing::Instrument as _;

use crate::process::Engine;

impl Engine {
    /// What a mail asks for, by the classifier.
    pub(crate) fn understand(&self, mail: &Mail) -> Understanding {
        let began = Instant::now();
        let _span =
            tracing::info_span!(target: TRACE, "stage", otel.name = Stage::Understand.as_str()).entered();
        let understanding = self.classifier.classify(mail.into());
        self.passed(Stage::Understand, began, 1);
        understanding
    }

    /// Does a part of a mail's way, and counts how long it took.
    pub(crate) async fn in_stage<T>(&self, stage: Stage, part: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let span = tracing::info_span!(target: TRACE, "stage", otel.name = stage.as_str());
        let done = part.instrument(span).await;
        self.passed(stage, began, 1);
        done
    }

    /// So many mails have passed a stage together that began then.
    pub(crate) fn passed(&self, stage: Stage, began: Instant, mails: usize) {
        if let Some(meters) = &self.meters {
            meters.passed(stage, began.elapsed(), mails);
        }
    }
}
