//! `Authentication-Results` (RFC 8601), read strictly: what cannot be read for sure is malformed, and a malformed field proves
//! nothing.

use std::borrow::Cow;
use std::fmt;

use crate::headers::lossy;

/// What one verifier found out about one message: the value of an `Authentication-Results` field (RFC 8601, section 2.2).
///
/// Reading takes no position on whether to believe it: anybody can write such a field. Comments nest and say nothing, quoted strings
/// hold no statements, and a property belongs to the method it stands after and to no other. The work is linear in the length.
///
/// ```
/// let field = b"mx.example.net; dkim=pass header.d=studio.example; dmarc=pass (p=reject) header.from=studio.example";
/// let results = mail::AuthenticationResults::parse(field)?;
/// assert_eq!(results.authserv_id.as_deref(), Some("mx.example.net"));
/// assert!(results.methods[1].is("dmarc", "pass"));
/// assert_eq!(results.methods[1].property("header.from"), Some("studio.example"));
/// # Ok::<(), mail::MalformedResults>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationResults {
    /// The verifier's name as it wrote it; compare without regard to case. `None` where the field begins with a method at once, as
    /// Microsoft 365 writes it against the RFC.
    pub authserv_id: Option<String>,
    /// What it found, in its order. Empty for `none`.
    pub methods: Vec<MethodResult>,
}

/// `dkim=pass header.d=studio.example`: a method, its result, and the properties that belong to it alone.
#[derive(Clone, PartialEq, Eq)]
pub struct MethodResult {
    /// In lower case, without a version.
    pub method: String,
    /// In lower case.
    pub result: String,
    /// Names in lower case (`header.d`, `smtp.mailfrom`, also `reason`), values as written, without quotes.
    pub properties: Vec<(String, String)>,
}

/// The field does not follow the grammar, or follows it in a way that two readers could take differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Authentication-Results field does not follow RFC 8601")]
pub struct MalformedResults {
    /// The verifier's name, where that much could be read: it tells whose field is broken.
    pub authserv_id: Option<String>,
}

impl AuthenticationResults {
    /// Reads the value of the field, folded or not, without its name. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// [`MalformedResults`] for anything outside the grammar: an unclosed comment or quoted string, a property without a value, an
    /// unknown version, `none` beside other results, a control character. A comment that leaves a quote open counts as well: a
    /// verifier copies the envelope's addresses into comments, and `"a); dmarc=pass ("@evil.example` is one of them.
    pub fn parse(value: &[u8]) -> Result<Self, MalformedResults> {
        let text = lossy(value);
        Tokens { rest: &text }.results().map_err(|Broken| MalformedResults {
            authserv_id: match (Tokens { rest: &text }).next(Place::Key) {
                Ok(Some(Token::Word(name))) => Some(name.to_owned()),
                Ok(Some(Token::Quoted(name))) => Some(name.into_owned()),
                Ok(Some(Token::Equals | Token::Semicolon) | None) | Err(Broken) => None,
            },
        })
    }
}

impl MethodResult {
    /// Whether this is that method with that result, both in lower case.
    pub fn is(&self, method: &str, result: &str) -> bool {
        self.method == method && self.result == result
    }

    /// The one value of a property, its name in lower case. Two values are none: a reader that picks one picks the attacker's.
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut values =
            self.properties.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

/// Hides the values: `smtp.mailfrom` is a person.
impl fmt::Debug for MethodResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.method, self.result)?;
        self.properties.iter().try_for_each(|(name, _)| write!(f, " {name}=…"))
    }
}

/// The grammar does not go on from here.
struct Broken;

#[derive(PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Quoted(Cow<'a, str>),
    Equals,
    Semicolon,
}

/// What the next token may be. Inside a value `=` is a character like any other: signatures in base64 end with it.
#[derive(Clone, Copy)]
enum Place {
    Key,
    Value,
}

