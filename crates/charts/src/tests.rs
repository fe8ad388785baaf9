//! What is drawn, looked up in the drawing again.

use crate::*;

const TITLE: Title<'_> = Title { title: "Rates", below: "" };
const OVER_TIME: Axis<'_> = Axis { name: "time", unit: Unit::Seconds, spacing: Spacing::Even };
const RATE: Axis<'_> = Axis { name: "mails a second", unit: Unit::Number, spacing: Spacing::Even };

fn lines(lines: &[Line<'_>]) -> String {
    LineChart { title: TITLE, across: OVER_TIME, upwards: RATE, lines }.draw().to_string()
}

/// The points of the first curve, as they stand in the drawing.
fn curve(svg: &str) -> Vec<[f64; 2]> {
    let points = svg.split("<polyline points=\"").nth(1).unwrap().split('"').next().unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    points
        .split(' ')
        .map(|point| point.split_once(',').unwrap())
        .map(|(x, y)| [number(x), number(y)])
        .collect()
}

/// Where a tick is written, as `[x, y]`.
fn written(svg: &str, said: &str) -> [f64; 2] {
    let line = svg.lines().find(|line| line.ends_with(&format!(">{said}</text>"))).unwrap();
    let attribute = |name: &str| {
        line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
    };
    [attribute("x"), attribute("y")]
}

#[track_caller]
fn check(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.2, "{found}, not {expected}");
}

#[test]
fn a_point_lies_where_its_numbers_are_written() {
    let svg = lines(&[Line { name: "asked", points: &[[0.0, 0.0], [30.0, 50.0], [60.0, 100.0]] }]);
    let [first, middle, last] = curve(&svg)[..] else { panic!("three points are drawn") };
    check(first[0], written(&svg, "0 s")[0]);
    check(middle[0], written(&svg, "30 s")[0]);
    check(last[0], written(&svg, "60 s")[0]);
    // A number stands 4 pixels under its line of the grid.
    check(last[1], written(&svg, "100")[1] - 4.0);
    check(middle[1], f64::midpoint(first[1], last[1]));
}

#[test]
fn tenfolds_are_equally_far_apart() {
    let upwards = Axis { name: "latency", unit: Unit::Milliseconds, spacing: Spacing::Tenfold };
    let line = Line { name: "p99", points: &[[0.0, 1.0], [1.0, 10.0], [2.0, 1_000.0]] };
    let svg = LineChart { title: TITLE, across: OVER_TIME, upwards, lines: &[line] }.draw().to_string();
    let [first, second, third] = curve(&svg)[..] else { panic!("three points are drawn") };
    assert!(((first[1] - second[1]) * 2.0 - (second[1] - third[1])).abs() < 0.3);
    written(&svg, "1 s");
}

#[test]
fn a_long_run_keeps_its_outermost_points_and_stays_small() {
    let mut points: Vec<[f64; 2]> = (0..100_000).map(|second| [f64::from(second), 10.0]).collect();
    points[54_321][1] = 500.0;
    let svg = lines(&[Line { name: "p99", points: &points }]);
    let drawn = curve(&svg);
    assert!(drawn.len() < 4_000 && svg.len() < 100_000, "{} points", drawn.len());
    let top = drawn.iter().map(|[_, y]| *y).fold(f64::INFINITY, f64::min);
    assert!((top - (written(&svg, "500")[1] - 4.0)).abs() < 0.2);
    assert!(drawn.is_sorted_by(|one, next| one[0] <= next[0]));
}

#[test]
fn what_is_no_number_is_left_out_and_nothing_at_all_is_said() {
    let points = [[0.0, 1.0], [1.0, f64::NAN], [f64::INFINITY, 2.0], [2.0, 3.0]];
    assert_eq!(curve(&lines(&[Line { name: "p50", points: &points }])).len(), 2);
    let empty = lines(&[Line { name: "p50", points: &[[f64::NAN, f64::NAN]] }]);
    assert!(empty.contains("nothing was measured") && !empty.contains("NaN"));
}

