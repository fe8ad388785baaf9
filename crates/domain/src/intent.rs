//! What a mail asks for: the label, how sure that is, the words that decided it, and the slots.

mod dates;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{
    ChargeId, CheckoutSessionId, CustomerId, InvoiceId, PaymentIntentId, RefundId, SubscriptionId,
};
use crate::{Currency, Function, Language, Money};

pub use dates::{DateAsked, DateWritten};

/// One of the seven functions, or nothing postill can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// The mail asks for this function.
    Ask(Function),
    /// The mail asks for nothing postill does.
    None,
}

impl Label {
    /// The eight labels.
    pub fn all() -> impl Iterator<Item = Self> {
        Function::ALL.into_iter().map(Self::Ask).chain([Self::None])
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask(function) => function.as_str(),
            Self::None => "none",
        }
    }

    /// The function asked for.
    pub const fn function(self) -> Option<Function> {
        match self {
            Self::Ask(function) => Some(function),
            Self::None => None,
        }
    }
}

impl FromStr for Label {
    type Err = crate::function::FunctionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" { Ok(Self::None) } else { text.parse().map(Self::Ask) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Label {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Label".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": Self::all().map(Self::as_str).collect::<Vec<_>>() })
    }
}

/// How sure a reading is, from 0 to 1 in thousandths, so that it compares and stores exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Confidence(u16);

impl Confidence {
    /// Quite sure.
    pub const CERTAIN: Self = Self(1000);

    /// From thousandths; more than 1000 counts as 1000.
    pub const fn from_permille(permille: u16) -> Self {
        Self(if permille > 1000 { 1000 } else { permille })
    }

    /// In thousandths, 0 to 1000.
    pub const fn permille(self) -> u16 {
        self.0
    }
}

impl Serialize for Confidence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 first")]
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Ok(Self((value * 1000.0).round().clamp(0.0, 1000.0) as u16))
    }
}

impl JsonSchema for Confidence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Confidence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// Where in the mail a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The subject.
    Subject,
    /// What was written now.
    Written,
    /// Quoted history and whatever else was cut.
    Quoted,
}

/// Words of the mail that decided something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The part the words stand in.
    pub part: Part,
    /// Offset of the first byte in that part's text.
    pub start: usize,
    /// The words themselves.
    pub text: String,
}

/// One request found in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// What is asked for.
    pub label: Label,
    /// How sure that is.
    pub confidence: Confidence,
    /// The sentences and words that say so.
    pub evidence: Vec<Span>,
}

/// What should happen with a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Sure enough to run the function.
    Act,
    /// A person should read this mail.
    Person,
    /// Nothing is asked for.
    Nothing,
}

/// Why a reading goes to a person although a label was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Abstention {
    /// No label is far enough ahead.
    Unsure,
    /// Refund or cancellation without a sentence that plainly asks for it.
    NoEvidence,
    /// Refund and cancellation in one mail.
    RefundAndCancel,
    /// The mail gives orders to a program.
    InjectionSuspected,
    /// A threat of lawyers, chargeback or authorities: tone needs a person.
    Escalation,
}

/// Everything that was understood from one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understanding {
    /// The first request; this one is acted on.
    pub intent: Intent,
    /// What else was asked, in the order of the mail.
    pub also: Vec<Intent>,
    /// What should happen.
    pub disposition: Disposition,
    /// Why a person should read it, when one should.
    pub abstention: Option<Abstention>,
    /// Amounts and references.
    pub slots: Slots,
    /// The language of what was written.
    pub language: Language,
}

/// The currencies that are called dollar.
const DOLLARS: [&str; 22] = [
    "usd", "cad", "aud", "nzd", "sgd", "hkd", "twd", "bsd", "bbd", "bzd", "bmd", "bnd", "kyd", "fjd", "gyd",
    "jmd", "lrd", "nad", "sbd", "srd", "ttd", "xcd",
];

/// An amount as the mail writes it, before its currency is known for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountAsked {
    /// The digits without the decimal point: `12.50` is 1250 with two decimals.
    pub digits: i64,
    /// How many of the digits are decimals.
    pub decimals: u8,
    /// The mark before three decimals may as well stand between thousands: `1.500` dinars.
    pub perhaps_thousands: bool,
    /// The currency, as far as the mail tells.
    pub currency: CurrencyAsked,
    /// The words.
    pub evidence: Span,
}

/// What a mail says of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrencyAsked {
    /// A code, or a sign or word that means one currency only.
    Known(Currency),
    /// A bare `$`: the account's dollar.
    Dollar,
    /// Nothing.
    Unsaid,
}

impl AmountAsked {
    /// The amount in `currency`, or `None` when the mail says another currency or more decimals than it has.
    pub fn in_currency(&self, currency: Currency) -> Option<Money> {
        let fits = match self.currency {
            CurrencyAsked::Known(known) => known == currency,
            CurrencyAsked::Dollar => DOLLARS.contains(&currency.as_str()),
            CurrencyAsked::Unsaid => true,
        };
        let money = Money::from_digits(self.digits, self.decimals, currency)?;
        (fits && money.minor > 0).then_some(money)
    }

    /// The amount in the currency that the mail says; a bare `$` is `dollar`. `None` where it says none.
    pub fn told(&self, dollar: Currency) -> Option<Money> {
        match self.currency {
            CurrencyAsked::Known(currency) => self.in_currency(currency),
            CurrencyAsked::Dollar => self.in_currency(dollar),
            CurrencyAsked::Unsaid => None,
        }
    }

