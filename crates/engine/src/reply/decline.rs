//! Why a payment failed, in words a customer may read.

/// Why a payment failed, as far as it may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decline {
    InsufficientFunds,
    LimitReached,
    ExpiredCard,
    WrongSecurityCode,
    WrongDetails,
    NeedsAuthentication,
    /// The card, or the currency, is not meant for it.
    NotSupported,
    /// Something technical: the same may go through next time.
    TryAgain,
    /// The bank gave no reason that may be passed on.
    ByBank,
    /// Not the bank: the merchant's own rules, or Stripe's.
    NotAccepted,
}

impl Decline {
    /// From the type of a charge's outcome: what the merchant's rules blocked was never declined by a bank, whatever the code says.
    pub(crate) fn of_outcome(kind: Option<&str>, code: Option<&str>) -> Self {
        if kind == Some("blocked") { Self::NotAccepted } else { Self::from_code(code) }
    }

    /// From Stripe's `failure_code`, `decline_code` or the reason of an outcome. Codes that would tip off a thief or accuse an honest
    /// payer (lost, stolen, fraudulent, restricted) are "by the bank", and so is every code of tomorrow.
    pub(crate) fn from_code(code: Option<&str>) -> Self {
        let Some(code) = code else { return Self::ByBank };
        let groups = [
            (INSUFFICIENT_FUNDS, Self::InsufficientFunds),
            (LIMIT_REACHED, Self::LimitReached),
            (EXPIRED, Self::ExpiredCard),
            (SECURITY_CODE, Self::WrongSecurityCode),
            (DETAILS, Self::WrongDetails),
            (AUTHENTICATION, Self::NeedsAuthentication),
            (NOT_SUPPORTED, Self::NotSupported),
            (TECHNICAL, Self::TryAgain),
            (NOT_BY_THE_BANK, Self::NotAccepted),
        ];
        let found = groups.into_iter().find(|(codes, _)| codes.contains(&code));
        found.map_or(Self::ByBank, |(_, decline)| decline)
    }
}

const INSUFFICIENT_FUNDS: &[&str] = &["insufficient_funds"];
const LIMIT_REACHED: &[&str] = &["card_velocity_exceeded", "withdrawal_count_limit_exceeded"];
const EXPIRED: &[&str] = &["expired_card", "invalid_expiry_month", "invalid_expiry_year"];
const SECURITY_CODE: &[&str] = &["incorrect_cvc", "invalid_cvc"];
const DETAILS: &[&str] = &[
    "incorrect_number",
    "invalid_number",
    "incorrect_zip",
    "incorrect_address",
    "account_number_invalid",
    "no_account",
    "invalid_account_number",
];
const AUTHENTICATION: &[&str] = &[
    "authentication_required",
    "authentication_not_handled",
    "payment_intent_authentication_failure",
    "mobile_device_authentication_required",
];
const NOT_SUPPORTED: &[&str] = &["card_not_supported", "currency_not_supported"];
const TECHNICAL: &[&str] =
    &["processing_error", "issuer_not_available", "reenter_transaction", "try_again_later"];
const NOT_BY_THE_BANK: &[&str] = &["merchant_blacklist", "highest_risk_level", "elevated_risk_level", "rule"];

#[cfg(test)]
mod tests {
    use domain::{Currency, Language, Money, Timestamp};

    use super::super::{Saying, say};
    use super::*;

    const EVERY: [Decline; 10] = [
        Decline::InsufficientFunds,
        Decline::LimitReached,
        Decline::ExpiredCard,
        Decline::WrongSecurityCode,
        Decline::WrongDetails,
        Decline::NeedsAuthentication,
        Decline::NotSupported,
        Decline::TryAgain,
        Decline::ByBank,
        Decline::NotAccepted,
    ];

    #[track_caller]
    fn check(codes: &[&str], expected: Decline) {
        for code in codes {
            assert_eq!(Decline::from_code(Some(code)), expected, "{code}");
        }
    }

    #[test]
    fn what_a_customer_can_mend_is_told() {
        check(&["insufficient_funds"], Decline::InsufficientFunds);
        check(&["card_velocity_exceeded"], Decline::LimitReached);
        check(&["expired_card"], Decline::ExpiredCard);
        check(&["incorrect_cvc"], Decline::WrongSecurityCode);
        check(&["incorrect_number", "incorrect_zip"], Decline::WrongDetails);
        check(&["authentication_required"], Decline::NeedsAuthentication);
        check(&["card_not_supported"], Decline::NotSupported);
        check(&["processing_error", "try_again_later"], Decline::TryAgain);
    }

    #[test]
    fn what_would_accuse_or_tip_off_is_the_banks_decision() {
        check(
            &[
                "stolen_card",
                "lost_card",
                "pickup_card",
                "fraudulent",
                "restricted_card",
                "security_violation",
            ],
            Decline::ByBank,
        );
        check(&["do_not_honor", "generic_decline", "card_declined", "a_code_of_tomorrow"], Decline::ByBank);
        assert_eq!(Decline::from_code(None), Decline::ByBank);
    }

    #[test]
    fn what_the_merchants_rules_blocked_is_not_blamed_on_the_bank() {
        assert_eq!(Decline::of_outcome(Some("blocked"), Some("highest_risk_level")), Decline::NotAccepted);
        assert_eq!(Decline::of_outcome(Some("blocked"), None), Decline::NotAccepted);
        assert_eq!(Decline::of_outcome(Some("issuer_declined"), Some("expired_card")), Decline::ExpiredCard);
    }

    #[test]
    fn no_word_of_a_decline_accuses_anybody() {
        let accusing = [
            "fraud",
            "stolen",
            "lost",
            "risk",
            "betrug",
            "gestohlen",
            "verloren",
            "risiko",
            "volé",
            "perdu",
            "risque",
            "robad",
            "perdid",
            "riesgo",
            "frode",
            "rubat",
            "smarrit",
            "rischio",
            "roubad",
            "risco",
            "gestolen",
            "fraude",
        ];
        let (amount, on) = (Money::new(2_500, Currency::EUR), Timestamp::UNIX_EPOCH);
        for (why, language) in EVERY.into_iter().flat_map(|why| Language::ALL.map(|language| (why, language)))
        {
            let text = say(&Saying::PaymentFailed { amount, on, why }, language).to_lowercase();
            let found = accusing.into_iter().find(|word| text.contains(word));
            assert_eq!(found, None, "{text}");
        }
    }

    #[test]
    fn every_decline_has_words_of_its_own_in_every_language() {
        let (amount, on) = (Money::new(2_500, Currency::EUR), Timestamp::UNIX_EPOCH);
        let words =
            |why| Language::ALL.map(|language| say(&Saying::PaymentFailed { amount, on, why }, language));
        let mut texts: Vec<String> = EVERY.into_iter().flat_map(words).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), EVERY.len() * Language::ALL.len());
    }
}
