//! Signing in and out.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use askama::Template;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use domain::Actor;
use serde::Deserialize;
use store::PasswordHash;

use super::page;
use crate::assets::{self, Addresses};
use crate::complaint::Complaint;
use crate::cookie::Token;
use crate::password::Password;
use crate::visitor::{FORM_BYTES, Posted, Visitor, fields, read};
use crate::{Desk, pages};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    files: &'static Addresses,
    to: &'a str,
    name: &'a str,
    problem: Option<String>,
    /// Nobody was added yet.
    nobody: bool,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    to: String,
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Complaint> {
    let nobody = desk.ledger.people().await?.is_empty();
    page(&Page { files: assets::addresses(), to: &wanted.to, name: "", problem: None, nobody })
}

/// Everybody is told the same, whether the name or the password is wrong, and waits as long for it.
pub(crate) async fn enter(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Complaint> {
    let from = desk.proxies.sender(peer.ip(), request.headers());
    let fields = fields(&read(request.into_body(), FORM_BYTES).await?);
    let text = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text);
    let (name, to) = (text("name").trim(), text("to"));
    let refused = |status, problem: String| {
        let page = Page { files: assets::addresses(), to, name, problem: Some(problem), nobody: false };
        Ok((status, Html(page.render()?)).into_response())
    };
    let now = Instant::now();
    if let Some(wait) = desk.throttle.wait(from, name, now) {
        let minutes = wait.as_secs().div_ceil(60);
        let problem =
            format!("Too many tries. Wait {minutes} min, or ask an administrator to set a new password.");
        return refused(StatusCode::TOO_MANY_REQUESTS, problem);
    }
    let Some(person) = known(&desk, name, text("password")).await? else {
        desk.throttle.failed(from, name, now);
        tracing::warn!(peer = %from, "a sign-in to the console was refused");
        return refused(StatusCode::UNAUTHORIZED, "The name or the password is wrong.".to_owned());
    };
    desk.throttle.entered(from, name);
    let token = Token::new()?;
    desk.ledger.begin_session(&token.digest(), &person, &desk.home).await?;
    Ok(([(header::SET_COOKIE, token.set(&desk.sessions)?)], pages::go_to(within(to))).into_response())
}

/// The person whose name and password these are.
async fn known(desk: &Desk, name: &str, password: &str) -> Result<Option<Actor>, Complaint> {
    let Some(password) = Password::typed(password.to_owned()) else { return Ok(None) };
    let found = match name.parse::<Actor>() {
        Ok(name) => desk.ledger.password_of(&name).await?,
        Err(_no_name) => None,
    };
    let (person, stored) = match found {
        Some((person, stored)) => (Some(person), stored),
        None => (None, nobodys().map_err(|()| Complaint::NoRandomness)?),
    };
    // The semaphore is never closed.
    let turn = desk.throttle.hashing.acquire().await.ok();
    let matches = tokio::task::spawn_blocking(move || password.is(&stored)).await??;
    drop(turn);
    Ok(person.filter(|_| matches))
}

/// The hash of a password that nobody has: so that an unknown name takes as long as a known one.
fn nobodys() -> Result<PasswordHash, ()> {
    static NOBODYS: LazyLock<Option<PasswordHash>> =
        LazyLock::new(|| Password::to_be_set("nobody ever has this password").ok()?.hash().ok());
    NOBODYS.clone().ok_or(())
}

/// A path of ours, and nothing that leads elsewhere: `//host` does, and so does a backslash.
fn within(to: &str) -> &str {
    let ours = to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { to } else { "/" }
}

pub(crate) async fn leave(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    _: Posted,
) -> Result<Response, Complaint> {
    desk.ledger.end_session(&visitor.token.digest(), &visitor.person, &desk.home).await?;
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::SET_COOKIE, Token::clear(&desk.sessions)?),
        // What the browser still holds of the pages goes, too.
        (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\"")),
    ];
    Ok((headers, pages::go_to("/sign-in")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_a_page_of_ours() {
        assert_eq!(within("/w/default/toolkit?a=b"), "/w/default/toolkit?a=b");
        for elsewhere in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "javascript:1"]
        {
            assert_eq!(within(elsewhere), "/", "{elsewhere}");
        }
    }
}
