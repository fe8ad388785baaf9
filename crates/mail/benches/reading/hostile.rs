//! What a reader that is not linear chokes on: the absolute targets, then three lengths each with the time per byte.

use std::fs;
use std::io::{self, Write as _};
use std::time::Duration;

use mail::Limits;

use crate::{count, median, micros, processor_time, read, reader};

const HEAD: &str = "From: Marta Keller <marta@studio.example>\nSubject: Refund\n";
const PLAIN: &str = "From: Marta Keller <marta@studio.example>\nSubject: Refund\n\n";
const HTML: &str = "From: Marta Keller <marta@studio.example>\nContent-Type: text/html; charset=utf-8\n\n";
const MIXED: &str =
    "From: Marta Keller <marta@studio.example>\nContent-Type: multipart/mixed; boundary=b\n\n";
const BASE64: &str = "From: Marta Keller <marta@studio.example>\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n";
const QUOTED: &str = "From: Marta Keller <marta@studio.example>\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n";

/// A mail that is `front`, a piece over and over, and `back`.
struct Kind {
    name: &'static str,
    front: &'static str,
    piece: &'static str,
    back: &'static str,
}

const KINDS: [Kind; 21] = [
    Kind {
        name: "html paragraphs",
        front: HTML,
        piece: "<p>Please refund &euro;49 of <b>invoice</b> LKS-1.</p>\n",
        back: "",
    },
    Kind { name: "html nested div", front: HTML, piece: "<div>", back: "x" },
    Kind { name: "html nested hidden", front: HTML, piece: "<div style='display:none'>", back: "x" },
    Kind { name: "html nested quotes", front: HTML, piece: "<blockquote>", back: "x" },
    Kind { name: "html bare <", front: HTML, piece: "<", back: "" },
    Kind { name: "html open comments", front: HTML, piece: "<!--", back: "" },
    Kind { name: "html open attributes", front: HTML, piece: "<a href='", back: "" },
    Kind { name: "html open references", front: HTML, piece: "&#x4", back: "" },
    Kind { name: "html open style", front: HTML, piece: "<style>.a{display:none}", back: "" },
    Kind { name: "html links", front: HTML, piece: "<a href=https://x.example/>", back: "x" },
    Kind {
        name: "html style rules",
        front: "From: m@b.example\nContent-Type: text/html\n\n<style>",
        piece: ".a#b,c{display:none}",
        back: "</style><p class=a>x",
    },
    Kind { name: "text of one line", front: PLAIN, piece: "please refund 49 EUR ", back: "" },
    Kind { name: "text of short lines", front: PLAIN, piece: "a:\n", back: "" },
    Kind {
        name: "text quoted",
        front: PLAIN,
        piece: "> On Tue, 3 Mar 2026 at 10:42, L <a@b.example> wrote:\n",
        back: "",
    },
    Kind { name: "text attributions", front: PLAIN, piece: "On 10:42 L <a@b.example> wrote:\n", back: "" },
    Kind { name: "text digits", front: PLAIN, piece: "4242 ", back: "" },
    Kind { name: "headers", front: HEAD, piece: "X-Field: value\n", back: "\nx" },
    Kind { name: "mailboxes", front: "From: ", piece: "\"Marta\" <m@b.example>, ", back: "m@b.example\n\nx" },
    Kind { name: "parts", front: MIXED, piece: "--b\nContent-Type: text/plain\n\nx\n", back: "--b--\n" },
    Kind {
        name: "base64",
        front: BASE64,
        piece: "UGxlYXNlIHJlZnVuZCB0aGUgc2Vjb25kIHBheW1lbnQsIHRoYW5rIHlvdS4K\n",
        back: "",
    },
    Kind {
        name: "quoted-printable",
        front: QUOTED,
        piece: "Bitte die zweite Zahlung zur=C3=BCckerstatten, danke =\n",
        back: "",
    },
];

pub(crate) fn measure() -> io::Result<()> {
    targets()?;
    linearity()
}

fn targets() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let nested = format!("{HTML}{}", "<div>".repeat(50_000));
    let time = timed(nested.as_bytes(), 5);
    writeln!(out, "\n250 kB of nested <div>: {:.1} ms (target: under 50)", micros(time) / 1e3)?;
    for (name, mail) in [
        ("text", of_length(PLAIN, "Please refund the second payment of 49 EUR.\n")),
        ("base64 attachment", attachment()),
    ] {
        let before = reset_peak()?;
        let time = timed(&mail, 1);
        let grown = peak()?.saturating_sub(before);
        writeln!(
            out,
            "{:.1} MB of {name}: {:.0} ms (target: under 1000), peak memory grew by {:.1} MB",
            count(mail.len()) / 1e6,
            micros(time) / 1e3,
            count(grown) / 1e3
        )?;
    }
    Ok(())
}

fn of_length(front: &str, piece: &str) -> Vec<u8> {
    format!("{front}{}", piece.repeat(20_000_000 / piece.len())).into_bytes()
}

fn attachment() -> Vec<u8> {
    let line = format!("{}\n", "QUJD".repeat(19));
    format!(
        "{MIXED}--b\nContent-Type: text/plain\n\nPlease refund.\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: \
         base64\n\n{}--b--\n",
        line.repeat(20_000_000 / line.len())
    )
    .into_bytes()
}

fn linearity() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{:24} {:>10} {:>10} {:>10}   time per byte, longest against shortest",
        "ns a byte at", "250 kB", "500 kB", "1 MB"
    )?;
    for kind in KINDS {
        write!(out, "{:24}", kind.name)?;
        let mut per_byte = Vec::new();
        for length in [250_000, 500_000, 1_000_000] {
            let mail = format!("{}{}{}", kind.front, kind.piece.repeat(length / kind.piece.len()), kind.back);
            let nanos = micros(timed(mail.as_bytes(), 3)) * 1e3 / count(mail.len());
            write!(out, " {nanos:10.1}")?;
            per_byte.push(nanos);
        }
        let growth = per_byte.last().zip(per_byte.first()).map_or(f64::NAN, |(last, first)| last / first);
        writeln!(out, "   {growth:5.2}")?;
    }
    Ok(())
}

/// The median time of reading `mail`, with every bound lifted, so that all of it is read.
fn timed(mail: &[u8], times: usize) -> Duration {
    let limits = Limits {
        max_message_bytes: usize::MAX,
        max_header_bytes: usize::MAX,
        max_html_bytes: usize::MAX,
        max_text_bytes: usize::MAX,
        ..Limits::default()
    };
    let reader = reader(limits);
    let once = || {
        processor_time(|| {
            std::hint::black_box(read(&reader, mail).is_ok());
        })
    };
    median(std::iter::repeat_with(once).take(times).collect())
}

/// Forgets the highest use of memory so far, and returns the present one in kB.
fn reset_peak() -> io::Result<usize> {
    fs::write("/proc/self/clear_refs", "5")?;
    peak()
}

/// The highest use of memory since it was last forgotten, in kB.
fn peak() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim_end_matches("kB").trim().parse().unwrap_or_default())
}
