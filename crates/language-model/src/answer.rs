//! What came back, believed only as far as it keeps to the schema. Endpoints may ignore the schema, so everything is checked here.

use domain::Label;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::error::ReadError;
use crate::question::{PERSON, Question};
use crate::reading::{Readable, Reading};

/// A chat completion, as far as it is read.
#[derive(Deserialize)]
pub(crate) struct Completion {
    choices: Vec<Candidate>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Candidate {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    total_tokens: Option<u64>,
}

/// The text of the one candidate, and the tokens that the call cost, where the endpoint says so. Servers that do not count say 0: taken
/// at their word, they would be asked without end.
pub(crate) fn text(body: &[u8]) -> Result<(String, Option<u64>), ReadError> {
    let Completion { choices, usage } =
        serde_json::from_slice(body).map_err(|_not_a_completion| ReadError::NotACompletion)?;
    let [Candidate { message: Message { content, refusal }, finish_reason }] =
        <[Candidate; 1]>::try_from(choices).map_err(|_none_or_several| ReadError::NotACompletion)?;
    let refused = refusal.is_some_and(|refusal| !refusal.is_empty());
    match (finish_reason.as_deref(), content) {
        _ if refused => Err(ReadError::Declined),
        (Some("content_filter"), _) => Err(ReadError::Declined),
        (Some("length"), _) => Err(ReadError::CutOff),
        (_, Some(content)) => {
            let tokens = usage.and_then(|usage| usage.total_tokens).filter(|tokens| *tokens > 0);
            Ok((content, tokens))
        }
        (_, None) => Err(ReadError::NotACompletion),
    }
}

/// The answer itself: both fields, no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    function: String,
    evidence_quote: String,
}

/// What the model's text says of the mail in `question`.
pub(crate) fn reading(text: &str, question: &Question<'_>) -> Result<Reading, ReadError> {
    let text = text.trim();
    if text.starts_with("```") {
        return Err(ReadError::Fenced);
    }
    let Said { function, evidence_quote } = said(text)?;
    if function == PERSON {
        return Ok(Reading::Person { named: None });
    }
    let label = Label::all().find(|label| label.as_str() == function).ok_or(ReadError::UnknownFunction)?;
    match label {
        Label::None => Ok(Reading::Nothing { evidence: question.evidence(&evidence_quote)? }),
        Label::Ask(function) => match Readable::of(function) {
            Some(function) => Ok(Reading::Asks { function, evidence: question.evidence(&evidence_quote)? }),
            // It leads nowhere, so its evidence is not asked for.
            None => Ok(Reading::Person { named: Some(function) }),
        },
    }
}

/// An object with both fields. Fields without names, in an array, would be read as well and are not what was asked for.
fn said(text: &str) -> Result<Said, ReadError> {
    let is_object = text.starts_with('{');
    let said = if is_object {
        serde_json::from_str(text).map(Some)
    } else {
        serde_json::from_str::<IgnoredAny>(text).map(|_another_value| None)
    };
    match said {
        Ok(said) => said.ok_or(ReadError::WrongShape),
        Err(error) => Err(match error.classify() {
            Category::Data => ReadError::WrongShape,
            Category::Syntax | Category::Eof | Category::Io => ReadError::NotJson,
        }),
    }
}

#[cfg(test)]
mod tests {
    use domain::Function;

    use super::*;

    fn read(text: &str) -> Result<Reading, ReadError> {
        reading(text, &Question::new("Hello", "Where is my invoice?\nThanks"))
    }

    #[track_caller]
    fn fails(text: &str, code: &str) {
        let shown = text.get(..80).unwrap_or(text);
        assert_eq!(read(text).map_err(|error| error.code()), Err(code), "{shown}");
    }

    #[test]
    fn only_reading_functions_come_out_as_such() {
        let answer = |function: &str| {
            read(&format!(r#"{{"function": "{function}", "evidence_quote": "Where is my invoice?"}}"#))
        };
        for label in Label::all() {
            let reading = answer(label.as_str()).unwrap();
            match label {
                Label::None => assert!(matches!(reading, Reading::Nothing { .. })),
                Label::Ask(
                    function @ (Function::Refund | Function::CancelSubscription | Function::PaymentLink),
                ) => assert_eq!(reading, Reading::Person { named: Some(function) }),
                Label::Ask(asked) => {
                    assert!(
                        matches!(reading, Reading::Asks { function, .. } if function.function() == asked)
                    );
                }
            }
        }
        assert_eq!(answer("person").unwrap(), Reading::Person { named: None });
    }

    #[test]
    fn what_is_not_the_schema_is_no_answer() {
        let whole = r#"{"function": "none", "evidence_quote": "Where is my invoice?"}"#;
        assert!(read(&format!(" {whole}\n")).is_ok());
        fails(&format!("```json\n{whole}\n```"), "fenced");
        fails(&format!("Sure! {whole}"), "not_json");
        fails(&format!("{whole} {whole}"), "not_json");
        fails("", "not_json");
        fails(r#"{"function": "none", "evidence_quote": "Where"#, "not_json");
        fails(&"[".repeat(100_000), "not_json");
        fails("[]", "wrong_shape");
        fails(r#"["none", "Where is my invoice?"]"#, "wrong_shape");
        fails("null", "wrong_shape");
        fails(r#"{"function": "none"}"#, "wrong_shape");
        fails(r#"{"function": 1, "evidence_quote": "Where is my invoice?"}"#, "wrong_shape");
        fails(r#"{"function": "none", "evidence_quote": "x", "amount": 5}"#, "wrong_shape");
        fails(r#"{"function": "none", "function": "refund", "evidence_quote": "x"}"#, "wrong_shape");
        fails(r#"{"function": "invoice-lookup", "evidence_quote": "my invoice?"}"#, "unknown_function");
        fails(r#"{"function": "Refund", "evidence_quote": "my invoice?"}"#, "unknown_function");
        fails(r#"{"function": "none", "evidence_quote": "I was charged twice"}"#, "invented_quote");
        fails(r#"{"function": "none", "evidence_quote": "is"}"#, "thin_quote");
    }

    #[test]
    fn a_completion_has_one_text_that_came_to_its_end() {
        let of = |body: &str| text(body.as_bytes()).map_err(|error| error.code());
        let said = r#"{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {"total_tokens": 7}}"#;
        assert_eq!(of(said), Ok(("x".to_owned(), Some(7))));
        assert_eq!(of(r#"{"choices": [{"message": {"content": "x"}}]}"#), Ok(("x".to_owned(), None)));
        let uncounted = r#"{"choices": [{"message": {"content": "x"}}], "usage": {"total_tokens": 0}}"#;
        assert_eq!(of(uncounted), Ok(("x".to_owned(), None)));
        for (body, code) in [
            ("<html>", "not_a_completion"),
            ("{}", "not_a_completion"),
            (r#"{"choices": []}"#, "not_a_completion"),
            (r#"{"choices": [{"message": {}}]}"#, "not_a_completion"),
            (
                r#"{"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}"#,
                "not_a_completion",
            ),
            (r#"{"choices": [{"message": {"content": null, "refusal": "no"}}]}"#, "declined"),
            (
                r#"{"choices": [{"message": {"content": "x"}, "finish_reason": "content_filter"}]}"#,
                "declined",
            ),
            (r#"{"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}"#, "cut_off"),
        ] {
            assert_eq!(of(body), Err(code), "{body}");
        }
    }
}