/// The text that is not read yet.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn results(mut self) -> Result<AuthenticationResults, Broken> {
        let mut results = AuthenticationResults { authserv_id: None, methods: Vec::new() };
        let mut tokens = Vec::with_capacity(12);
        self.statement(&mut tokens)?;
        match tokens.as_slice() {
            [Token::Word(name)] | [Token::Word(name), Token::Word("1")] => {
                results.authserv_id = Some((*name).to_owned());
            }
            [Token::Quoted(name)] | [Token::Quoted(name), Token::Word("1")] => {
                results.authserv_id = Some(name.clone().into_owned());
            }
            head => results.methods.push(method_result(head)?),
        }
        let mut says_none = false;
        while !self.rest.is_empty() {
            self.statement(&mut tokens)?;
            match tokens.as_slice() {
                [] => {}
                [Token::Word(only)] if only.eq_ignore_ascii_case("none") && !says_none => says_none = true,
                tokens => results.methods.push(method_result(tokens)?),
            }
        }
        if says_none && !results.methods.is_empty() { Err(Broken) } else { Ok(results) }
    }

    /// Puts the tokens up to the next semicolon, which is taken as well, in the place of those that `tokens` held.
    fn statement(&mut self, tokens: &mut Vec<Token<'a>>) -> Result<(), Broken> {
        tokens.clear();
        loop {
            let place = if tokens.last() == Some(&Token::Equals) { Place::Value } else { Place::Key };
            match self.next(place)? {
                None | Some(Token::Semicolon) => return Ok(()),
                Some(token) => tokens.push(token),
            }
        }
    }

    fn next(&mut self, place: Place) -> Result<Option<Token<'a>>, Broken> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let Some(first) = self.rest.bytes().next() else { return Ok(None) };
            match first {
                b'(' => self.skip_comment()?,
                b')' => return Err(Broken),
                b'"' => return self.quoted().map(Some),
                b';' => return Ok(Some(self.mark(Token::Semicolon))),
                b'=' if matches!(place, Place::Key) => return Ok(Some(self.mark(Token::Equals))),
                _ => return self.word(place).map(Some),
            }
        }
    }

    fn mark(&mut self, token: Token<'a>) -> Token<'a> {
        self.take(1);
        token
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Steps over a comment, with those inside it. All that counts here is ASCII, so bytes do.
    fn skip_comment(&mut self) -> Result<(), Broken> {
        let (mut depth, mut quotes, mut escaped) = (0_usize, 0_usize, false);
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quotes += 1,
                b'(' => depth += 1,
                b')' if depth == 1 && quotes % 2 == 1 => return Err(Broken),
                b')' if depth == 1 => {
                    self.take(at + 1);
                    return Ok(());
                }
                b')' => depth -= 1,
                _ => {}
            }
        }
        Err(Broken)
    }

    /// A quoted string, and the domain where it is the local part of an address.
    fn quoted(&mut self) -> Result<Token<'a>, Broken> {
        let end = end_of_quoted(self.rest).ok_or(Broken)?;
        let written = self.take(end + 1);
        let inner = written.get(1..end).unwrap_or_default();
        let text = if inner.contains('\\') { Cow::Owned(unescaped(inner)) } else { Cow::Borrowed(inner) };
        if !self.rest.starts_with('@') {
            return Ok(Token::Quoted(text));
        }
        match self.word(Place::Value)? {
            Token::Word(domain) => Ok(Token::Quoted(Cow::Owned(format!("{text}{domain}")))),
            Token::Quoted(_) | Token::Equals | Token::Semicolon => Err(Broken),
        }
    }

    /// A run up to white space or a mark.
    fn word(&mut self, place: Place) -> Result<Token<'a>, Broken> {
        let ends = |byte: u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'(' | b')' | b';' | b'"')
                || (byte == b'=' && matches!(place, Place::Key))
        };
        let length = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let word = self.take(length);
        if word.is_empty() || word.chars().any(char::is_control) {
            Err(Broken)
        } else {
            Ok(Token::Word(word))
        }
    }
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends.then_some(at)
    })
}

fn unescaped(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        unescaped.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    unescaped
}

