//! The whole way of a new user.

use anyhow::{Context as _, Result, ensure};
use tests::{Browser, Hands, Scripts};

use super::{Console, NAME, unconnected};
use crate::letters::{Ends, Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::{KEY, address, shop};
use crate::world::{PATIENCE, World, run, started};

const LOOKUP_IS_OFF: &str = "#invoice_lookup button[value=off][aria-pressed=true]";

#[tokio::test]
async fn a_new_user_connects_switches_simulates_and_approves() -> Result<()> {
    run(&shop(2), async |w| whole_way(w, Scripts::On, Hands::Mouse).await).await
}

#[tokio::test]
async fn the_same_way_without_scripts() -> Result<()> {
    run(&shop(2), async |w| whole_way(w, Scripts::Off, Hands::Mouse).await).await
}

#[tokio::test]
async fn the_same_way_with_the_keyboard_alone() -> Result<()> {
    run(&shop(2), async |w| whole_way(w, Scripts::On, Hands::Keyboard).await).await
}

async fn whole_way(w: &World, scripts: Scripts, hands: Hands) -> Result<()> {
    let console = Console::start(w).await?;
    let browser = console.worked_with(scripts, hands).await?;
    ensure!(browser.address().await?.ends_with("/toolkit"), "{}", browser.address().await?);
    browser.sees("NOT CONNECTED").await?;
    console.connects(&browser).await?;

    browser.presses("#refund .switch", "Ask a person").await?;
    browser.sees("● Connected").await?;
    browser.presses("#cancel_subscription .switch", "On").await?;
    ensure!(
        browser.has("#refund button[value=approval][aria-pressed=true]").await?,
        "refund is not on approval"
    );
    ensure!(
        browser.has("#cancel_subscription button[value=on][aria-pressed=true]").await?,
        "cancelling is not on"
    );

    simulates(w, &console, &browser).await?;
    ensure!(w.objects("refunds").await?.is_empty(), "the simulator refunded");

    let worker = started(unconnected(w, ["worker"])).await?;
    let wish = Letter { ends: Ends::Draft("needs_approval"), ..letter(0, 0, Wish::Refund) };
    w.answers(&wish, "needs_approval").await?;
    browser.go(&console.page("activity")).await?;
    browser.sees("needs approval").await?;

    browser.go(&console.page("approvals")).await?;
    browser.presses("main table", "Refund").await?;
    browser.sees("€25.00").await?;
    browser.types("Less than all of it", "20.00").await?;
    browser.presses("main", "Approve").await?;
    browser.sees("approved").await?;
    w.waits_for_objects("refunds", 1).await?;
    let refunds = w.objects("refunds").await?;
    ensure!(refunds.iter().all(|refund| at(refund, "/amount") == 2_000), "{refunds:?}");

    browser.go(&console.page("audit")).await?;
    let words = browser.words().await?;
    for event in ["approval.approved", "switch.set", "connection.stored", "session.began", "simulator.run"] {
        ensure!(words.contains(event), "{event} is not in the trail: {words}");
    }
    ensure!(words.contains(NAME), "{words}");
    w.stops(worker).await
}

/// "Can you check my latest invoice?": the call, the details, and nothing done.
async fn simulates(w: &World, console: &Console, browser: &Browser) -> Result<()> {
    browser.go(&console.page("simulator")).await?;
    browser.types("From", &address(0)).await?;
    browser.types("Message", "Can you check my latest invoice?").await?;
    browser.presses("form.simulator", "Simulate").await?;
    browser.sees("nothing was changed").await?;
    for told in ["answered", "Look up invoices and payment history", "GET /v1/invoices", "cus_0000", "€25.00"]
    {
        browser.sees(told).await?;
    }
    browser.presses("form.simulator", "Save as test case").await?;
    let case = browser.keeps().await?;
    let case = case.to_str().context("a path that is no text")?;
    let again = w.postill(["simulate", "--case", case]).finish(PATIENCE).await?;
    ensure!(again.status.success(), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn the_keyboard_begins_in_the_first_field_and_skips_the_navigation() -> Result<()> {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    run(&shop(1), async |w| {
        let console = Console::start(w).await?;
        let browser = Browser::open(Scripts::On).await?;
        browser.go(&console.url).await?;
        browser.sees("Sign in").await?;
        browser.keys(NAME).await?;
        browser.keys(TAB).await?;
        browser.keys(&format!("{}{ENTER}", super::PASSWORD)).await?;
        browser.sees("Sign out").await?;
        browser.keys(TAB).await?;
        ensure!(browser.focus().await?.contains("Skip to the content"), "{}", browser.focus().await?);
        browser.keys(ENTER).await?;
        browser.keys(TAB).await?;
        ensure!(browser.has("main :focus").await?, "the focus is at {}", browser.focus().await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn each_workspace_has_a_key_and_switches_of_its_own() -> Result<()> {
    run(&shop(1), async |w| {
        let console = Console::start(w).await?;
        let browser = console.browser(Scripts::On).await?;
        console.connects(&browser).await?;
        browser.go(&console.page("settings")).await?;
        browser.presses("main", "Add a workspace").await?;
        browser.types("Name of the workspace", "acme").await?;
        browser.presses("main details form", "Add").await?;
        browser.sees("NOT CONNECTED").await?;
        ensure!(browser.address().await?.ends_with("/w/acme/toolkit"), "{}", browser.address().await?);

        browser.types("Stripe Secret Key", KEY).await?;
        browser.presses("details.connect form", "Connect").await?;
        browser.sees("● Connected").await?;
        browser.presses("#invoice_lookup .switch", "Off").await?;
        browser.sees("● Connected").await?;
        ensure!(browser.has(LOOKUP_IS_OFF).await?, "it is not off");

        browser.presses("details.workspaces", "Workspace").await?;
        browser.presses("details.workspaces ul", "default").await?;
        browser.sees("● Connected").await?;
        ensure!(browser.address().await?.ends_with("/w/default/toolkit"), "{}", browser.address().await?);
        ensure!(!browser.has(LOOKUP_IS_OFF).await?, "it is off in the other workspace, too");
        Ok(())
    })
    .await
}
