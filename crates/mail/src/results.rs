//! `Authentication-Results` (RFC 8601), read strictly: what cannot be read for sure is malformed, and a malformed field proves
//! nothing.

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Results {
    /// The verifier's name, as it wrote it.
    pub(crate) authserv_id: String,
    /// What it found, in its order; none when the field could not be read beyond the name.
    pub(crate) methods: Result<Vec<MethodResult>, Malformed>,
}

/// The field does not follow the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// `dkim=pass header.d=studio.example`: a method, its result, and the properties that belong to it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MethodResult {
    /// In lower case, without a version.
    pub(crate) method: String,
    /// In lower case.
    pub(crate) result: String,
    /// Names in lower case, values as written.
    pub(crate) properties: Vec<(String, String)>,
}

impl MethodResult {
    pub(crate) fn is(&self, method: &str, result: &str) -> bool {
        self.method == method && self.result == result
    }

    /// The one value of a property. Two values are none: a reader that picks one picks the attacker's.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let mut values =
            self.properties.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

impl Results {
    /// Reads the unfolded value. `None` when not even a verifier's name can be told.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(value);
        let statements = statements(&text);
        let authserv_id = match &statements {
            Ok(statements) => statements.first()?.first()?.text.clone(),
            // Broken further on; the name still tells whose field was broken.
            Err(Malformed) => first_name(&text)?.to_owned(),
        };
        let methods = statements.and_then(|statements| methods(&statements));
        Some(Self { authserv_id, methods })
    }
}

fn first_name(text: &str) -> Option<&str> {
    text.split(|c: char| c.is_whitespace() || "();\"".contains(c)).find(|word| !word.is_empty())
}

/// A word or a quoted string, or the `=` between two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Equals,
}

/// The tokens between semicolons, comments taken out.
fn statements(text: &str) -> Result<Vec<Vec<Token>>, Malformed> {
    let mut statements = vec![Vec::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let token = match c {
            ';' => {
                statements.push(Vec::new());
                continue;
            }
            '(' => {
                skip_comment(&mut chars)?;
                continue;
            }
            ')' => return Err(Malformed),
            '"' => Token { text: quoted(&mut chars)?, kind: Kind::Quoted },
            '=' if !follows_equals(&statements) => Token { text: String::new(), kind: Kind::Equals },
            _ if c.is_whitespace() => continue,
            _ if c.is_control() => return Err(Malformed),
            _ => word(c, &mut chars, follows_equals(&statements)),
        };
        statements.last_mut().ok_or(Malformed)?.push(token);
    }
    Ok(statements)
}

fn follows_equals(statements: &[Vec<Token>]) -> bool {
    statements.last().and_then(|tokens| tokens.last()).is_some_and(|token| token.kind == Kind::Equals)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_comment(chars: &mut Chars<'_>) -> Result<(), Malformed> {
    let mut depth = 1_usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next().ok_or(Malformed)?;
            }
            '(' => depth += 1,
            ')' if depth == 1 => return Ok(()),
            ')' => depth -= 1,
            _ => {}
        }
    }
    Err(Malformed)
}

fn quoted(chars: &mut Chars<'_>) -> Result<String, Malformed> {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(text),
            '\\' => text.push(chars.next().ok_or(Malformed)?),
            _ => text.push(c),
        }
    }
    Err(Malformed)
}

/// A run up to white space or a mark. Inside a value `=` is a character like any other: signatures in base64 end with it.
fn word(first: char, chars: &mut Chars<'_>, is_value: bool) -> Token {
    let mut text = String::from(first);
    let ends =
        |c: &char| c.is_whitespace() || c.is_control() || "();\"".contains(*c) || (*c == '=' && !is_value);
    while let Some(c) = chars.next_if(|c| !ends(c)) {
        text.push(c);
    }
    Token { text, kind: Kind::Word }
}

fn methods(statements: &[Vec<Token>]) -> Result<Vec<MethodResult>, Malformed> {
    let (head, rest) = statements.split_first().ok_or(Malformed)?;
    let version_is_known = match head.as_slice() {
        [_name] => true,
        [_name, version] => version.kind == Kind::Word && version.text == "1",
        _ => false,
    };
    if !version_is_known {
        return Err(Malformed);
    }
    let said = rest.iter().filter(|tokens| !tokens.is_empty());
    let nothing_found = |tokens: &[Token]| matches!(tokens, [only] if only.text.eq_ignore_ascii_case("none"));
    said.filter(|tokens| !nothing_found(tokens)).map(|tokens| method_result(tokens)).collect()
}

fn method_result(tokens: &[Token]) -> Result<MethodResult, Malformed> {
    let mut pairs = Vec::with_capacity(tokens.len() / 3);
    for pair in tokens.chunks(3) {
        let [key, equals, value] = pair else { return Err(Malformed) };
        let is_pair = key.kind == Kind::Word && equals.kind == Kind::Equals && value.kind != Kind::Equals;
        if !is_pair {
            return Err(Malformed);
        }
        pairs.push((key.text.to_ascii_lowercase(), value.text.clone()));
    }
    let (method, result) = pairs.first().ok_or(Malformed)?.clone();
    let method = match method.split_once('/') {
        None => method,
        Some((name, "1")) => name.to_owned(),
        Some(_) => return Err(Malformed),
    };
    let properties = pairs.split_off(1);
    Ok(MethodResult { method, result: result.to_ascii_lowercase(), properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Results {
        Results::parse(value.as_bytes()).unwrap()
    }

    #[track_caller]
    fn check(value: &str, method: &str, result: &str, property: Option<(&str, &str)>) {
        let results = parse(value);
        let methods = results.methods.unwrap();
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
        assert_eq!(parse(value).methods.unwrap()[0].property("header.from"), None);
    }

    #[test]
    fn comments_nest_and_say_nothing() {
        check("mx (a (b) \\) c); dmarc=fail (x; dmarc=pass) header.from=a.example", "dmarc", "fail", None);
        assert_eq!(parse("mx; dmarc=fail (; dmarc=pass)").methods.unwrap().len(), 1);
    }

    #[test]
    fn quoted_strings_hold_no_statements() {
        let results = parse("mx; spf=fail reason=\"; dmarc=pass header.from=a.example\"").methods.unwrap();
        assert_eq!(results.len(), 1);
        assert_eq!(results[0].result, "fail");
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
        ] {
            let results = parse(value);
            assert_eq!((results.authserv_id.as_str(), results.methods), ("mx", Err(Malformed)), "{value}");
        }
    }

    #[test]
    fn no_result_is_no_method() {
        assert_eq!(parse("mx.example; none").methods, Ok(vec![]));
        assert_eq!(Results::parse(b"  (only a comment)"), None);
    }

    #[test]
    fn a_property_given_twice_is_none() {
        let methods = parse("mx; dkim=pass header.d=a.example header.d=b.example").methods.unwrap();
        assert_eq!(methods[0].property("header.d"), None);
    }
}
