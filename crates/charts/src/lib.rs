//! Plain charts as SVG, drawn by hand, and pages of HTML around them: what the reports of postill are made of.
//!
//! Pure: numbers and words in, text out. All words are escaped, and a page takes drawings only as [`Svg`], which nothing but a
//! [`Drawing`] makes. Nothing here runs a script or asks another host. Drawings carry their own ink for light and dark, and every
//! line is told from the others by its dashes too.
#![warn(missing_docs)]

mod bars;
mod lines;
mod page;
mod percentiles;
mod plot;
mod stacked;

mod drawing;
mod legend;
mod number;
mod plane;
mod scale;

#[cfg(test)]
mod tests;

pub use bars::{Bar, BarChart};
pub use drawing::{Anchor, Drawing, INKS, Svg, Title};
pub use lines::{Line, LineChart};
pub use number::{Unit, float, grouped};
pub use page::{Cell, Page, Part, Table};
pub use percentiles::PercentileChart;
pub use plane::Plane;
pub use plot::Axis;
pub use scale::{Scale, Spacing};
pub use stacked::{Row, StackedBars};
