//! Parameters as Stripe takes them: form-encoded, nested by brackets, in the order they were added.

use reqwest::Url;

/// The query of a GET or the body of a POST. The same parameters added in the same order give the same bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(&'static str, String)>);

impl Form {
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a parameter, or replaces it where it stands.
    pub(crate) fn set(&mut self, name: &'static str, value: impl ToString) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value.to_string(),
            None => self.0.push((name, value.to_string())),
        }
    }

    /// Makes it the query of `url`, which has none yet.
    pub(crate) fn write_query(&self, url: &mut Url) {
        if !self.0.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.0);
        }
    }

    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_order_and_are_escaped() {
        let mut form = Form::default().with("line_items[0][quantity]", 1).with("email", "a+b@c.example");
        form.set("line_items[0][quantity]", 2);
        assert_eq!(form.encode(), "line_items%5B0%5D%5Bquantity%5D=2&email=a%2Bb%40c.example");
    }

    #[test]
    fn a_query_is_spelled_as_a_body_is() {
        let form = Form::default().with("query", r#"email:"o'hara@c.example" ä"#).with("limit", 100);
        let mut url: Url = "https://api.stripe.com/v1/charges/search".parse().unwrap();
        form.write_query(&mut url);
        assert_eq!(url.query(), Some(form.encode().as_str()));
    }

    #[test]
    fn without_parameters_there_is_no_query() {
        let mut url: Url = "https://api.stripe.com/v1/charges".parse().unwrap();
        Form::default().write_query(&mut url);
        assert_eq!(url.as_str(), "https://api.stripe.com/v1/charges");
    }
}
