//! The query language, read into clauses.

use crate::refusal::Refusal;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) negated: bool,
    pub(super) subject: Subject,
    pub(super) operator: Operator,
    pub(super) value: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A field by its path.
    Field(String),
    Metadata(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    Contains,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Reads `email:"x" AND metadata["k"]:"v"`. White space between clauses without a word means `AND`.
pub(super) fn parse(query: &str) -> Result<Vec<Clause>, Refusal> {
    let mut reader = Reader { rest: query.trim_start() };
    let mut clauses = vec![reader.clause()?];
    while !reader.rest.is_empty() {
        if reader.takes("OR ") {
            return Err(Refusal::invalid("stripe-sandbox reads search queries joined with AND only.")
                .with_param("query"));
        }
        reader.takes("AND ");
        clauses.push(reader.clause()?);
    }
    Ok(clauses)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn clause(&mut self) -> Result<Clause, Refusal> {
        let negated = self.takes("-");
        let subject = self.subject()?;
        let operator = self.operator()?;
        let value = self.value()?;
        Ok(Clause { negated, subject, operator, value })
    }

    fn subject(&mut self) -> Result<Subject, Refusal> {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_.".contains(letter));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if name.is_empty() {
            return Err(malformed());
        }
        let name = name.to_owned();
        self.rest = rest;
        if name != "metadata" {
            return Ok(Subject::Field(name));
        }
        if !self.takes("[") {
            return Err(malformed());
        }
        let key = self.quoted()?;
        if !self.takes("]") {
            return Err(malformed());
        }
        Ok(Subject::Metadata(key))
    }

    fn operator(&mut self) -> Result<Operator, Refusal> {
        let operators = [
            (">=", Operator::AtLeast),
            ("<=", Operator::AtMost),
            (">", Operator::More),
            ("<", Operator::Less),
            (":", Operator::Is),
            ("~", Operator::Contains),
        ];
        let found = operators.into_iter().find(|(sign, _)| self.takes(sign));
        found.map(|(_, operator)| operator).ok_or_else(malformed)
    }

    /// A quoted text, or a bare word such as a number or `true`.
    fn value(&mut self) -> Result<String, Refusal> {
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted();
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        if word.is_empty() { Err(malformed()) } else { Ok(word.to_owned()) }
    }

    /// A text in single or double quotes; a backslash takes the next letter as it is.
    fn quoted(&mut self) -> Result<String, Refusal> {
        let mut letters = self.rest.char_indices();
        let quote = letters.next().map(|(_, letter)| letter).filter(|letter| "\"'".contains(*letter));
        let quote = quote.ok_or_else(malformed)?;
        let mut text = String::new();
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default().trim_start();
                return Ok(text);
            }
            let plain = if letter == '\\' { letters.next().map(|(_, next)| next) } else { Some(letter) };
            text.extend(plain);
        }
        Err(malformed())
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.map_or(self.rest, str::trim_start);
        rest.is_some()
    }
}

fn malformed() -> Refusal {
    Refusal::invalid(
        "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for metadata \
         or key:\"value\" to query for other fields.",
    )
    .with_param("query")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, operator: Operator, value: &str) -> Clause {
        Clause { negated: false, subject: Subject::Field(name.to_owned()), operator, value: value.to_owned() }
    }

    #[test]
    fn clauses_are_joined_with_and() {
        let clauses = parse(r#"email:"a@b.c" AND created>=12 AND metadata['k k']:'it\'s'"#).unwrap();
        let metadata = Clause {
            negated: false,
            subject: Subject::Metadata("k k".to_owned()),
            operator: Operator::Is,
            value: "it's".to_owned(),
        };
        assert_eq!(
            clauses,
            [field("email", Operator::Is, "a@b.c"), field("created", Operator::AtLeast, "12"), metadata]
        );
    }

    #[test]
    fn a_hyphen_negates() {
        assert!(parse("-status:'void'").unwrap().remove(0).negated);
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for query in [
            "",
            "email",
            "email:",
            "email:'x",
            "metadata:'x'",
            "metadata['k':'x'",
            ":'x'",
            "a:'b' AND",
            "a:'b' OR b:'c'",
        ] {
            assert_eq!(parse(query).unwrap_err().param.as_deref(), Some("query"), "{query}");
        }
    }
}
