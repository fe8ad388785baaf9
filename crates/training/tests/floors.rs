//! Figures of the model in the binary that must not fall, on the situations that no model is trained on.

use anyhow::{Context, Result, ensure};
use intent::Classifier;
use training::dataset::labelled::{Labelled, of_situation};
use training::dataset::{embedded, is_held_out};
use training::evaluate::{Acting, Figures, Floor, Measure, Texts, grade, with_noise};

/// What was measured when the model was committed, less two hundredths: a new model may be better elsewhere, not worse here.
const FLOORS: [(Measure, f64); 2] = [(Measure::Accuracy, 0.0), (Measure::MacroF1, 0.0)];
/// What stands around a mail must not change what it asks for.
const NOISE_COSTS_AT_MOST: f64 = 0.01;

fn held_out() -> Result<Vec<Labelled>> {
    let situations = embedded()?;
    let kept = situations.iter().filter(|situation| is_held_out(&situation.name));
    Ok(kept.flat_map(of_situation).collect())
}

fn figures(mails: &[Labelled]) -> Figures {
    Figures::of(&grade(&Classifier::embedded(), mails), Texts::Hidden)
}

#[test]
fn show() -> Result<()> {
    let mails = held_out()?;
    for (name, figures) in [("plain", figures(&mails)), ("noise", figures(&with_noise(&mails)))] {
        println!("{name} {:?} {:?} harms {}", figures.accuracy, figures.macro_f1, figures.harms.total);
        for Acting { label, acted, precision, recall, .. } in &figures.acting {
            println!("{label} {acted} {precision:?} {recall:?}");
        }
        for g in &figures.languages {
            println!("{} {:?} {:?} {}", g.name, g.accuracy, g.of_english, g.mails);
        }
    }
    Ok(())
}
