//! What is tried against a page that faces people.

use anyhow::{Result, ensure};
use axum::http::StatusCode;
use domain::Role;

use crate::world::World;

const SIMULATOR: &str = "/w/default/simulator";
const BOUNDARY: &str = "multipart/form-data; boundary=x";

/// A form of the simulator: the token first, then a file of so many bytes.
fn upload(token: &str, bytes: usize) -> Vec<u8> {
    let mut form = format!(
        "--x\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n--x\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"../../etc/<b>.eml\"\r\n\r\n"
    )
    .into_bytes();
    form.resize(form.len() + bytes, b'x');
    form.extend_from_slice(b"\r\n--x--\r\n");
    form
}

#[tokio::test]
async fn a_file_of_fifty_megabytes_is_refused_and_a_forged_one_not_even_read() -> Result<()> {
    let world = World::open().await?;
    let operator = world.signed_in("kim", Role::Operator).await?;
    let large = operator.send_raw(SIMULATOR, BOUNDARY, upload(&operator.token, 50 << 20)).await?;
    ensure!(large.status == StatusCode::PAYLOAD_TOO_LARGE, "{}", large.status);
    let forged = operator.send_raw(SIMULATOR, BOUNDARY, upload("forged", 1_000)).await?;
    ensure!(forged.status == StatusCode::FORBIDDEN, "{}", forged.status);
    let small = operator.send_raw(SIMULATOR, BOUNDARY, upload(&operator.token, 1_000)).await?;
    ensure!(small.status == StatusCode::UNPROCESSABLE_ENTITY, "{}", small.status);
    ensure!(small.has("No Stripe key is connected"), "{}", small.text);
    let form = format!("token={}&text={}", operator.token, "x".repeat(1 << 20));
    let form = operator.send_raw("/w/default/halt", "application/x-www-form-urlencoded", form.into()).await?;
    ensure!(form.status == StatusCode::PAYLOAD_TOO_LARGE, "{}", form.status);
    Ok(())
}

#[tokio::test]
async fn paths_lead_nowhere_but_to_pages() -> Result<()> {
    let world = World::open().await?;
    let admin = world.signed_in("kim", Role::Admin).await?;
    for path in [
        "/assets/x/../../Cargo.toml",
        "/assets/x/..%2f..%2fCargo.toml",
        "/assets/x/%2e%2e%2fstyle.css",
        "/w/..%2fdefault/toolkit",
        "/w/default%00/toolkit",
        "/w/DEFAULT/toolkit",
        "/w/default'--/toolkit",
        "/w/*/toolkit",
        "/w/default/approvals/..%2f..%2fetc%2fpasswd",
        "/w/default/activity/live/%27%20or%201=1",
        "/w/default/toolkit/functions/refund",
        "/w/default/nothing",
    ] {
        let page = admin.get(path).await?;
        ensure!(page.status == StatusCode::NOT_FOUND, "{path}: {}", page.status);
    }
    let query = admin.get("/w/default/activity?outcome=%27%3B--&before=-1&day=9999-99-99").await?;
    ensure!(query.status.is_success() || query.status.is_client_error(), "{}", query.status);
    Ok(())
}

#[tokio::test]
async fn a_thousand_tries_to_sign_in_are_refused_and_cost_little() -> Result<()> {
    let world = World::open().await?;
    world.signed_in("kim", Role::Admin).await?;
    let stranger = world.stranger();
    let mut waits = 0;
    for number in 0..1_000 {
        let password = format!("guess number {number}");
        let refused = stranger.send_form("/sign-in", &[("name", "kim"), ("password", &password)]).await?;
        match refused.status {
            StatusCode::UNAUTHORIZED => {}
            StatusCode::TOO_MANY_REQUESTS => waits += 1,
            other => anyhow::bail!("{other}"),
        }
    }
    ensure!(waits == 990, "{waits} had to wait");
    Ok(())
}

#[tokio::test]
async fn every_answer_keeps_a_browser_from_being_used_against_us() -> Result<()> {
    let world = World::open().await?;
    let admin = world.signed_in("kim", Role::Admin).await?;
    for path in
        ["/sign-in", "/w/default/toolkit", "/w/default/settings", "/w/default/nothing", "/assets/x/style.css"]
    {
        let page = admin.get(path).await?;
        let header =
            |name: &str| page.headers.get(name).and_then(|text| text.to_str().ok()).unwrap_or_default();
        ensure!(
            header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"),
            "{path}"
        );
        ensure!(
            header("x-frame-options") == "DENY" && header("x-content-type-options") == "nosniff",
            "{path}"
        );
        ensure!(!header("cache-control").is_empty(), "{path}");
        ensure!(
            !page.has(" style=\"") && !page.has("<script>") && !page.has(" onclick"),
            "{path} has something inline"
        );
    }
    Ok(())
}
