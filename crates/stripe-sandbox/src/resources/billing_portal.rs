//! The customer portal: its configurations, and sessions, which are short-lived links for one customer.

use serde_json::json;

use crate::auth::{Mode, Permission};
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::fields::Holds::{Anything, Boolean, Metadata, Object, Reference, Text, Time};
use crate::fields::Otherwise::{self, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape, nothing_derived};
use crate::paging::{Listing, equal};
use crate::parameters::{Accepts, EXPAND, Parameter, optional, required};
use crate::refusal::Refusal;
use crate::world::token;

pub(crate) const READ: Permission = Permission::denied(&["rak_customer_portal_read"]);
pub(crate) const WRITE: Permission = Permission::denied(&["rak_customer_portal_write"]);

pub(crate) static CONFIGURATION: Shape = Shape {
    section: "portal_configurations",
    object: "billing_portal.configuration",
    spoken: "configuration",
    path_parameter: "configuration",
    prefixes: &["bpc_"],
    read: READ,
    fields: CONFIGURATION_FIELDS,
    indexed: &[],
    hidden: &[],
    complete: nothing_derived,
};

pub(crate) static SESSION: Shape = Shape {
    section: "portal_sessions",
    object: "billing_portal.session",
    spoken: "portal session",
    path_parameter: "session",
    prefixes: &["bps_"],
    read: READ,
    fields: SESSION_FIELDS,
    indexed: &["customer"],
    hidden: &[],
    complete: nothing_derived,
};

pub(crate) static CONFIGURATION_LISTING: Listing = Listing {
    kind: Kind::PortalConfiguration,
    filters: &[
        equal(optional("is_default", Accepts::Boolean), "is_default"),
        equal(optional("active", Accepts::Boolean), "active"),
    ],
    within: None,
};

pub(crate) const CREATE_SESSION: &[Parameter] = &[
    required("customer", Accepts::Id(Kind::Customer)),
    optional("configuration", Accepts::Id(Kind::PortalConfiguration)),
    optional("return_url", Accepts::Text),
    optional("locale", Accepts::Text),
    optional("after_expiration", Accepts::Fields(AFTER_EXPIRATION)),
    optional("flow_data", Accepts::Fields(FLOW)),
    EXPAND,
];

const AFTER_EXPIRATION: &[Parameter] = &[required("type", Accepts::OneOf(&["customer_login"]))];
const FLOW: &[Parameter] = &[
    required(
        "type",
        Accepts::OneOf(&["payment_method_update", "subscription_cancel", "subscription_update"]),
    ),
    optional("subscription_cancel", Accepts::Fields(&[required("subscription", Accepts::Text)])),
    optional("subscription_update", Accepts::Fields(&[required("subscription", Accepts::Text)])),
];

pub(crate) fn check_session(parameters: &Document) -> Result<(), Refusal> {
    let is_url = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    match parameters.text("return_url") {
        Some(url) if !is_url(url) => {
            Err(Refusal::invalid("Not a valid URL").with_code("url_invalid").with_param("return_url"))
        }
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn create_session(call: &mut Call<'_>) -> Outcome {
    let customer = call.parameters.text("customer").unwrap_or_default();
    call.named(Kind::Customer, customer, "customer")?;
    let configuration = configuration(call)?;
    let return_url = call.parameters.at("return_url").or(configuration.at("default_return_url"));
    let sessions = call.world.table(Kind::PortalSession).map_or(0, crate::world::Table::len);
    let secret = token(u64::try_from(sessions).unwrap_or_default() + 1, 32);
    let own = json!({
        "after_expiration": call.parameters.at("after_expiration"),
        "configuration": configuration.id(),
        "customer": customer,
        "flow": call.parameters.at("flow_data"),
        "locale": call.parameters.at("locale"),
        "return_url": return_url,
        "url": format!("https://billing.stripe.com/p/session/{}{secret}", call.world.mode.link_prefix()),
    });
    let id = call.world.create(Kind::PortalSession, own, call.now)?;
    call.shown(Kind::PortalSession, &id)
}

/// The configuration that is asked for, or the account's default one.
fn configuration<'a>(call: &'a Call<'_>) -> Result<&'a Document, Refusal> {
    if let Some(id) = call.parameters.text("configuration") {
        let named = call.named(Kind::PortalConfiguration, id, "configuration")?;
        if !named.is("active") {
            return Err(
                Refusal::invalid("The configuration specified is inactive.").with_param("configuration")
            );
        }
        return Ok(named);
    }
    let rows = call.world.table(Kind::PortalConfiguration).map_or(&[][..], |table| table.rows());
    let default = rows.iter().map(|row| &row.document).find(|row| row.is("is_default") && row.is("active"));
    default.ok_or_else(|| no_default(call.world.mode))
}

fn no_default(mode: Mode) -> Refusal {
    let (name, folder) = (mode.as_str(), mode.dashboard_folder());
    Refusal::invalid(format!(
        "No configuration provided and your {name} mode default configuration has not been created. Provide a configuration \
         or create your default by saving your customer portal settings in {name} mode at \
         https://dashboard.stripe.com/{folder}settings/billing/portal."
    ))
}

const CONFIGURATION_FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("active", Boolean, Otherwise::Boolean(true)),
    field("application", Text, Null),
    field("business_profile", Object(BUSINESS_PROFILE), Defaults),
    field("created", Time, Now),
    field("default_return_url", Text, Null),
    field("features", Anything, Empty),
    field("is_default", Boolean, Otherwise::Boolean(false)),
    field("login_page", Object(LOGIN_PAGE), Defaults),
    field("metadata", Metadata, Empty),
    field("name", Text, Null),
    field("updated", Time, Now),
];

const BUSINESS_PROFILE: &[Field] = &[
    field("headline", Text, Null),
    field("privacy_policy_url", Text, Null),
    field("terms_of_service_url", Text, Null),
];
const LOGIN_PAGE: &[Field] =
    &[field("enabled", Boolean, Otherwise::Boolean(false)), field("url", Text, Null)];

const SESSION_FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("after_expiration", Anything, Null),
    field("configuration", Reference(Kind::PortalConfiguration), Required),
    field("created", Time, Now),
    field("customer", Reference(Kind::Customer), Required),
    field("flow", Anything, Null),
    field("locale", Text, Null),
    field("on_behalf_of", Text, Null),
    field("return_url", Text, Null),
    field("url", Text, Required),
];
