//! Create a link to the customer portal.
//!
//! A session is a bearer link: whoever holds it is the customer. It is made for an authenticated sender only; everybody else gets
//! the login page, which asks for proof itself and does not expire while the draft waits.

use domain::draft::{Link, LinkKind};
use domain::{Outcome, ReasonCode};
use stripe_client::CallError;

use super::{Case, Conclusion, Plan};
use crate::action::Request;
use crate::customer::{OnFile, Payer};
use crate::finding::Finding;
use crate::reply::Saying;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let configurations = case.reader.portal_configurations().await?.value.items;
    let usable = configurations.iter().filter(|configuration| configuration.active);
    let Some(configuration) = usable.max_by_key(|configuration| configuration.is_default) else {
        let text = "no customer-portal configuration is saved in Stripe; save one under Settings, Billing, Customer portal";
        return Ok(Finding::handoff(ReasonCode::PortalNotConfigured, text).into());
    };
    let page = &configuration.login_page;
    let login_page = page.url.as_ref().filter(|_| page.enabled).map(|url| url.as_str().to_owned());
    Ok(conclude(case, login_page))
}

fn conclude(case: &Case<'_>, login_page: Option<String>) -> Conclusion {
    match (case.customers, login_page) {
        ([OnFile { id: payer @ Payer::Customer(customer), .. }], login_page)
            if case.assurance.proves_sender() =>
        {
            Conclusion::Act(Box::new(Plan {
                request: Request::PortalSession { customer: customer.clone(), login_page },
                assurance: case.assurance,
                basis: Finding::answered("").about(payer),
            }))
        }
        (_, Some(url)) => login(url).into(),
        (_, None) if case.assurance.proves_sender() => {
            let text = "a portal session is for one customer, and no login page is switched on in Stripe";
            Finding::question(ReasonCode::SeveralCustomers, text).say([Saying::WhichAccount]).into()
        }
        (_, None) => {
            let text =
                "a portal session needs an authenticated sender, and no login page is switched on in Stripe";
            Finding::new(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated, text)
                .say([Saying::Verify])
                .into()
        }
    }
}

/// The answer that holds for everybody.
pub(crate) fn login(url: String) -> Finding {
    Finding::new(Outcome::Answered, ReasonCode::LoginPageGiven, "the portal's login page is given")
        .say([Saying::PortalLogin { url: url.clone() }])
        .link(Some(Link { kind: LinkKind::PortalLogin, url, bearer: false, expires_at: None }))
}
