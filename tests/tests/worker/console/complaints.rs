//! Keys that cannot be used, as the toolkit tells it.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::Scripts;

use super::Console;
use crate::shop::shop;
use crate::world::run;

/// May look up customers and invoices.
const LITTLE: &str = "rk_test_larkspur_little_0005";
const EXPIRED: &str = "rk_test_larkspur_expired_0004";

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_in_place_and_the_key_is_not_repeated() -> Result<()> {
    let mut seed = shop(1);
    if let Some(keys) = seed.pointer_mut("/test/keys").and_then(|keys| keys.as_array_mut()) {
        keys.push(json!({ "key": LITTLE, "permissions": ["rak_customer_read", "rak_invoice_read"] }));
        keys.push(json!({ "key": EXPIRED, "permissions": [], "expired": true }));
    }
    run(&seed, async |w| {
        let console = Console::start(w).await?;
        let browser = console.browser(Scripts::Off).await?;
        for (key, told) in [
            ("pk_test_larkspurlarkspur0001", "a publishable key (pk_…) was given"),
            ("whsec_larkspurlarkspur0001", "the signing secret of a webhook"),
            ("sk_live_larkspur_demo_0001", "live keys are not switched on here"),
            ("rk_test_nobodyhasthiskey0006", "Stripe does not accept this key"),
            (EXPIRED, "Stripe does not accept this key: it has expired"),
        ] {
            console.pastes(&browser, key).await?;
            browser.sees(told).await?;
            ensure!(!browser.source().await?.contains(key), "{key} is on the page");
            ensure!(!browser.has("p.chip.good.big").await?, "{key} is connected");
        }
        // A key that may do too little is connected, and what it lacks is named where it is needed.
        console.pastes(&browser, LITTLE).await?;
        browser.sees("● Connected").await?;
        browser.sees("The key lacks a permission for it").await?;
        let words = browser.words().await?;
        ensure!(words.contains("✘ Charges and Refunds: Read"), "{words}");
        ensure!(!browser.source().await?.contains(LITTLE), "the key is on the page");
        Ok(())
    })
    .await
}
