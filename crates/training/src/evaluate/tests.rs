//! A table made by hand, with the figures worked out on paper.

use domain::intent::{AmountAsked, CurrencyAsked, Part, Span};
use domain::{Confidence, Currency, Intent, Language, Money, Slots, Timestamp};

use super::*;
use crate::dataset::labelled;

const ACT: Disposition = Disposition::Act;
const PERSON: Disposition = Disposition::Person;
const NOTHING: Disposition = Disposition::Nothing;

/// Asked for, taken for, how sure in thousandths, what is done.
const TABLE: [(&str, &str, u16, Disposition); 8] = [
    ("refund", "refund", 900, ACT),
    ("refund", "refund", 800, ACT),
    ("refund", "payment_status", 600, ACT),
    ("none", "refund", 800, ACT),
    ("cancel_subscription", "cancel_subscription", 900, PERSON),
    ("none", "none", 900, NOTHING),
    ("payment_status", "payment_status", 700, ACT),
    ("none", "none", 900, NOTHING),
];

fn mail(number: usize, label: &str) -> Labelled {
    let line = format!(
        "{{\"id\": \"m{number}\", \"subject\": \"<b>\", \"body\": \"secret |\\u001b *words*\", \"label\": \"{label}\"}}"
    );
    labelled::read(line.as_bytes()).0.remove(0)
}

fn read(label: &str, permille: u16, disposition: Disposition) -> Understanding {
    Understanding {
        intent: Intent {
            label: label.parse().unwrap(),
            confidence: Confidence::from_permille(permille),
            evidence: Vec::new(),
        },
        also: Vec::new(),
        disposition,
        abstention: None,
        slots: Slots::default(),
        language: Language::En,
    }
}

fn mails() -> Vec<Labelled> {
    TABLE.iter().enumerate().map(|(number, (asked, ..))| mail(number, asked)).collect()
}

fn graded(mails: &[Labelled]) -> Vec<Graded<'_>> {
    let rows = mails.iter().zip(TABLE);
    rows.map(|(mail, (_, taken, sure, done))| Graded { mail, read: read(taken, sure, done) }).collect()
}

fn figures() -> Figures {
    Figures::of(&graded(&mails()), Texts::Hidden)
}

fn report(texts: Texts) -> Report {
    let figures = Figures::of(&graded(&mails()), texts);
    Report::new("hand-1", Timestamp::UNIX_EPOCH, "a <table>".to_owned(), figures, Vec::new())
}

#[track_caller]
fn close(measured: Option<f64>, expected: f64) {
    let measured = measured.unwrap();
    assert!((measured - expected).abs() < 1e-9, "{measured} is not {expected}");
}

fn label<'a>(figures: &'a Figures, name: &str) -> &'a OfLabel {
    figures.labels.iter().find(|each| each.label.as_str() == name).unwrap()
}

#[test]
fn labels_have_the_precision_recall_and_f1_of_the_paper() {
    let figures = figures();
    close(figures.accuracy, 6.0 / 8.0);
    for (name, precision, recall, f1) in [
        ("refund", 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0),
        ("cancel_subscription", 1.0, 1.0, 1.0),
        ("payment_status", 0.5, 1.0, 2.0 / 3.0),
        ("none", 1.0, 2.0 / 3.0, 0.8),
    ] {
        let of = label(&figures, name);
        close(of.precision, precision);
        close(of.recall, recall);
        close(Some(of.f1), f1);
    }
    assert_eq!(label(&figures, "portal_link").precision, None);
    close(figures.macro_f1, (2.0 / 3.0 + 1.0 + 2.0 / 3.0 + 0.8) / 4.0);
}

#[test]
fn the_confusion_matrix_has_a_row_for_what_is_asked() {
    let Confusion { labels, counts } = figures().confusion;
    let place = |name: &str| labels.iter().position(|label| label.as_str() == name).unwrap();
    assert_eq!(counts[place("refund")][place("payment_status")], 1);
    assert_eq!(counts[place("payment_status")][place("refund")], 0);
    assert_eq!(counts.iter().flatten().sum::<u32>(), 8);
}

