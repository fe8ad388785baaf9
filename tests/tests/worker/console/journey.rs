//! The whole way of a new user.

use anyhow::{Result, ensure};
use tests::{Browser, Scripts};

use super::{Console, NAME, unconnected};
use crate::letters::{Ends, Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::{address, shop};
use crate::world::{World, run, started};

#[tokio::test]
async fn a_new_user_connects_switches_simulates_and_approves() -> Result<()> {
    run(&shop(2), async |w| whole_way(w, Scripts::On).await).await
}

#[tokio::test]
async fn the_same_way_without_scripts() -> Result<()> {
    run(&shop(2), async |w| whole_way(w, Scripts::Off).await).await
}

async fn whole_way(w: &World, scripts: Scripts) -> Result<()> {
    let console = Console::start(w).await?;
    let browser = console.browser(scripts).await?;
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

    simulates(&console, &browser).await?;
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
async fn simulates(console: &Console, browser: &Browser) -> Result<()> {
    browser.go(&console.page("simulator")).await?;
    browser.types("From", &address(0)).await?;
    browser.types("Message", "Can you check my latest invoice?").await?;
    browser.presses("form.simulator", "Simulate").await?;
    browser.sees("nothing was changed").await?;
    for told in ["answered", "Look up invoices and payment history", "GET /v1/invoices", "cus_0000", "€25.00"]
    {
        browser.sees(told).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_is_connected_and_a_function_switched_with_the_keyboard_alone() -> Result<()> {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    run(&shop(1), async |w| {
        let console = Console::start(w).await?;
        let browser = Browser::open(Scripts::On).await?;
        browser.go(&console.url).await?;
        browser.sees("Sign in").await?;
        // The first field has the focus already.
        browser.keys(NAME).await?;
        browser.keys(TAB).await?;
        browser.keys(&format!("{}{ENTER}", super::PASSWORD)).await?;
        browser.sees("Sign out").await?;
        // The link that skips the navigation comes first, and leads to the content.
        browser.keys(TAB).await?;
        ensure!(browser.focus().await?.contains("Skip to the content"), "{}", browser.focus().await?);
        browser.keys(ENTER).await?;
        tab_to(&browser, "key").await?;
        browser.keys(&format!("{}{ENTER}", crate::shop::KEY)).await?;
        browser.sees("● Connected").await?;
        tab_to(&browser, "Off").await?;
        browser.keys(ENTER).await?;
        browser.sees("● Connected").await?;
        ensure!(browser.has("#invoice_lookup button[value=off][aria-pressed=true]").await?, "it is not off");
        Ok(())
    })
    .await
}

/// Presses the tabulator until the focus is where it is wanted.
async fn tab_to(browser: &Browser, wanted: &str) -> Result<()> {
    for _ in 0..60 {
        browser.keys("\u{e004}").await?;
        if browser.focus().await? == wanted {
            return Ok(());
        }
    }
    anyhow::bail!("the tabulator does not lead to {wanted}")
}
