//! Links to pay, and links into the customer portal.

use anyhow::Result;
use domain::draft::LinkKind;
use domain::{Outcome, ReasonCode};
use serde_json::json;

use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, LOGIN_PAGE, Stock};

fn pays() -> Letter {
    Letter::from(ADA).asks("Please send me a link to pay 75.00 EUR for the workshop.")
}

fn wants_the_portal() -> Letter {
    Letter::from(ADA).asks("Please send me a link to the customer portal so that I can update my card.")
}

#[tokio::test]
async fn an_open_invoice_is_paid_on_its_own_page() -> Result<()> {
    let stock =
        Stock::of_ada_and_bob().invoice("in_1001", "ADAL0001-0001", 2_900, "-9d", json!({"status": "open"}));
    let shop = Shop::open(stock).await?;
    let letter = Letter::from(ADA).asks("How can I pay what is open? Please send me a link.");
    let draft = shop.receives(&letter).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("On your invoice ADAL0001-0001, €29.00 is open.");
    assert!(draft.link(LinkKind::HostedInvoice).is_some_and(|url| draft.text().contains(url)));
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_link_for_an_amount_is_made_once() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    let draft = shop.receives(&pays()).await?;
    draft.ends(Outcome::Answered, ReasonCode::LinkCreated);
    draft.says("You can pay €75.00 here: https://");
    shop.receives(&pays()).await?;
    shop.receives(&pays().by_way_of("relay.shop.example")).await?;
    let links = shop.kept("payment_links").await?;
    assert_eq!(links.len(), 1);
    let limit = links.first().and_then(|link| link.pointer("/restrictions/completed_sessions/limit"));
    assert_eq!(limit, Some(&json!(1)), "one payment and no more");
    Ok(())
}

#[tokio::test]
async fn the_link_made_before_a_crash_is_the_one_told() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    shop.is_killed_over(&pays()).await?;
    let draft = shop.receives(&pays()).await?;
    let links = shop.kept("payment_links").await?;
    assert_eq!(links.len(), 1);
    let made = links.first().and_then(|link| link.get("url")).and_then(|url| url.as_str());
    assert_eq!(draft.link(LinkKind::Payment), made);
    Ok(())
}

#[tokio::test]
async fn without_anything_open_and_without_an_amount_there_is_nothing_to_pay() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    let letter = Letter::from(ADA).asks("How can I pay what is open? Please send me a link.");
    shop.receives(&letter).await?.ends(Outcome::NeedsClarification, ReasonCode::NothingToPay);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_amount_that_is_not_clear_is_asked_for() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    let letter = Letter::from(ADA).asks("Please send me a link to pay 80 EUR or 100 EUR for the workshop.");
    shop.receives(&letter).await?.ends(Outcome::NeedsClarification, ReasonCode::AmountUnclear);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_portal_session_is_for_the_proven_customer_only() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().portal()).await?;
    let draft = shop.receives(&wants_the_portal()).await?;
    draft.ends(Outcome::Answered, ReasonCode::LinkCreated);
    assert!(draft.link(LinkKind::PortalSession).is_some_and(|url| draft.text().contains(url)));
    draft.says(LOGIN_PAGE);
    assert_eq!(shop.kept("portal_sessions").await?.len(), 1);

    for letter in [wants_the_portal().unproven(), wants_the_portal().with_spf_only()] {
        let draft = shop.receives(&letter).await?;
        draft.ends(Outcome::Answered, ReasonCode::LoginPageGiven);
        assert_eq!(draft.link(LinkKind::PortalSession), None);
        draft.says(LOGIN_PAGE);
    }
    assert_eq!(shop.kept("portal_sessions").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn of_several_customers_nobody_gets_a_session() -> Result<()> {
    let twin = json!({"id": "cus_twin", "email": ADA, "created": "-100d"});
    let with_page = Shop::open(Stock::of_ada_and_bob().portal().has("customers", twin.clone())).await?;
    with_page.receives(&wants_the_portal()).await?.ends(Outcome::Answered, ReasonCode::LoginPageGiven);

    let bare = json!({"id": "bpc_1", "is_default": true, "active": true, "login_page": {"enabled": false}});
    let stock = Stock::of_ada_and_bob().has("customers", twin).has("portal_configurations", bare);
    let without_page = Shop::open(stock).await?;
    let draft = without_page.receives(&wants_the_portal()).await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralCustomers);
    assert_eq!(with_page.writes().await? + without_page.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_portal_that_was_never_set_up_goes_to_a_person() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    shop.receives(&wants_the_portal()).await?.ends(Outcome::Handoff, ReasonCode::PortalNotConfigured);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_dry_run_gives_the_login_page() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().portal()).await?;
    let draft = shop.simulates(wants_the_portal().bytes()).await?;
    draft.ends(Outcome::Answered, ReasonCode::DryRun);
    assert_eq!(draft.link(LinkKind::PortalLogin), Some(LOGIN_PAGE));
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}
