//! Every page can be seen, reached and understood: by light and by dark, in a wide window and on a telephone.

use anyhow::{Result, ensure};
use tests::{Browser, Scripts, View};

use super::{Console, unconnected};
use crate::letters::{Ends, Letter, Wish, broken, letter};
use crate::shop::{address, shop};
use crate::world::{PATIENCE, World, run, started};

const VIEWS: [View; 4] = [
    View { scheme: "light", width: 1_280 },
    View { scheme: "dark", width: 1_280 },
    View { scheme: "light", width: 390 },
    View { scheme: "dark", width: 390 },
];

#[tokio::test]
async fn no_page_has_a_barrier() -> Result<()> {
    run(&shop(2), async |w| {
        let console = Console::start(w).await?;
        let browser = console.browser(Scripts::On).await?;
        let mut pages = vec![format!("{}/w/nowhere/", console.url), console.page("toolkit")];
        let mut barriers = found(&browser, &pages).await?;
        something_happens(w, &console, &browser).await?;

        let places = [
            "overview",
            "toolkit",
            "activity",
            "replays",
            "approvals",
            "dead",
            "audit",
            "settings",
            "people",
        ];
        pages = places.map(|place| console.page(place)).to_vec();
        for (page, link) in [
            ("activity", "/w/default/activity/live/"),
            ("approvals", "/w/default/approvals/apr_"),
            ("dead", "/w/default/dead/grp_"),
            ("people", "/w/default/people/person"),
        ] {
            browser.go(&console.page(page)).await?;
            pages.push(browser.link(link).await?);
        }
        barriers.extend(found(&browser, &pages).await?);
        simulated(&console, &browser).await?;
        for view in VIEWS {
            browser.views(view).await?;
            barriers.extend(told(&browser, view).await?);
        }
        let stranger = Browser::open(Scripts::On).await?;
        barriers.extend(found(&stranger, std::slice::from_ref(&console.url)).await?);
        ensure!(barriers.is_empty(), "{}", barriers.join("\n"));
        Ok(())
    })
    .await
}

/// The inspection itself finds what it is there for.
#[tokio::test]
async fn barriers_are_found_where_there_are_some() -> Result<()> {
    let page = "data:text/html,<body style='width:3000px'><h1>One</h1><h3 id=a>Three</h3><p id=a style='color:%23aaa'>pale</p>\
                <input><button style='width:9px;height:9px'></button><table><tr><th>a</th></tr></table><img src=x>\
                <label for=nobody>of nobody</label>";
    let browser = Browser::open(Scripts::On).await?;
    browser.go(page).await?;
    let barriers = browser.barriers().await?.join("\n");
    for rule in [
        "no language",
        "no title",
        "0 main parts",
        "leaves out a level",
        "stands twice",
        "for leads nowhere",
        "no caption",
        "no scope",
        "it has no name: <input",
        "it is pressed at 16 × 9 px",
        "wider than the window",
        "a contrast of 2.3",
    ] {
        ensure!(barriers.contains(rule), "{rule} is not in\n{barriers}");
    }
    Ok(())
}

/// A key, a refund that waits, and a mail that nobody can read.
async fn something_happens(w: &World, console: &Console, browser: &Browser) -> Result<()> {
    console.connects(browser).await?;
    browser.presses("#refund .switch", "Ask a person").await?;
    browser.sees("● Connected").await?;
    let worker = started(unconnected(w, ["worker"])).await?;
    let wish = Letter { ends: Ends::Draft("needs_approval"), ..letter(0, 0, Wish::Refund) };
    w.answers(&wish, "needs_approval").await?;
    w.arrives(&[broken(19)]).await?;
    w.vhost.wait_for_depth("postill.mail.dead", 1, PATIENCE).await?;
    w.stops(worker).await
}

async fn simulated(console: &Console, browser: &Browser) -> Result<()> {
    browser.go(&console.page("simulator")).await?;
    browser.types("From", &address(0)).await?;
    browser.presses("form.simulator", "Simulate").await?;
    browser.sees("nothing was changed").await
}

async fn found(browser: &Browser, pages: &[String]) -> Result<Vec<String>> {
    let mut barriers = Vec::new();
    for view in VIEWS {
        browser.views(view).await?;
        for page in pages {
            browser.go(page).await?;
            barriers.extend(told(browser, view).await?);
        }
    }
    Ok(barriers)
}

async fn told(browser: &Browser, view: View) -> Result<Vec<String>> {
    let (address, barriers) = (browser.address().await?, browser.barriers().await?);
    let View { scheme, width } = view;
    Ok(barriers.into_iter().map(|barrier| format!("{address} ({scheme}, {width} px): {barrier}")).collect())
}