    /// Every amount in `currency` that the mail may mean: none, one, or the two of `1.500` dinars.
    pub fn readings(&self, currency: Currency) -> Vec<Money> {
        let thousands = Self { decimals: 0, ..self.clone() };
        let second = self.perhaps_thousands.then(|| thousands.in_currency(currency)).flatten();
        self.in_currency(currency).into_iter().chain(second).collect()
    }
}

/// Something the mail names. A hint: it is looked at only among what belongs to the sender's own customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `in_…`
    Invoice(InvoiceId),
    /// `ch_…`
    Charge(ChargeId),
    /// `pi_…`
    PaymentIntent(PaymentIntentId),
    /// `sub_…`
    Subscription(SubscriptionId),
    /// `re_…`
    Refund(RefundId),
    /// `cs_…`
    CheckoutSession(CheckoutSessionId),
    /// `cus_…`
    Customer(CustomerId),
    /// An invoice number such as `ABCD1234-0001`.
    InvoiceNumber(String),
    /// A receipt number such as `1234-5678`.
    ReceiptNumber(String),
}

impl Reference {
    /// The reference as the mail writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invoice(id) => id.as_str(),
            Self::Charge(id) => id.as_str(),
            Self::PaymentIntent(id) => id.as_str(),
            Self::Subscription(id) => id.as_str(),
            Self::Refund(id) => id.as_str(),
            Self::CheckoutSession(id) => id.as_str(),
            Self::Customer(id) => id.as_str(),
            Self::InvoiceNumber(number) | Self::ReceiptNumber(number) => number,
        }
    }
}

/// The particulars of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots {
    /// The one amount asked for. `None` when there is none, or when [`Slots::unclear_amount`] says why there is not one.
    pub amount: Option<AmountAsked>,
    /// The mail asks for all of it.
    pub full: bool,
    /// Ids and numbers named, in the order of the mail.
    pub references: Vec<Reference>,
    /// An amount that cannot be told: "half", "the difference", several candidates.
    pub unclear_amount: Option<Span>,
    /// Last four digits of a card the mail names.
    pub card_last4: Option<String>,
    /// Days that the mail tells of a payment; those of the request itself alone where it names any. Deadlines and days of other
    /// things are left out.
    pub dates: Vec<DateAsked>,
    /// The mail speaks of the last payment.
    pub last_payment: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(digits: i64, decimals: u8, currency: CurrencyAsked) -> AmountAsked {
        AmountAsked {
            digits,
            decimals,
            perhaps_thousands: false,
            currency,
            evidence: Span { part: Part::Written, start: 0, text: String::new() },
        }
    }

    #[test]
    fn an_amount_takes_the_decimals_of_the_currency() {
        let kwd: Currency = "kwd".parse().unwrap();
        assert_eq!(
            asked(1250, 2, CurrencyAsked::Unsaid).in_currency(Currency::EUR),
            Some(Money::new(1250, Currency::EUR))
        );
        assert_eq!(
            asked(50, 0, CurrencyAsked::Unsaid).in_currency(Currency::EUR),
            Some(Money::new(5000, Currency::EUR))
        );
        assert_eq!(
            asked(5000, 0, CurrencyAsked::Unsaid).in_currency(Currency::JPY),
            Some(Money::new(5000, Currency::JPY))
        );
        assert_eq!(asked(125, 1, CurrencyAsked::Known(kwd)).in_currency(kwd), Some(Money::new(12_500, kwd)));
        assert_eq!(
            asked(500_000, 2, CurrencyAsked::Unsaid).in_currency(Currency::JPY),
            Some(Money::new(5000, Currency::JPY))
        );
    }

    #[test]
    fn an_amount_in_another_currency_or_with_cents_of_a_yen_is_no_amount() {
        assert_eq!(asked(50, 0, CurrencyAsked::Known(Currency::USD)).in_currency(Currency::EUR), None);
        assert_eq!(asked(1250, 2, CurrencyAsked::Unsaid).in_currency(Currency::JPY), None);
        assert_eq!(asked(50, 0, CurrencyAsked::Dollar).in_currency(Currency::EUR), None);
        assert_eq!(asked(0, 0, CurrencyAsked::Unsaid).in_currency(Currency::EUR), None);
    }

    #[test]
    fn a_dinar_is_no_dollar_although_its_code_ends_like_one() {
        let kwd: Currency = "kwd".parse().unwrap();
        assert_eq!(asked(20, 0, CurrencyAsked::Dollar).in_currency(kwd), None);
        assert_eq!(
            asked(20, 0, CurrencyAsked::Dollar).in_currency(Currency::USD),
            Some(Money::new(2_000, Currency::USD))
        );
    }

    #[test]
    fn three_decimals_that_may_be_thousands_have_both_readings() {
        let kwd: Currency = "kwd".parse().unwrap();
        let asked = AmountAsked { perhaps_thousands: true, ..asked(1_500, 3, CurrencyAsked::Known(kwd)) };
        assert_eq!(asked.readings(kwd), [Money::new(1_500, kwd), Money::new(1_500_000, kwd)]);
        assert_eq!(asked.readings(Currency::EUR), []);
    }
}
