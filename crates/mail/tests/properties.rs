//! What holds for every input, found out by an independent and naive reader where there is one.

use mail::{AuthenticationResults, sender_of};
use proptest::prelude::*;

/// The names of the fields that a reader finds who knows nothing but lines and colons.
fn naive_names(message: &str) -> Vec<String> {
    let message = message.trim_start_matches('\u{feff}');
    let message = if message.contains('\n') { message.to_owned() } else { message.replace('\r', "\n") };
    let lines = message.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let header = lines.take_while(|line| !line.is_empty());
    let fields = header.filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split_once(':'));
    fields.map(|(name, _)| name.trim_end().to_lowercase()).collect()
}

/// What is neither in a quoted string nor in a comment.
fn outside(value: &str) -> String {
    let (mut kept, mut depth, mut is_quoted) = (String::new(), 0_usize, false);
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if is_quoted || depth > 0 => {
                chars.next();
            }
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 && !is_quoted => kept.push(c.to_ascii_lowercase()),
            _ => {}
        }
    }
    kept
}

fn header_like() -> impl Strategy<Value = String> {
    let pieces = [
        "From: marta@studio.example",
        "from: \"Marta\" <marta@studio.example>",
        "From : evil@attacker.example",
        "Fr om: evil@a.example",
        ":From: evil@a.example",
        "From",
        "From evil@a.example Tue Mar 10 09:14:07 2026",
        ">From a b",
        "Subject: x",
        "X-From: evil@a.example",
        "Date: Tue, 10 Mar 2026 10:00:00 Z",
        "From: ",
        "evil@a.example",
        "<evil@a.example>",
        ",",
        "\"",
        "(",
        ")",
        "\n",
        "\r\n",
        "\n",
        "\r\n",
        "\r",
        "\n ",
        "\r\n\t",
        " ",
        "\n\n",
        "\0",
        "\u{b}",
        "\u{feff}",
        "\u{200b}",
        "ü",
        "\u{212a}",
        "=?utf-8?q?a?=",
        "@",
        "studio.example",
        ":",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn result_like() -> impl Strategy<Value = String> {
    let pieces = [
        "mx.example",
        ";",
        "; ",
        "dmarc=pass",
        "dmarc=fail",
        "dkim = pass",
        " header.from=studio.example",
        " header.d=a.example",
        "(",
        ")",
        "\"",
        "\\",
        "=",
        " ",
        "none",
        "1",
        "/1",
        "reason=",
        "spf=pass",
        "smtp.mailfrom=\"a; dmarc=pass\"@b.example",
        "(a; dmarc=pass)",
        "ü",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..20)
        .prop_map(|pieces| pieces.concat())
}

/// Lines of a good message; the third is folded.
const LINES: [&str; 7] = [
    "Received: from a by mx.example.net; Tue, 10 Mar 2026 09:14:07 +0100",
    "Subject: Charged twice",
    "From: \"Marta Keller\"",
    "\t<marta@studio.example>",
    "Date: Tue, 10 Mar 2026 09:14:02 +0100",
    "To: billing@example.net",
    "Message-ID: <1@studio.example>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_doors_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let (sender, results) = (sender_of(&bytes), AuthenticationResults::parse(&bytes));
        prop_assert_eq!(sender, sender_of(&bytes));
        prop_assert_eq!(results, AuthenticationResults::parse(&bytes));
    }

    #[test]
    fn an_address_is_found_only_where_exactly_one_field_is_named_from(message in header_like()) {
        if sender_of(message.as_bytes()).is_ok() {
            let found = naive_names(&message).into_iter().filter(|name| name == "from").count();
            prop_assert_eq!(found, 1, "{:?}", message);
        }
    }

    #[test]
    fn a_second_from_is_never_the_sender_wherever_it_stands(
        at in 0..=LINES.len(),
        front in proptest::sample::select(vec!["", "", "", " ", "\t", ":", ">", "\0", "\r", "\u{b}", "\u{feff}", "\u{a0}", "X-Note: a\r", "X-Note: a\0"]),
        name in proptest::sample::select(vec!["From", "FROM", "from", "From ", "From\t", "Fr om", "From\r\n ", "\u{200b}From", "Sender", "Reply-To"]),
        value in proptest::sample::select(vec!["evil@attacker.example", "<evil@attacker.example>", "\r\n evil@attacker.example", "\"x\" <evil@attacker.example>"]),
        line_end in proptest::sample::select(vec!["\r\n", "\n"]),
    ) {
        let mut lines: Vec<String> = LINES.iter().map(|line| (*line).to_owned()).collect();
        lines.insert(at, format!("{front}{name}: {value}"));
        let message = lines.join(line_end) + line_end + line_end + "hello";
        let sender = sender_of(message.as_bytes()).map(String::from);
        prop_assert_ne!(sender.as_deref(), Ok("evil@attacker.example"), "{:?}", message);
        if front.is_empty() && name.trim().eq_ignore_ascii_case("from") {
            prop_assert!(sender.is_err(), "{:?}", message);
        }
    }

    #[test]
    fn an_address_that_was_found_reads_as_itself(
        local in "[a-zA-ZüÖé.+%!\"\\\\ -]{1,12}",
        domain in "[a-zA-Züß.-]{1,12}",
        around in proptest::sample::select(vec![("", ""), ("<", ">"), ("Marta <", "> (x)"), ("(x) ", "")]),
    ) {
        let from = format!("From: {}{local}@{domain}.example{}\r\n\r\n", around.0, around.1);
        if let Ok(address) = sender_of(from.as_bytes()) {
            let again = sender_of(format!("From: {address}\r\n\r\n").as_bytes());
            prop_assert_eq!(&again, &Ok(address.clone()));
            prop_assert_eq!(address.as_str().parse(), Ok(address));
        }
    }

    #[test]
    fn what_stands_in_comments_and_quotes_is_no_method(value in result_like()) {
        if let Ok(results) = AuthenticationResults::parse(value.as_bytes()) {
            let outside = outside(&value);
            let statements = outside.split(';').count();
            prop_assert!(results.methods.len() <= statements, "{} methods in {:?}", results.methods.len(), value);
            for found in &results.methods {
                prop_assert!(outside.contains(&found.method) && outside.contains(&found.result), "{:?} in {:?}", found, value);
            }
        }
    }

    #[test]
    fn escaped_text_in_comments_and_quotes_changes_nothing(inside in "[a-z;=() \"\\\\.]{0,30}") {
        let escaped: String = inside.chars().flat_map(|c| if c.is_ascii_lowercase() { vec![c] } else { vec!['\\', c] }).collect();
        for value in [format!("mx; dmarc=fail ({escaped}) header.from=a.example"), format!("mx; dmarc=fail reason=\"{escaped}\" header.from=a.example")] {
            let methods = AuthenticationResults::parse(value.as_bytes()).unwrap().methods;
            prop_assert_eq!(methods.len(), 1);
            prop_assert!(methods[0].is("dmarc", "fail"));
            prop_assert_eq!(methods[0].property("header.from"), Some("a.example"));
        }
    }
}
