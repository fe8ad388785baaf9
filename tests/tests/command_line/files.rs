//! Files, ports and pipes.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tests::{Postill, rabbit, wait_until};
use tokio::net::TcpListener;

use crate::desk::{Desk, FULL, SOON, json_lines, notes, sample, samples, says};

#[tokio::test]
async fn an_oversized_mail_on_standard_input_is_refused_and_not_published() -> Result<()> {
    let vhost = rabbit().await?;
    let ingest = |input: Vec<u8>| {
        Postill::with(["--set", "mail.max_bytes=1000", "ingest", "-"])
            .env("POSTILL_AMQP_URL", &vhost.amqp_url)
            .input(input)
    };
    says(Postill::with(["topology", "apply"]).env("POSTILL_AMQP_URL", &vhost.amqp_url), 0, &[], &[]).await?;
    let words =
        ["not read: standard input has more than 1000 bytes", "mail.max_bytes", "0 published and confirmed"];
    notes(ingest(vec![b'x'; 1001]), 65, &words, &[]).await?;
    notes(ingest(Vec::new()), 65, &["standard input is empty"], &[]).await?;
    ensure!(vhost.depth("postill.mail").await? == 0, "something was published");
    notes(ingest(vec![b'x'; 1000]), 0, &["1 published and confirmed"], &[]).await?;
    ensure!(vhost.depth("postill.mail").await? == 1, "nothing was published");
    Ok(())
}