#[test]
fn each_further_nine_is_as_far_away_as_the_one_before() {
    let points = [[0.0, 1.0], [90.0, 2.0], [99.0, 3.0], [99.9, 4.0], [100.0, 9.0]];
    let curves = [Line { name: "all", points: &points }];
    let svg = PercentileChart { title: TITLE, upwards: RATE, curves: &curves }.draw().to_string();
    let drawn = curve(&svg);
    let steps: Vec<f64> = drawn.windows(2).map(|pair| pair[1][0] - pair[0][0]).collect();
    assert!((steps[0] - steps[1]).abs() < 0.2 && (steps[1] - steps[2]).abs() < 0.2, "{steps:?}");
    assert!(steps[3] > 0.0 && steps[3] < steps[2]);
    check(drawn[2][0], written(&svg, "99 %")[0]);
    assert!(!svg.contains("99.99 %"), "no tick where nothing was measured");
}

/// The widths of all rectangles of an ink.
fn widths(svg: &str, class: &str) -> Vec<f64> {
    let of_class =
        svg.lines().filter(|line| line.starts_with("<rect") && line.contains(&format!("\"{class}\"")));
    of_class
        .map(|line| line.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn bars_are_as_long_as_their_numbers() {
    let bars = [
        Bar { name: "answered", value: 400.0 },
        Bar { name: "handoff", value: 100.0 },
        Bar { name: "failed", value: 0.0 },
    ];
    let svg = BarChart { title: TITLE, unit: Unit::Number, bars: &bars }.draw().to_string();
    let [most, less, none] = widths(&svg, "fill0")[..] else { panic!("three bars are drawn") };
    assert!((most - 4.0 * less).abs() < 0.5 && none == 0.0, "{most} {less} {none}");
    written(&svg, "400");
}

#[test]
fn parts_of_a_bar_stand_beside_each_other() {
    let rows =
        [Row { name: "2024-01", values: &[30.0, 10.0] }, Row { name: "2024-02", values: &[0.0, 20.0] }];
    let chart =
        StackedBars { title: TITLE, unit: Unit::Number, parts: &["answered", "handoff"], rows: &rows };
    let svg = chart.draw().to_string();
    let (answered, handed) = (widths(&svg, "fill0"), widths(&svg, "fill1"));
    // The first of each is the patch of the legend.
    assert!((answered[1] - 3.0 * handed[1]).abs() < 0.5 && (handed[2] - 2.0 * handed[1]).abs() < 0.5);
    assert_eq!(answered.len(), 2, "what there is none of is not drawn");
    written(&svg, "40");
}

#[test]
fn no_word_becomes_markup() {
    let hostile = "<script>alert(\"1\")</script>&'\u{1b}";
    let title = Title { title: hostile, below: hostile };
    let svg = BarChart { title, unit: Unit::Number, bars: &[Bar { name: hostile, value: 1.0 }] }.draw();
    let table = Table {
        caption: hostile.to_owned(),
        head: vec![hostile.to_owned()],
        rows: vec![vec![Cell::words(hostile), Cell::number(hostile)]],
    };
    let words = |part: fn(String) -> Part| part(hostile.to_owned());
    let parts = vec![
        words(Part::Heading),
        words(Part::Text),
        words(Part::Warning),
        Part::Table(table),
        Part::Figure(svg),
    ];
    let html = Page { title: hostile.to_owned(), below: hostile.to_owned(), parts }.html();
    assert!(!html.contains("<script") && !html.contains("alert(\"") && !html.contains('\u{1b}'));
    assert!(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39; "));
}

#[test]
fn a_page_asks_nobody_and_runs_nothing() {
    let svg = lines(&[Line { name: "asked", points: &[[0.0, 1.0], [1.0, 2.0]] }]);
    let html = Page { title: "Load".to_owned(), ..Page::default() }.html();
    for text in [svg.replace("http://www.w3.org/2000/svg", ""), html.clone()] {
        for outside in ["http:", "https:", "url(", "@import", "<script", "<link", "src="] {
            assert!(!text.contains(outside), "{outside}");
        }
    }
    assert!(html.contains("default-src 'none'") && html.contains("<meta charset=\"utf-8\">"));
}

#[test]
fn numbers_of_a_table_stand_on_the_right_under_their_name() {
    let table = Table {
        head: vec!["outcome".to_owned(), "mails".to_owned()],
        rows: vec![vec![Cell::words("answered"), Cell::number("12")]],
        ..Table::default()
    };
    let html = Page { parts: vec![Part::Table(table)], ..Page::default() }.html();
    assert!(html.contains("<th scope=\"col\" class=\"number\">mails</th>"));
    assert!(html.contains("<td>answered</td><td class=\"number\">12</td>"));
}