#[test]
fn acting_counts_what_is_acted_on_and_the_curve_everything() {
    let figures = figures();
    let [refund, cancel, both] = figures.acting.as_slice() else { panic!("{:?}", figures.acting) };
    assert_eq!((refund.asked, refund.acted, refund.right), (3, 3, 2));
    close(refund.precision, 2.0 / 3.0);
    close(refund.recall, 2.0 / 3.0);
    let steps: Vec<(f64, f64)> = refund.curve.iter().map(|point| (point.recall, point.precision)).collect();
    assert_eq!(steps, [(1.0 / 3.0, 1.0), (2.0 / 3.0, 2.0 / 3.0)]);
    close(refund.at_recall[0].reached.map(|point| point.precision), 2.0 / 3.0);
    assert_eq!(refund.at_recall[1].reached, None);
    close(refund.at_precision.last().map(|at| at.recall), 1.0 / 3.0);
    // A cancellation that goes to a person is found, and not acted on.
    assert_eq!((cancel.acted, cancel.precision, cancel.recall), (0, None, Some(0.0)));
    assert_eq!(cancel.curve, [Point { recall: 1.0, precision: 1.0, confidence: None }]);
    assert_eq!((both.asked, both.acted), (4, 3));
}

#[test]
fn being_sure_is_measured_as_on_the_paper() {
    let figures = figures();
    close(figures.calibration.ece, 1.9 / 8.0);
    close(figures.calibration.brier, 1.17 / 8.0);
    let bins: Vec<u32> = figures.calibration.bins.iter().map(|bin| bin.mails).collect();
    assert_eq!(bins, [1, 1, 2, 4]);
    let accuracy: Vec<f64> = figures.coverage.iter().filter_map(|each| each.accuracy).collect();
    assert_eq!(accuracy, [1.0, 5.0 / 6.0, 5.0 / 7.0]);
    assert_eq!(figures.coverage[0].actions, 2);
}

#[test]
fn acting_without_being_asked_harms_and_a_forbidden_action_too() {
    let harms = figures().harms;
    assert_eq!((harms.total, harms.refund, harms.cancel_subscription), (1, 1, 0));
    assert_eq!(harms.mails[0].id, "m3");

    let also = Labelled { also: vec!["refund".parse().unwrap()], ..mail(1, "invoice_lookup") };
    let forbidden = Labelled { must_not: vec!["refund".parse().unwrap()], ..also.clone() };
    let harm = |mail: &Labelled, done| {
        Figures::of(&[Graded { mail, read: read("refund", 900, done) }], Texts::Hidden).harms.total
    };
    assert_eq!(harm(&also, ACT), 0, "the mail asks for it, too");
    assert_eq!(harm(&forbidden, ACT), 1);
    assert_eq!(harm(&forbidden, PERSON), 0, "a person decides");
}

#[test]
fn amounts_are_exact_in_their_currency_and_a_bare_dollar_is_the_united_states() {
    let asked = Labelled { amount: Some(Money::new(4900, Currency::USD)), ..mail(1, "refund") };
    let right = |currency, digits| {
        let evidence = Span { part: Part::Written, start: 0, text: String::new() };
        let amount = AmountAsked { digits, decimals: 2, perhaps_thousands: false, currency, evidence };
        let mut read = read("refund", 900, ACT);
        read.slots.amount = Some(amount);
        let of = Figures::of(&[Graded { mail: &asked, read }], Texts::Hidden).particulars;
        assert_eq!((of.amounts, of.amounts_read), (1, u32::from(currency != CurrencyAsked::Unsaid)));
        (of.amounts_right, of.mails_right) == (1, 1)
    };
    assert!(right(CurrencyAsked::Dollar, 4900) && right(CurrencyAsked::Known(Currency::USD), 4900));
    assert!(!right(CurrencyAsked::Known(Currency::EUR), 4900) && !right(CurrencyAsked::Dollar, 490));
    assert!(!right(CurrencyAsked::Unsaid, 4900));
}

