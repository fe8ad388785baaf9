//! The figures as pictures. They hold no text of any mail.

mod confusion;
mod curves;
mod reliability;

use charts::{Svg, Title};

use super::Figures;

/// So many letters of what was graded fit under a title.
const LONGEST: usize = 40;

/// A drawing with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What its file is called, without `.svg`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The drawing.
    pub svg: String,
}

/// All pictures of a set of mails. `of_what` stands in their titles, `ending` behind their names.
pub(super) fn of(figures: &Figures, of_what: &str, ending: &str) -> Vec<Picture> {
    let of_what: String = of_what.chars().take(LONGEST).collect();
    let picture = |name: &str, title: &str, draw: &dyn Fn(Title<'_>) -> Svg| {
        let below = format!("{}, {of_what}", figures.counted());
        let svg = draw(Title { title, below: &below }).to_string();
        Picture { name: format!("{name}{ending}"), title: format!("{title}: {below}"), svg }
    };
    vec![
        picture("confusion", "What was taken for what", &|title| confusion::draw(title, &figures.confusion)),
        picture("precision-recall", "Refunds and cancellations", &|title| {
            curves::draw(title, &figures.acting)
        }),
        picture("reliability", "What being sure is worth", &|title| {
            reliability::draw(title, &figures.calibration)
        }),
    ]
}