fn method_result(tokens: &[Token<'_>]) -> Result<MethodResult, Broken> {
    // A result is a keyword: what stands in quotes is somebody's text.
    let [_, _, Token::Word(_), ..] = tokens else { return Err(Broken) };
    let mut pairs = tokens.chunks(3).map(pair);
    let (method, result) = pairs.next().ok_or(Broken)??;
    let method = match method.split_once('/') {
        None => method,
        Some((name, "1")) => name.to_owned(),
        Some(_) => return Err(Broken),
    };
    Ok(MethodResult {
        method,
        result: result.to_ascii_lowercase(),
        properties: pairs.collect::<Result<_, _>>()?,
    })
}

fn pair(tokens: &[Token<'_>]) -> Result<(String, String), Broken> {
    let [Token::Word(key), Token::Equals, value] = tokens else { return Err(Broken) };
    let value = match value {
        Token::Word(text) => (*text).to_owned(),
        Token::Quoted(text) => text.clone().into_owned(),
        Token::Equals | Token::Semicolon => return Err(Broken),
    };
    Ok((key.to_ascii_lowercase(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> AuthenticationResults {
        AuthenticationResults::parse(value.as_bytes()).unwrap()
    }

    #[track_caller]
    fn check(value: &str, method: &str, result: &str, property: Option<(&str, &str)>) {
        let methods = parse(value).methods;
        let found = methods.iter().find(|found| found.is(method, result)).unwrap();
        if let Some((name, expected)) = property {
            assert_eq!(found.property(name), Some(expected));
        }
    }

    #[test]
    fn methods_keep_their_own_properties() {
        let value = "mx.example 1; spf=pass smtp.mailfrom=a.example; dkim=pass (2048 bit) header.d=b.example \
                     header.b=\"Ab;c\"; dmarc=pass header.from=b.example";
        check(value, "dkim", "pass", Some(("header.d", "b.example")));
        check(value, "dkim", "pass", Some(("header.b", "Ab;c")));
        check(value, "dmarc", "pass", Some(("header.from", "b.example")));
        assert_eq!(parse(value).methods[0].property("header.from"), None);
    }

    #[test]
    fn comments_nest_and_say_nothing() {
        check("mx (a (b) \\) c); dmarc=fail (x; dmarc=pass) header.from=a.example", "dmarc", "fail", None);
        assert_eq!(parse("mx; dmarc=fail (; dmarc=pass)").methods.len(), 1);
    }

    #[test]
    fn quoted_strings_hold_no_statements() {
        let methods = parse("mx; spf=fail reason=\"; dmarc=pass header.from=a.example\"").methods;
        assert_eq!(methods.len(), 1);
        assert_eq!(methods[0].result, "fail");
    }

    #[test]
    fn a_quoted_local_part_belongs_to_its_address() {
        let value = "mx; spf=pass smtp.mailfrom=\"odd; dmarc=pass\"@b.example; dkim=none";
        check(value, "spf", "pass", Some(("smtp.mailfrom", "odd; dmarc=pass@b.example")));
        assert_eq!(parse(value).methods.len(), 2);
    }

    #[test]
    fn base64_values_and_space_around_equals_are_read() {
        check(
            "mx; dkim = pass header.b = aB+/c== header.d=a.example",
            "dkim",
            "pass",
            Some(("header.b", "aB+/c==")),
        );
    }

    #[test]
    fn what_is_broken_proves_nothing_but_keeps_its_name() {
        for value in [
            "mx; dmarc=pass (",
            "mx; dmarc pass",
            "mx; dmarc=pass \"",
            "mx dkim=pass",
            "mx 2; dmarc=pass",
            "mx; dmarc/2=pass",
            "mx; =pass",
            "mx; dmarc=pass )",
            "mx; dmarc=",
            "mx; dmarc=\"pass\"",
            "mx; none; dmarc=pass",
            "mx; none; none",
            "mx; dmarc=pa\u{1}ss",
        ] {
            let broken = AuthenticationResults::parse(value.as_bytes()).unwrap_err();
            assert_eq!(broken.authserv_id.as_deref(), Some("mx"), "{value}");
        }
    }

    #[test]
    fn an_address_copied_into_a_comment_cannot_leave_it() {
        let value =
            "mx; spf=pass (domain of \"a); dmarc=pass header.from=bank.example (\"@evil.example) smtp.helo=x";
        AuthenticationResults::parse(value.as_bytes()).unwrap_err();
        check("mx; spf=pass (domain of \"a b\"@c.example) smtp.helo=x", "spf", "pass", None);
    }

    #[test]
    fn no_result_is_no_method() {
        assert_eq!(parse("mx.example; none").methods, []);
        assert_eq!(parse("mx.example;").methods, []);
        assert_eq!(AuthenticationResults::parse(b"  (only a comment)").unwrap_err().authserv_id, None);
    }

    #[test]
    fn a_field_that_begins_with_a_method_has_no_name() {
        let results = parse("spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=a.example; dkim=none");
        assert_eq!((results.authserv_id, results.methods.len()), (None, 2));
    }

    #[test]
    fn a_property_given_twice_is_none() {
        let methods = parse("mx; dkim=pass header.d=a.example header.d=b.example").methods;
        assert_eq!(methods[0].property("header.d"), None);
    }

    #[test]
    fn debug_hides_the_person() {
        let text = format!("{:?}", parse("mx; spf=pass smtp.mailfrom=marta@studio.example"));
        assert!(text.contains("spf=pass smtp.mailfrom=…") && !text.contains("marta"), "{text}");
    }
}
