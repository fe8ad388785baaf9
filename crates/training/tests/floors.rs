//! Figures of the model in the binary that must not fall, on the situations that no model is trained on.

use anyhow::{Context, Result, ensure};
use intent::Classifier;
use training::dataset::labelled::{Labelled, of_situation};
use training::dataset::{embedded, is_held_out};
use training::evaluate::{Figures, Floor, Measure, Texts, grade, with_noise};

/// What was measured when the model was committed, less two hundredths: a new one may be better elsewhere, not worse here.
const FLOORS: [Floor; 6] = [
    Floor { measure: Measure::Accuracy, least: 0.83 },
    Floor { measure: Measure::MacroF1, least: 0.83 },
    Floor { measure: Measure::RefundPrecision, least: 0.94 },
    Floor { measure: Measure::RefundRecall, least: 0.45 },
    Floor { measure: Measure::CancelPrecision, least: 0.95 },
    Floor { measure: Measure::CancelRecall, least: 0.42 },
];
/// Mails that are acted on wrongly, as measured when the model was committed.
const HARMS_AT_MOST: u32 = 10;
/// What stands around a mail must not change what it asks for.
const NOISE_COSTS_AT_MOST: f64 = 0.01;
/// No language is understood worse than this, as a share of English.
const OF_ENGLISH_AT_LEAST: f64 = 0.85;

fn held_out() -> Result<Vec<Labelled>> {
    let situations = embedded()?;
    let kept = situations.iter().filter(|situation| is_held_out(&situation.name));
    Ok(kept.flat_map(of_situation).collect())
}

fn figures(mails: &[Labelled]) -> Figures {
    Figures::of(&grade(&Classifier::embedded(), mails), Texts::Hidden)
}

#[test]
fn held_out_situations_are_understood_as_well_as_ever() -> Result<()> {
    let figures = figures(&held_out()?);
    let missed: Vec<String> = FLOORS
        .into_iter()
        .filter_map(|floor| floor.missed(&figures))
        .map(|missed| missed.to_string())
        .collect();
    ensure!(missed.is_empty(), "{}", missed.join("; "));
    ensure!(figures.harms.total <= HARMS_AT_MOST, "{} mails are acted on wrongly", figures.harms.total);
    Ok(())
}

#[test]
fn threads_signatures_and_disclaimers_change_next_to_nothing() -> Result<()> {
    let mails = held_out()?;
    let (plain, noisy) = (figures(&mails), figures(&with_noise(&mails)));
    let cost = plain.macro_f1.context("no mails")? - noisy.macro_f1.context("no mails")?;
    ensure!(cost <= NOISE_COSTS_AT_MOST, "noise costs {cost:.4} of macro F1");
    ensure!(
        noisy.harms.total <= HARMS_AT_MOST,
        "{} mails are acted on wrongly among noise",
        noisy.harms.total
    );
    Ok(())
}

#[test]
fn no_language_is_left_behind() -> Result<()> {
    let figures = figures(&held_out()?);
    ensure!(figures.languages.len() == 7, "{} languages", figures.languages.len());
    for language in &figures.languages {
        let of_english = language.of_english.context("English is not among them")?;
        ensure!(of_english >= OF_ENGLISH_AT_LEAST, "{} is at {of_english:.3} of English", language.name);
    }
    Ok(())
}
