//! Links that a customer is sent, and the portal they lead to.

use domain::ids::{CustomerId, PaymentLinkId, PortalConfigurationId, PortalSessionId};
use domain::{ActionId, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{Link, our_action, reference};

/// A page on which anybody who has its address can pay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentLink {
    /// Its id.
    pub id: PaymentLinkId,
    /// Its address.
    pub url: Link,
    /// It takes payments.
    pub active: bool,
    /// The action of ours that made it.
    #[serde(default, rename = "metadata", deserialize_with = "our_action")]
    pub action: Option<ActionId>,
}

/// A visit to the customer portal: whoever opens the address first, soon enough, is that customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PortalSession {
    /// Its id.
    pub id: PortalSessionId,
    /// Its address.
    pub url: Link,
    /// Whose visit it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// When it was made.
    #[serde(with = "second::required")]
    pub created: Timestamp,
}

/// What customers may do in the portal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PortalConfiguration {
    /// Its id.
    pub id: PortalConfigurationId,
    /// It can be used.
    pub active: bool,
    /// It is used when none is named.
    #[serde(default)]
    pub is_default: bool,
    /// The page where a customer logs in by mail.
    pub login_page: LoginPage,
}

/// The page where a customer logs in by mail; its address lasts and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LoginPage {
    /// It can be used.
    pub enabled: bool,
    /// Its address.
    pub url: Option<Link>,
}