#[tokio::test]
async fn ingest_publishes_what_it_can_read_and_names_what_it_cannot() -> Result<()> {
    let vhost = rabbit().await?;
    let with = |arguments: Vec<String>| Postill::with(arguments).env("POSTILL_AMQP_URL", &vhost.amqp_url);
    says(with(vec!["topology".into(), "apply".into()]), 0, &[], &[]).await?;
    let run = with(vec!["ingest".into(), "/nowhere.eml".into(), sample("66-thank-you.eml")]);
    let words = ["not read: cannot read /nowhere.eml", "1 published and confirmed, 1 not read"];
    notes(run, 65, &words, &[]).await?;
    ensure!(vhost.depth("postill.mail").await? == 1, "the readable mail was not published");
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_named_with_a_way_out() -> Result<()> {
    let other = TcpListener::bind("127.0.0.1:0").await?;
    let address = other.local_addr()?.to_string();
    let run = Postill::with(["sandbox", "--bind", &address]);
    notes(run, 64, &["cannot listen on", &address, "--bind"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_sandbox_says_how_it_is_used_and_stops_when_told() -> Result<()> {
    let mut sandbox = Postill::with(["sandbox", "--bind", "127.0.0.1:0"]).start()?;
    sandbox.wait_for_text("export POSTILL_STRIPE_KEY=", SOON).await?;
    let said = sandbox.stderr();
    let url = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("export POSTILL_STRIPE_URL="))
        .context("no URL")?;
    let run = Postill::with(["connect", "--dry-run"]).env("POSTILL_STRIPE_URL", url).input(FULL);
    says(run, 0, &["connected rk_test_…0002"], &[FULL]).await?;
    sandbox.terminate()?;
    let finished = sandbox.wait(SOON).await?;
    ensure!(finished.status.success() && finished.stdout.is_empty(), "{finished:?}");
    Ok(())
}

#[tokio::test]
async fn unreadable_files_have_the_exit_code_of_data() -> Result<()> {
    let desk = Desk::new().await?;
    let words = ["cannot read /nowhere", "No such file"];
    notes(desk.postill(["connect", "--key-file", "/nowhere"]), 65, &words, &[]).await?;
    notes(desk.postill(["sandbox", "--seed", "/nowhere"]), 65, &words, &[]).await?;
    let simulate = desk.postill(["simulate", "--file", "/nowhere"]).env("POSTILL_STRIPE_KEY", FULL);
    notes(simulate, 65, &words, &[FULL]).await?;
    let seed = desk.file("seed.json", "{\"test\": 7}")?;
    notes(desk.postill(["sandbox", "--seed", &seed]), 65, &["the seed cannot be used"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_closed_pipe_ends_quietly() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mail = sample("01-rechnung-oktober.eml");
    for arguments in [vec!["demo"], vec!["--help"], vec!["parse", &mail], vec!["config", "check"]] {
        let mut child = Command::new(program()?)
            .args(&arguments)
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        drop(child.stdout.take());
        let finished = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&finished.stderr);
        ensure!(finished.status.success(), "{arguments:?}: {} {said}", finished.status);
        ensure!(!said.contains("error") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
    Ok(())
}

/// The program lies in the folder above that of the test's executable.
fn program() -> Result<std::path::PathBuf> {
    let test = std::env::current_exe()?;
    Ok(test.ancestors().nth(2).context("the test has no folder")?.join("postill"))
}

#[tokio::test]
async fn the_demo_fits_100_columns_and_ends_with_commands_that_work() -> Result<()> {
    let desk = Desk::new().await?;
    let folder = desk.folder().join("demo").display().to_string();
    let finished = Postill::with(["demo", "--dir", &folder]).finish(SOON).await?;
    ensure!(finished.status.success(), "{}", finished.stderr);
    let widest = finished.stdout.lines().map(|line| line.chars().count()).max();
    ensure!(widest.is_some_and(|widest| widest <= 100), "{widest:?} columns");
    ensure!(
        !finished.stdout.contains('\x1b') && !finished.stderr.contains('\x1b'),
        "colours without a terminal"
    );

    let [sandbox, simulate, approvals, people, console] = last_five_lines(&finished.stderr)?;
    ensure!(sandbox.ends_with("sandbox &"), "{sandbox}");
    // Run as they stand but for the port, which other runs on this machine may hold.
    let settings = std::fs::read_to_string(desk.folder().join("demo/postill.toml"))?;
    ensure!(settings.contains("url = \"http://127.0.0.1:12111\""), "{settings}");
    let settings = settings.replace("http://127.0.0.1:12111", &desk.stripe_url());
    std::fs::write(desk.folder().join("demo/postill.toml"), settings)?;
    let shell = tokio::process::Command::new("sh").args(["-c", &simulate]).env_clear().output().await?;
    let said = String::from_utf8_lossy(&shell.stdout);
    ensure!(shell.status.success() && said.contains("LARK0001-0004"), "{simulate}: {shell:?}");
    let shell = tokio::process::Command::new("sh").args(["-c", &approvals]).env_clear().output().await?;
    let said = String::from_utf8_lossy(&shell.stdout);
    ensure!(shell.status.success() && said.contains("apr_"), "{approvals}: {shell:?}");
    let people = format!("echo 'a password of some length' | {people}");
    let shell = tokio::process::Command::new("sh").args(["-c", &people]).env_clear().output().await?;
    ensure!(shell.status.success(), "{people}: {shell:?}");
    ensure!(console.ends_with(" console"), "{console}");
    Ok(())
}

#[tokio::test]
async fn the_demo_serves_the_console_and_carries_out_what_is_decided_there() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("demo").display().to_string();
    let arguments = ["demo", "--console", "always", "--dir", &dir, "--set", "console.bind=127.0.0.1:0"];
    let mut demo = Postill::with(arguments).start()?;
    demo.wait_for_text("the console is at ", SOON).await?;
    let said = demo.stderr();
    let url = between(&said, "the console is at ", "/\n")?;
    let (name, password) = (between(&said, "sign in as ", " ")?, between(&said, "the password ", ";")?);
    let entered = posts(&format!("{url}/sign-in"), "", &format!("name={name}&password={password}")).await?;
    ensure!(entered.status() == StatusCode::SEE_OTHER, "{entered:?}");
    let cookie = entered.headers().get("set-cookie").context("no cookie")?.to_str()?.to_owned();

    let home = format!("{url}/w/larkspur/approvals");
    let approval = between(&page(&home, &cookie).await?, "/w/larkspur/approvals/", "\"")?;
    let token =
        between(&page(&format!("{home}/{approval}"), &cookie).await?, "name=\"token\" value=\"", "\"")?;
    let drafts = || std::fs::read_to_string(folder.path().join("demo/drafts.jsonl"));
    let before = drafts()?.lines().count();
    let reject = format!("{home}/{approval}/reject");
    let rejected = posts(&reject, &cookie, &format!("token={token}&reason=not+today")).await?;
    ensure!(rejected.status() == StatusCode::SEE_OTHER, "{rejected:?}");
    wait_until("the draft that follows", SOON, async || Ok(drafts()?.lines().count() > before)).await?;
    demo.terminate()?;
    let finished = demo.wait(SOON).await?;
    ensure!(finished.status.success() && finished.stderr.contains("Try next:"), "{}", finished.stderr);
    Ok(())
}

async fn posts(url: &str, cookie: &str, form: &str) -> Result<Response> {
    let request = browser()?.post(url).header("cookie", cookie).body(form.to_owned());
    Ok(request.header("content-type", "application/x-www-form-urlencoded").send().await?)
}

async fn page(url: &str, cookie: &str) -> Result<String> {
    Ok(browser()?.get(url).header("cookie", cookie).send().await?.error_for_status()?.text().await?)
}

fn browser() -> Result<Client> {
    // Of two tests in one process the second finds it there.
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(Client::builder().no_proxy().redirect(Policy::none()).build()?)
}

fn between(text: &str, before: &str, after: &str) -> Result<String> {
    let (_, rest) = text.split_once(before).with_context(|| format!("no “{before}” in {text}"))?;
    let (found, _) = rest.split_once(after).with_context(|| format!("no “{after}” in {rest}"))?;
    Ok(found.to_owned())
}

fn last_five_lines(text: &str) -> Result<[String; 5]> {
    let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let last = lines.last_chunk::<5>().context("fewer than five lines")?;
    Ok(last.clone())
}

#[tokio::test]
async fn the_demo_as_json_is_a_line_a_mail_on_standard_output() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().display().to_string();
    let finished = Postill::with(["demo", "--json", "--dir", &folder]).finish(SOON).await?;
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == std::fs::read_dir(samples().join("mail"))?.count(), "{}", lines.len());
    ensure!(lines.iter().all(|line| line["outcome"].is_string() && line["mail"].is_string()), "{lines:#?}");
    ensure!(finished.stderr.contains("Try next:"), "progress belongs on standard error");
    Ok(())
}
