//! Dates as people of each language write them, in UTC.

use domain::{Language, Timestamp};

const MONTHS: [(Language, [&str; 12]); 7] = [
    (
        Language::En,
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    ),
    (
        Language::De,
        [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    ),
    (
        Language::Fr,
        [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
    ),
    (
        Language::Es,
        [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    ),
    (
        Language::It,
        [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
    ),
    (
        Language::Pt,
        [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
    ),
    (
        Language::Nl,
        [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
    ),
];

/// `12 November 2026`, `12. November 2026`, `12 de novembro de 2026`.
pub(crate) fn render(time: Timestamp, language: Language) -> String {
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (day, year) = (date.day(), date.year());
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|index| MONTHS.iter().find(|(of, _)| *of == language)?.1.get(index))
        .copied()
        .unwrap_or_default();
    match language {
        Language::De => format!("{day}. {month} {year}"),
        Language::Es | Language::Pt => format!("{day} de {month} de {year}"),
        Language::Fr if day == 1 => format!("1er {month} {year}"),
        Language::En | Language::Fr | Language::It | Language::Nl => format!("{day} {month} {year}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time: &str, language: Language, expected: &str) {
        assert_eq!(render(time.parse().unwrap(), language), expected);
    }

    #[test]
    fn dates_are_written_as_the_reader_writes_them() {
        check("2026-11-12T23:59:59Z", Language::En, "12 November 2026");
        check("2026-03-01T00:00:00Z", Language::De, "1. März 2026");
        check("2026-08-01T00:00:00Z", Language::Fr, "1er août 2026");
        check("2026-12-31T00:00:00Z", Language::Pt, "31 de dezembro de 2026");
    }
}
