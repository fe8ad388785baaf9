//! Mails by people who saw neither the situations nor the code; `unseen/README.md` tells how they came about. They only ever measure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use domain::Label;
use intent::Classifier;
use training::dataset::labelled::{Labelled, of_situation};
use training::dataset::{Situation, embedded, parse};
use training::evaluate::{Figures, Floor, Measure, Texts, grade};

/// What was measured when the model was committed, less three hundredths: 150 mails measure no finer.
const FLOOR: Floor = Floor { measure: Measure::MacroF1, least: 0.7 };
/// Mails that are acted on wrongly, as measured when the model was committed.
const HARMS_AT_MOST: u32 = 2;
/// Two readers who agree less than this (Cohen's kappa) do not know what the labels mean.
const AGREEMENT_AT_LEAST: f64 = 0.9;

fn read(file: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("unseen").join(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// As the first reader labelled them.
fn situations() -> Result<Vec<Situation>> {
    Ok(parse("mails.txt", &read("mails.txt")?)?)
}

/// As the second reader labelled them.
fn labelled_again(situations: &[Situation]) -> Result<Vec<Situation>> {
    let text = read("second.txt")?;
    let labels: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(" | ")).collect();
    let again = situations.iter().map(|situation| {
        let label = labels.get(situation.name.as_str()).with_context(|| situation.name.clone())?;
        Ok(Situation { label: label.trim().parse()?, ..situation.clone() })
    });
    again.collect()
}

fn figures(situations: &[Situation]) -> Figures {
    let mails: Vec<Labelled> = situations.iter().flat_map(of_situation).collect();
    Figures::of(&grade(&Classifier::embedded(), &mails), Texts::Hidden)
}

#[test]
fn mails_of_strangers_are_understood_as_well_as_ever_by_either_labelling() -> Result<()> {
    let first = situations()?;
    let second = labelled_again(&first)?;
    for (reader, situations) in [("first", first), ("second", second)] {
        let figures = figures(&situations);
        println!("{reader} labelling: macro F1 {:?}, {:?}", figures.macro_f1, figures.dispositions);
        for acting in &figures.acting {
            println!(
                "  {}: asked {}, acted on {}, rightly {}",
                acting.label, acting.asked, acting.acted, acting.right
            );
        }
        ensure!(figures.mails == 150, "{} mails", figures.mails);
        let missed = FLOOR.missed(&figures);
        ensure!(
            missed.is_none(),
            "{reader} labelling: {}",
            missed.map_or_else(String::new, |missed| missed.to_string())
        );
        let harms = figures.harms.total;
        ensure!(harms <= HARMS_AT_MOST, "{reader} labelling: {harms} mails are acted on wrongly");
    }
    Ok(())
}

#[test]
fn two_readers_agree_on_what_strangers_ask_for() -> Result<()> {
    let first: Vec<Label> = situations()?.iter().map(|situation| situation.label).collect();
    let second: Vec<Label> =
        labelled_again(&situations()?)?.iter().map(|situation| situation.label).collect();
    let kappa = kappa(&first, &second);
    ensure!(kappa >= AGREEMENT_AT_LEAST, "kappa is {kappa:.3}");
    Ok(())
}

/// Agreement beyond what chance gives.
fn kappa(first: &[Label], second: &[Label]) -> f64 {
    let number = |items: usize| f64::from(u32::try_from(items).unwrap_or(u32::MAX));
    let all = number(first.len());
    let agreed = number(first.iter().zip(second).filter(|(one, other)| one == other).count()) / all;
    let share = |labels: &[Label], label| number(labels.iter().filter(|each| **each == label).count()) / all;
    let by_chance: f64 = Label::all().map(|label| share(first, label) * share(second, label)).sum();
    (agreed - by_chance) / (1.0 - by_chance)
}

#[test]
fn no_mail_of_strangers_is_among_those_a_model_is_trained_on() -> Result<()> {
    let texts: BTreeSet<String> =
        situations()?.into_iter().flat_map(|situation| situation.mails).map(|mail| mail.text).collect();
    for situation in embedded()? {
        ensure!(!situation.name.starts_with("unseen."), "{}", situation.name);
        let known = situation.mails.iter().find(|mail| texts.contains(&mail.text));
        ensure!(known.is_none(), "{} holds a mail of strangers", situation.name);
    }
    Ok(())
}

/// Reading the sources is the only way to see that something is *not* opened, whatever is run.
#[test]
fn nothing_that_trains_names_the_folder_of_strangers() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![root.join("build.rs")];
    for folder in ["src", "../intent/src", "../app/src"] {
        add_sources(&root.join(folder), &mut sources)?;
    }
    ensure!(sources.len() > 50, "{} sources", sources.len());
    for source in sources {
        let text = fs::read_to_string(&source)?;
        ensure!(!text.contains("unseen/") && !text.contains("\"unseen\""), "{}", source.display());
    }
    Ok(())
}

fn add_sources(folder: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add_sources(&path, sources)?;
        } else {
            sources.push(path);
        }
    }
    Ok(())
}
