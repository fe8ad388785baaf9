//! What holds for every text whatever.

use std::time::Duration;

use domain::intent::{Part, Span};
use domain::{Intent, Understanding};
use intent::{Classifier, Text};
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

fn spans(read: &Understanding) -> impl Iterator<Item = &Span> {
    let intents = std::iter::once(&read.intent).chain(&read.also);
    let of_intents = intents.flat_map(|intent: &Intent| &intent.evidence);
    let of_amounts = read.slots.amount.iter().map(|amount| &amount.evidence);
    of_intents.chain(of_amounts).chain(&read.slots.unclear_amount)
}

fn stands_in(text: Text<'_>, span: &Span) -> bool {
    let part = match span.part {
        Part::Subject => text.subject,
        Part::Written => text.written,
        Part::Quoted => text.cut,
    };
    part.get(span.start..).is_some_and(|rest| rest.starts_with(&span.text))
}

/// Words that meet many rules, and characters that break naive offsets.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "please ",
        "refund ",
        "my ",
        "cancel ",
        "subscription ",
        "not ",
        "49,00 € ",
        "$20 ",
        "1.234,50",
        " kündigen",
        "ch_3Abc1234 ",
        "ABCD1234-0001 ",
        "\n",
        "\n\n",
        ". ",
        "? ",
        ", ",
        "İ",
        "ß",
        "e\u{301}",
        "\u{202f}",
        "返金 ",
        "ﬁ",
        "l'",
        "d’",
        "half ",
        "of the ",
        "ending in 4242 ",
        "if ",
        "and ",
        "our customer ",
        "\u{200b}",
        "🙂",
        "ŉ",
        "Ⅷ",
    ];
    prop_oneof![4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_text_is_read_and_every_span_stands_where_it_says(
        subject in text(), written in text(), cut in text()
    ) {
        let text = Text { subject: &subject, written: &written, cut: &cut };
        let read = Classifier::embedded().classify(text);
        for span in spans(&read) {
            prop_assert!(stands_in(text, span), "{:?}", span);
        }
    }

    #[test]
    fn the_same_text_is_always_read_the_same_way(written in text()) {
        let text = Text { subject: "", written: &written, cut: "" };
        prop_assert_eq!(Classifier::embedded().classify(text), Classifier::embedded().classify(text));
    }
}

fn fastest_of_three(written: &str) -> Duration {
    let read = || {
        let start = processor_time();
        Classifier::embedded().classify(Text { subject: "", written, cut: "" });
        processor_time().saturating_sub(start)
    };
    (0..3).map(|_| read()).min().unwrap_or_default()
}

/// The time that this thread had a processor for: what else the machine does is not in it.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Ten times the text may cost thirty times as much on a busy machine; a cost that grew with the square would be a hundred times.
/// An optimised build reads 200 kB in fifty milliseconds.
#[test]
fn a_huge_text_costs_no_more_than_its_length() {
    let unbroken = "please refund cancel not subscription if and our customer ".repeat(3500);
    let digits = "1,234.50 € 1 234 567 ".repeat(10_000);
    let lines = "Please cancel my subscription and refund the 49 € I paid, thanks.\n".repeat(3000);
    let letters = "a".repeat(200_000);
    let marks = "((((,,,,----''''".repeat(12_500);
    for written in [unbroken, digits, lines, letters, marks] {
        let tenth = written.get(..written.floor_char_boundary(written.len() / 10)).unwrap_or_default();
        let (short, long) = (fastest_of_three(tenth), fastest_of_three(&written));
        assert!(
            long < short * 30 + Duration::from_millis(1),
            "{long:?} after {short:?} for {}",
            &written[..20]
        );
        assert!(
            cfg!(debug_assertions) || long < Duration::from_millis(50),
            "{long:?} for {}",
            &written[..20]
        );
    }
}
