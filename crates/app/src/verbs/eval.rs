//! `postill eval`: how good the classifier is, on mails whose label is known.

mod show;

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use domain::Clock;
use intent::Classifier;
use training::dataset::labelled::{self, Labelled};
use training::dataset::{self, Situation};
use training::evaluate::{self, Figures, Report, Texts, latency};

use crate::cli::Eval;
use crate::complaint::Advice;
use crate::{labelled_mails, terminal};

/// What the mails of situations are called in a report.
const HELD_OUT: &str = "held-out situations";

pub(super) fn run(arguments: &Eval, classifier: &Classifier, clock: &dyn Clock) -> anyhow::Result<ExitCode> {
    let (source, mails) = mails(arguments)?;
    let texts = if arguments.show_texts { Texts::Shown } else { Texts::Hidden };
    let figures = Figures::of(&evaluate::grade(classifier, &mails), texts);
    let latency = latency::measure(classifier, &mails);
    let report = Report::new(classifier.version(), clock.now(), source, figures, latency);
    let noisy = arguments.noise.then(|| {
        let mails = evaluate::with_noise(&mails);
        Figures::of(&evaluate::grade(classifier, &mails), texts)
    });
    let report = Report { with_noise: noisy, ..report };
    write(arguments, &report)?;
    show::print(&report)?;
    judge(arguments, &report)
}

/// Where the mails come from, and the mails.
fn mails(arguments: &Eval) -> anyhow::Result<(String, Vec<Labelled>)> {
    if let Some(file) = &arguments.gold {
        return Ok((name_of(file), labelled_mails::own(file)?));
    }
    let situations = labelled_mails::situations(arguments.data.as_deref())?;
    Ok((HELD_OUT.to_owned(), held_out(&situations)?))
}

/// Without its folders, which may be a person's name.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn held_out(situations: &[Situation]) -> anyhow::Result<Vec<Labelled>> {
    let held_out = situations.iter().filter(|situation| dataset::is_held_out(&situation.name));
    let mails: Vec<Labelled> = held_out.flat_map(labelled::of_situation).collect();
    if mails.is_empty() {
        return Err(Advice::data(
            format!("none of the {} situations is held out from training", situations.len()),
            "one in five is, by its name: add more",
        ));
    }
    Ok(mails)
}

fn write(arguments: &Eval, report: &Report) -> anyhow::Result<()> {
    if let Some(file) = &arguments.json {
        terminal::write_file(file, &format!("{}\n", serde_json::to_string_pretty(report)?))?;
    }
    if let Some(folder) = &arguments.svg {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        for picture in report.pictures() {
            terminal::write_file(&folder.join(format!("{}.svg", picture.name)), &picture.svg)?;
        }
    }
    if let Some(page) = &arguments.markdown {
        let pictures = arguments.svg.as_deref().map(|folder| way_from(page, folder)).transpose()?;
        terminal::write_file(page, &report.markdown(pictures.as_deref()))?;
    }
    Ok(())
}

/// The folder, which is there, as seen from the page.
fn way_from(page: &Path, folder: &Path) -> anyhow::Result<String> {
    let parent = page.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let whole = |path: &Path| path.canonicalize().with_context(|| format!("finding {}", path.display()));
    Ok(way_between(&whole(parent)?, &whole(folder)?))
}

/// The way from one folder to another, both whole.
fn way_between(here: &Path, there: &Path) -> String {
    let here: Vec<Component<'_>> = here.components().collect();
    let there: Vec<Component<'_>> = there.components().collect();
    let shared = here.iter().zip(&there).take_while(|(one, other)| one == other).count();
    let up = here.iter().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(there.into_iter().skip(shared)).collect();
    way.display().to_string()
}

/// Floors hold for the mails as they are and, where it was added, with noise.
fn judge(arguments: &Eval, report: &Report) -> anyhow::Result<ExitCode> {
    let sets = [("", Some(&report.figures)), (" with noise", report.with_noise.as_ref())];
    let mut complaints = Vec::new();
    for (set, figures) in sets.into_iter().filter_map(|(set, figures)| Some((set, figures?))) {
        let missed = arguments.floors.iter().filter_map(|floor| floor.missed(figures));
        complaints.extend(missed.map(|missed| format!("{missed}{set}")));
        let harms = figures.harms.total;
        complaints.extend((arguments.no_harm && harms > 0).then(|| format!("{harms} harmful{set}")));
    }
    if complaints.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Advice::refused(
        complaints.join("; "),
        "the tables above say which mails were taken for something else",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_finds_its_pictures_from_where_it_lies() {
        let way = |here: &str, there: &str| way_between(Path::new(here), Path::new(there));
        assert_eq!(way("/work", "/work"), "");
        assert_eq!(way("/work", "/work/out/pictures"), "out/pictures");
        assert_eq!(way("/work/out", "/work/pictures"), "../pictures");
        assert_eq!(way("/work/out", "/elsewhere"), "../../elsewhere");
    }
}
