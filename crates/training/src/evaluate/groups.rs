//! The figures of parts of the mails: by language and by family.

use std::collections::BTreeMap;

use serde::Serialize;

use super::harms::is_harm;
use super::labels::{Confusion, OfLabel};
use super::{Graded, count, share};

/// How the group without a name is called.
const UNSAID: &str = "unsaid";
const ENGLISH: &str = "en";

/// The mails of one language or family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its name; `unsaid` where the mails have none.
    pub name: String,
    /// How many mails.
    pub mails: u32,
    /// The share whose label is right.
    pub accuracy: Option<f64>,
    /// The mean F1 of the labels that occur in it.
    pub macro_f1: Option<f64>,
    /// How many would be acted on.
    pub acted: u32,
    /// How many of these wrongly, so that it harms.
    pub harms: u32,
    /// Its accuracy as a share of English mails'; for languages only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_english: Option<f64>,
}

/// The language with the most mails first.
pub(super) fn languages(graded: &[Graded<'_>]) -> Vec<Group> {
    let mut groups = groups(graded, |each| each.mail.language.as_str());
    let english = groups.iter().find(|group| group.name == ENGLISH).and_then(|group| group.accuracy);
    for group in &mut groups {
        let both = group.accuracy.zip(english.filter(|accuracy| *accuracy > 0.0));
        group.of_english = both.map(|(accuracy, english)| accuracy / english);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.mails));
    groups
}

/// The family with the most harm first, then the one that is least right.
pub(super) fn families(graded: &[Graded<'_>]) -> Vec<Group> {
    let mut groups = groups(graded, |each| each.mail.family.as_str());
    groups.sort_by(|one, other| {
        let accuracy = |group: &Group| group.accuracy.unwrap_or(1.0);
        other
            .harms
            .cmp(&one.harms)
            .then(accuracy(one).total_cmp(&accuracy(other)))
            .then(other.mails.cmp(&one.mails))
    });
    groups
}

/// In the order of their names. Nothing where no mail has one.
fn groups<'a>(graded: &[Graded<'a>], name: impl Fn(&Graded<'a>) -> &'a str) -> Vec<Group> {
    let mut members: BTreeMap<&str, Vec<Graded<'_>>> = BTreeMap::new();
    for each in graded {
        members.entry(name(each)).or_default().push(each.clone());
    }
    if members.keys().all(|name| name.is_empty()) {
        return Vec::new();
    }
    members.into_iter().map(|(name, members)| group(name, &members)).collect()
}

fn group(name: &str, members: &[Graded<'_>]) -> Group {
    let mails = count(members.iter());
    Group {
        name: if name.is_empty() { UNSAID } else { name }.to_owned(),
        mails,
        accuracy: share(count(members.iter().filter(|each| each.is_right())), mails),
        macro_f1: OfLabel::macro_f1(&Confusion::of(members).labels()),
        acted: count(members.iter().filter(|each| each.acts())),
        harms: count(members.iter().filter(|each| is_harm(each))),
        of_english: None,
    }
}
