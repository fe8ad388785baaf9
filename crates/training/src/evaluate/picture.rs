//! The figures as pictures: SVG, drawn by hand, since three plain drawings are no reason for a plotting library. They carry their own
//! paper and ink for light and dark, and hold no text of any mail.

mod confusion;
mod curves;
mod drawing;
mod reliability;

use super::Figures;

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
    let picture = |name: &str, title: &str, draw: &dyn Fn(&str) -> String| {
        let title = format!("{title}: {} mails, {of_what}", figures.mails);
        Picture { name: format!("{name}{ending}"), svg: draw(&title), title }
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
