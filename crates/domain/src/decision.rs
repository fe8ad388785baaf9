//! A decision about an approval as it comes in by the queue: `postill.approval_decision.v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Actor, ApprovalId, Money};

/// The value of [`ApprovalDecision::schema`].
pub const SCHEMA: &str = "postill.approval_decision.v1";

/// What somebody decided about what waits for them. Whoever may publish it is believed: the broker's permissions say who that is.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDecision {
    /// Always `postill.approval_decision.v1`.
    pub schema: SchemaName,
    /// What it is about: `actions[].approval.id` of the draft context.
    pub approval: ApprovalId,
    /// Whether it may be done.
    pub decision: Verdict,
    /// How much may be refunded at most, when that is less than what waits; only with `approve`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecidedAmount>,
    /// Who decided, for the audit trail. Not whoever asked for it, and with two votes needed, two different names.
    pub by: Actor,
    /// Why not; needed with `reject`, and only there. At most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Hides who decided and why.
impl std::fmt::Debug for ApprovalDecision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApprovalDecision")
            .field("approval", &self.approval)
            .field("decision", &self.decision)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// The one schema name this version reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DecisionSchemaName")]
pub enum SchemaName {
    /// Version 1.
    #[default]
    #[serde(rename = "postill.approval_decision.v1")]
    V1,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be done.
    Approve,
    /// It may not.
    Reject,
}

/// An amount; a property too many is refused here as well, since it is money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecidedAmount {
    /// Minor units (cents; yen; thousandths of a dinar), more than zero.
    #[schemars(range(min = 1))]
    pub minor: i64,
    /// The currency of the request.
    pub currency: crate::Currency,
}

impl From<DecidedAmount> for Money {
    fn from(amount: DecidedAmount) -> Self {
        Self::new(amount.minor, amount.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decision() -> serde_json::Value {
        json!({ "schema": SCHEMA, "approval": format!("apr_{}", "0".repeat(24)), "decision": "approve", "by": "kim" })
    }

    fn read(document: serde_json::Value) -> Result<ApprovalDecision, serde_json::Error> {
        serde_json::from_value(document)
    }

    #[test]
    fn what_is_not_known_is_not_passed_over() {
        assert!(read(decision()).is_ok());
        for (name, value) in [
            ("amuont", json!({ "minor": 5, "currency": "eur" })),
            ("amount", json!({ "minor": 5, "currency": "eur", "most": 7 })),
            ("amount", json!({ "minor": 5.5, "currency": "eur" })),
            ("amount", json!(5)),
            ("decision", json!("yes")),
            ("by", json!("")),
            ("approval", json!("apr_1")),
            ("schema", json!("postill.approval_decision.v2")),
        ] {
            let mut wrong = decision();
            wrong[name] = value;
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn debug_says_neither_who_nor_why() {
        let mut rejected = decision();
        rejected["decision"] = json!("reject");
        rejected["reason"] = json!("kim knows the customer");
        assert!(!format!("{:?}", read(rejected).unwrap()).contains("kim"));
    }
}
