//! What a user's own labelled mails teach a model: the words of their trade, and nothing that one mail alone says.

use anyhow::{Context, Result, ensure};
use domain::Label;
use intent::{Classifier, Text};
use training::card::cross_validated;
use training::dataset::labelled::{self, Labelled};
use training::dataset::{self, Situation};
use training::example::{Example, Source};
use training::tally::OfLabel;
use training::train::{Trained, train};

/// One in so many situations is enough to tell labels apart, and quick.
const ONE_IN: usize = 24;

/// A harbour calls its invoices chits.
const CHITS: [&str; 8] = [
    "The harbour chit for July, please.",
    "My accountant wants the chit for the crane.",
    "May I have the dues chit of last season?",
    "All chits of this year for berth A3, please.",
    "The last chit went overboard, another one please.",
    "Our tax office asks for a chit of the visitor's nights.",
    "Chit for the winter shed, made out to the sailing school please.",
    "I am missing a chit for the slipway in May.",
];
/// Asks in the same words and is in no training.
const HELD_BACK: &str = "We need the chit for pontoon B.";

fn some_situations() -> Result<Vec<Situation>> {
    let all = dataset::embedded()?.into_iter().filter(|situation| !dataset::is_held_out(&situation.name));
    Ok(all.step_by(ONE_IN).collect())
}

fn own(texts: &[impl AsRef<str>]) -> Vec<Labelled> {
    let lines = texts.iter().map(|text| {
        serde_json::json!({ "body": text.as_ref(), "label": "invoice_lookup", "lang": "en" }).to_string()
    });
    let (mails, wrong) = labelled::read(lines.collect::<Vec<String>>().join("\n").as_bytes());
    assert_eq!(wrong, []);
    mails
}

fn trained_with(situations: &[Situation], own: &[Labelled]) -> (Vec<Example>, Trained) {
    let mut examples = Example::of_situations(situations);
    examples.extend(Example::of_user(own));
    let trained = train(&examples);
    (examples, trained)
}

fn read_by(trained: &Trained, text: &str) -> Result<Label> {
    let classifier = Classifier::from_bytes(&trained.weights.to_bytes())?;
    Ok(classifier.classify(Text { written: text, ..Text::default() }).intent.label)
}

/// How invoices are found in the user's own mails, each read by a model that was trained without it.
fn of_invoices(examples: &[Example], trained: &Trained) -> Result<OfLabel> {
    let tally = cross_validated(examples, trained, |source| matches!(source, Source::User(_)));
    let found = tally.labels().find(|(label, _)| label.as_str() == "invoice_lookup").map(|(_, of)| *of);
    found.context("invoices are a label")
}

#[test]
fn words_of_a_trade_are_learned_and_twice_the_same() -> Result<()> {
    let (situations, own) = (some_situations()?, own(&CHITS));
    let (_, without) = trained_with(&situations, &[]);
    ensure!(read_by(&without, HELD_BACK)?.as_str() != "invoice_lookup", "it was known before");
    let (examples, with) = trained_with(&situations, &own);
    ensure!(read_by(&with, HELD_BACK)?.as_str() == "invoice_lookup", "it was not learned");
    let known_before = CHITS
        .iter()
        .filter(|text| read_by(&without, text).is_ok_and(|label| label.as_str() == "invoice_lookup"));
    let (before, after) = (known_before.count(), of_invoices(&examples, &with)?);
    ensure!(after.asked == CHITS.len() && after.right > before, "{before}, then {after:?}");
    let (_, again) = trained_with(&situations, &own);
    ensure!(again.weights.to_bytes() == with.weights.to_bytes(), "the same mails gave another model");
    ensure!(again.outcomes == with.outcomes, "the same mails gave other figures");
    Ok(())
}

#[test]
fn a_mail_is_not_graded_by_a_model_that_its_twin_taught() -> Result<()> {
    let names = ["Tom", "Anna and Paul", "Mrs Okafor", "Jim", "Lena", "the crew of Marigold"];
    let twins = names.map(|name| format!("The harbour chit for the crane lift in July, please.\n{name}"));
    let (examples, trained) = trained_with(&some_situations()?, &own(&twins));
    let groups: Vec<u64> = examples
        .iter()
        .filter(|example| matches!(example.source, Source::User(_)))
        .map(|example| example.group)
        .collect();
    ensure!(groups.len() == names.len() && groups.windows(2).all(|two| two[0] == two[1]), "{groups:?}");
    let after = of_invoices(&examples, &trained)?;
    ensure!(after.right == 0, "{after:?}");
    Ok(())
}
