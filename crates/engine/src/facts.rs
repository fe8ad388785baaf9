//! The fact sheet: what Stripe says, each line with where it comes from and how the reply may say it.

use domain::draft::{Audience, Fact, FactValue};
use domain::{Language, Money, Timestamp};

use crate::reply::render_date;

/// Facts in the order they were found.
#[derive(Debug)]
pub(crate) struct FactSheet {
    language: Language,
    read_at: Timestamp,
    facts: Vec<Fact>,
}

/// Where facts come from: one Stripe object, read by one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) object: &'a str,
    pub(crate) request_id: Option<&'a str>,
}

impl FactSheet {
    pub(crate) const fn new(language: Language, read_at: Timestamp) -> Self {
        Self { language, read_at, facts: Vec::new() }
    }

    pub(crate) fn into_facts(self) -> Vec<Fact> {
        self.facts
    }

    pub(crate) fn money(&mut self, label: &str, source: Source<'_>, money: Money) {
        let rendered = money.render(self.language);
        self.add(label, source, FactValue::Money { money }, rendered, Audience::Customer);
    }

    pub(crate) fn time(&mut self, label: &str, source: Source<'_>, at: Timestamp) {
        let rendered = render_date(at, self.language);
        self.add(label, source, FactValue::Time { at }, rendered, Audience::Customer);
    }

    /// A date that is none of the customer's business.
    pub(crate) fn staff_time(&mut self, label: &str, source: Source<'_>, at: Timestamp) {
        let rendered = render_date(at, self.language);
        self.add(label, source, FactValue::Time { at }, rendered, Audience::Staff);
    }

    /// A closed word of Stripe's, such as `past_due`: for staff, since the sayings put it into the customer's words.
    pub(crate) fn state(&mut self, label: &str, source: Source<'_>, state: &str) {
        self.add(
            label,
            source,
            FactValue::State { state: state.to_owned() },
            state.to_owned(),
            Audience::Staff,
        );
    }

    /// A number the customer knows, such as that of an invoice.
    pub(crate) fn number(&mut self, label: &str, source: Source<'_>, number: &str) {
        self.add(
            label,
            source,
            FactValue::Id { id: number.to_owned() },
            number.to_owned(),
            Audience::Customer,
        );
    }

    /// A Stripe id: for staff.
    pub(crate) fn id(&mut self, label: &str, source: Source<'_>, id: &str) {
        self.add(label, source, FactValue::Id { id: id.to_owned() }, id.to_owned(), Audience::Staff);
    }

    /// The last field of the label is the field of the object.
    fn add(
        &mut self,
        label: &str,
        source: Source<'_>,
        value: FactValue,
        rendered: String,
        audience: Audience,
    ) {
        let field = label.split_once('.').map_or(label, |(_, field)| field);
        self.facts.push(Fact {
            label: label.to_owned(),
            value,
            rendered,
            object: source.object.to_owned(),
            field: field.to_owned(),
            request_id: source.request_id.map(str::to_owned),
            read_at: self.read_at,
            audience,
        });
    }
}
