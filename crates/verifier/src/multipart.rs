//! A `Content-Type` that the signed body itself forces. Gmail and others sign every field that matters but this one.

/// Whether nobody could have put another `Content-Type` there and have the body read as anything else than parts with these very
/// boundaries: it is a multipart of a plain kind, the first line of the body opens its first part, and the last one closes it.
///
/// Only the kind of multipart is then open to others, and each kind gives a reader the same parts.
pub(crate) fn is_forced(content_type: &[u8], body: &[u8]) -> bool {
    let Some(boundary) = std::str::from_utf8(content_type).ok().and_then(only_boundary) else { return false };
    let open = format!("--{boundary}");
    let close = format!("{open}--");
    let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let is_opened = lines.next() == Some(open.as_bytes());
    is_opened && lines.rfind(|line| !line.is_empty()) == Some(close.as_bytes())
}

/// The boundary of `multipart/alternative`, `mixed` or `related`, when the field says nothing else.
fn only_boundary(content_type: &str) -> Option<&str> {
    let (kind, parameter) = content_type.split_once(';')?;
    let kind = kind.trim_ascii().to_ascii_lowercase();
    if !["multipart/alternative", "multipart/mixed", "multipart/related"].contains(&kind.as_str()) {
        return None;
    }
    let (name, value) = parameter.split_once('=')?;
    let value = value.trim_ascii();
    let boundary = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let is_plain = (1..=70).contains(&boundary.len())
        && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'+_-./:=?".contains(&byte));
    (name.trim_ascii().eq_ignore_ascii_case("boundary") && is_plain).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1--\r\n";

    #[track_caller]
    fn check(content_type: &str, body: &str, expected: bool) {
        assert_eq!(
            is_forced(content_type.as_bytes(), body.as_bytes()),
            expected,
            "{content_type:?} {body:?}"
        );
    }

    #[test]
    fn a_body_that_is_one_multipart_from_end_to_end_forces_its_boundary() {
        check(" multipart/alternative; boundary=\"b1\"\r\n", BODY, true);
        check(" Multipart/Mixed;\r\n\tboundary=b1\r\n", BODY, true);
        check(" multipart/alternative; boundary=b1\r\n", &BODY.replace("\r\n", "\n"), true);
    }

    #[test]
    fn whatever_else_could_be_said_of_the_body_is_not_forced() {
        for content_type in [
            " text/plain; charset=utf-8",
            " text/html; boundary=b1",
            " message/rfc822",
            " multipart/digest; boundary=b1",
            " multipart/alternative; boundary=b",
            " multipart/alternative; boundary=\"b1",
            " multipart/alternative; boundary=b1; charset=utf-7",
            " multipart/alternative; boundary=\"b1\"; boundary=\"b2\"",
            " multipart/alternative (a); boundary=b1",
            " multipart/alternative; boundary*=b1",
            " multipart/alternative",
        ] {
            check(content_type, BODY, false);
        }
        check(" multipart/alternative; boundary=b1", &format!("\r\n{BODY}"), false);
        check(" multipart/alternative; boundary=b1", &format!("{BODY}and more\r\n"), false);
        check(" multipart/alternative; boundary=b1", "--b1\r\n\r\nhello\r\n", false);
        check(" multipart/alternative; boundary=b1", "", false);
    }
}