#[test]
fn languages_are_compared_with_english_and_families_begin_with_the_weakest() {
    let mut mails = mails();
    for (number, mail) in mails.iter_mut().enumerate() {
        mail.language = if number < 4 { "en" } else { "de" }.to_owned();
        mail.family = if number == 3 { "thanks" } else { "others" }.to_owned();
    }
    let figures = Figures::of(&graded(&mails), Texts::Hidden);
    let german = figures.languages.iter().find(|group| group.name == "de").unwrap();
    close(german.accuracy, 1.0);
    close(german.of_english, 2.0);
    assert_eq!((figures.families[0].name.as_str(), figures.families[0].harms), ("thanks", 1));
}

#[test]
fn no_mail_at_all_has_no_figures_and_no_panic() {
    let figures = Figures::of(&[], Texts::Shown);
    assert_eq!((figures.mails, figures.accuracy, figures.macro_f1), (0, None, None));
    assert_eq!(figures.calibration.ece, None);
    let report = Report::new("hand-1", Timestamp::UNIX_EPOCH, String::new(), figures, Vec::new());
    assert!(report.markdown(None).contains("harmful actions") && report.pictures().len() == 3);
}

#[test]
fn texts_stand_in_a_report_only_when_they_may() {
    let everything = |texts| {
        let report = report(texts);
        let json = serde_json::to_string(&report).unwrap();
        let pictures: String = report.pictures().into_iter().map(|picture| picture.svg).collect();
        [json, report.markdown(Some("pictures")), pictures].concat()
    };
    assert!(!everything(Texts::Hidden).contains("secret"));
    assert!(everything(Texts::Shown).contains("secret"));
}

#[test]
fn the_names_in_the_json_stay() {
    let json = serde_json::to_value(report(Texts::Hidden)).unwrap();
    let names =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&json), "at classifier figures format latency source with_noise");
    let figures = &json["figures"];
    assert_eq!(
        names(figures),
        "accuracy accuracy_with_also acting calibration confusion coverage dispositions families harms labels languages \
         macro_f1 mails particulars worst"
    );
    assert_eq!(
        names(&figures["acting"][0]),
        "acted asked at_precision at_recall curve label precision recall right"
    );
    assert_eq!(names(&figures["harms"]), "cancel_subscription mails refund total");
    assert_eq!(names(&figures["worst"][0]), "asked confidence disposition family id language taken_for");
}

#[test]
fn what_people_wrote_is_no_markup() {
    let page = report(Texts::Shown).markdown(None);
    assert!(page.contains("&lt;b&gt; secret \\| \\*words\\*") && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("(a &lt;table&gt;)"), "{page}");
    assert!(report(Texts::Shown).pictures().iter().all(|picture| picture.svg.contains("a &lt;table&gt;")));
}

#[test]
fn the_page_shows_the_pictures_in_their_folder() {
    let page = report(Texts::Hidden).markdown(Some("pictures"));
    for name in ["confusion", "precision-recall", "reliability"] {
        assert!(page.contains(&format!("(<pictures/{name}.svg>)")), "{page}");
    }
    assert!(!report(Texts::Hidden).markdown(None).contains(".svg"));
}

#[test]
fn a_floor_is_a_name_and_a_share() {
    let missed =
        |floor: &str| floor.parse::<Floor>().unwrap().missed(&figures()).map(|missed| missed.to_string());
    assert_eq!(missed("accuracy=0.75"), None);
    assert_eq!(missed("macro_f1=0.8").as_deref(), Some("macro_f1 is 0.7833, below 0.8"));
    assert_eq!(
        missed("cancel_precision=0.1").as_deref(),
        Some("cancel_precision cannot be told from these mails")
    );
    for wrong in ["macro_f1", "f1=0.5", "accuracy=2", "accuracy=NaN", "accuracy="] {
        assert_eq!(wrong.parse::<Floor>(), Err(FloorError), "{wrong}");
    }
}
