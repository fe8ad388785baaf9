//! The model card: what a model was made of, how it does, where it ends.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::intent::Disposition;
use intent::{Classifier, Limits, Text};

use crate::dataset::Situation;
use crate::example::{Example, Source};
use crate::tally::Tally;
use crate::train::Trained;

/// How a model did on mails of one source that it was not trained on.
pub fn cross_validated(examples: &[Example], trained: &Trained, wanted: impl Fn(Source) -> bool) -> Tally {
    let mut tally = Tally::default();
    let outcomes = examples.iter().zip(&trained.outcomes).filter(|(example, _)| wanted(example.source));
    for (example, outcome) in outcomes {
        let (read, is_decided) = example.seen.decided(&outcome.scores, &trained.weights.limits);
        tally.count(example.label, read, is_decided);
    }
    tally
}

/// How a classifier does on situations, read as mail is.
pub fn held_out(classifier: &Classifier, situations: &[Situation]) -> Tally {
    let mut tally = Tally::default();
    for (situation, mail) in
        situations.iter().flat_map(|each| each.mails.iter().map(move |mail| (each, mail)))
    {
        let parts = mail::cut_quotes(&mail.text);
        let text = Text { subject: &mail.subject, written: &parts.written, cut: &parts.cut };
        let read = classifier.classify(text);
        tally.count(situation.label, read.intent.label, read.disposition != Disposition::Person);
    }
    tally
}

/// What a card tells of.
#[derive(Debug)]
pub struct Card<'c> {
    /// The model's name, as drafts carry it.
    pub version: &'c str,
    /// What it was trained on.
    pub trained_on: &'c [Situation],
    /// A user's mails besides.
    pub own_mails: usize,
    /// From which probability on it is acted on.
    pub limits: &'c Limits,
    /// Situations as written, by cross-validation.
    pub written: &'c Tally,
    /// The same with noise around.
    pub noisy: &'c Tally,
    /// Situations kept for grading.
    pub held_out: &'c Tally,
}

impl Card<'_> {
    /// The card, as Markdown.
    pub fn markdown(&self) -> String {
        let mut card = format!(
            "# The model `{}`\n\nWritten by `postill train`. It reads a mail and tells which of seven functions it asks for, or none; \
             `crates/intent/src/lib.rs` tells how.\n\n## Trained on\n\n{} situations with {} mails, each written for this after a guide, most of them by language models; none is a customer's",
            self.version,
            self.trained_on.len(),
            self.trained_on.iter().map(|situation| situation.mails.len()).sum::<usize>()
        );
        if self.own_mails > 0 {
            let _written = write!(card, "; and on {} mails of a user, as they are", self.own_mails);
        }
        card.push_str(
            ". Each mail of a situation also with greeting, signature, disclaimer or thread around it. A fifth of all situations is never trained on.\n\n",
        );
        card.push_str(&self.counts());
        let sections = [
            ("Cross-validation, by situation, as written", self.written),
            ("Cross-validation, with noise around", self.noisy),
            ("Situations held out", self.held_out),
        ];
        for (title, tally) in sections {
            let _written =
                write!(card, "\n## {title}\n\nMacro F1 {:.3}.\n\n{}", tally.macro_f1(), tally.table());
        }
        card.push_str(&self.ends());
        card
    }

    fn counts(&self) -> String {
        let mut by_label: BTreeMap<&str, usize> = BTreeMap::new();
        let mut by_language: BTreeMap<&str, usize> = BTreeMap::new();
        let mut families: BTreeMap<&str, usize> = BTreeMap::new();
        for situation in self.trained_on {
            *by_label.entry(situation.label.as_str()).or_default() += situation.mails.len();
            *families.entry(&situation.family).or_default() += situation.mails.len();
            for mail in &situation.mails {
                *by_language.entry(mail.language.as_str()).or_default() += 1;
            }
        }
        let list = |counts: BTreeMap<&str, usize>| {
            let each: Vec<String> =
                counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
            each.join(", ")
        };
        let largest: BTreeMap<&str, usize> =
            families.iter().filter(|(_, mails)| **mails >= 40).map(|(n, m)| (*n, *m)).collect();
        format!(
            "- by label: {}\n- by language: {}\n- {} families; the largest: {}\n",
            list(by_label),
            list(by_language),
            families.len(),
            list(largest)
        )
    }

    fn ends(&self) -> String {
        let labels = domain::Label::all().zip(self.limits.labels);
        let each: Vec<String> = labels.map(|(label, least)| format!("{label} {least:.2}")).collect();
        let [refund, cancel, none] = self.limits.plain;
        let again = if self.own_mails == 0 {
            "postill train --data crates/intent/data/situations --out crates/intent/model/embedded.bin --card crates/intent/model/CARD.md"
        } else {
            "postill train --add YOUR-MAILS.jsonl --out YOUR-MODEL.bin --card YOUR-CARD.md"
        };
        let plain =
            format!("{refund:.2} for a refund, {cancel:.2} for a cancellation and {none:.2} for `none`");
        format!(
            "\n## Where it ends\n\n- Acted on from these probabilities: {}; with {:.2} ahead of the next label, and at most {:.0} % of the words \
             unknown.\n- A refund or a cancellation needs a sentence besides that asks for it in words. Where what is asked for, or that nothing is, is plain to the rules, too, {} are enough, and neither the distance to the next label nor the share of unknown words is asked for. Threats, orders to a program and both at once go to a person.\n- The figures of the situations held out were in sight when the limits for refunds and cancellations were settled: they are a little too good for those two. No mail of them was.\n- The mails come from few writers; a business whose customers write otherwise adds its \
             own with `postill train --add`.\n- Other languages than English, German, French, Spanish, Italian, Portuguese and Dutch are not \
             read; their words are unknown, so a person gets them.\n\n## To train it again\n\n    \
             {again}\n\nThe same files give the same bytes.\n",
            each.join(", "),
            self.limits.margin,
            self.limits.unknown * 100.0,
            plain
        )
    }
}
