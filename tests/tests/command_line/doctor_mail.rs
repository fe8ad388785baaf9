//! What `doctor mail` makes of mails and settings. It may be shown to anybody.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Finished, Postill};

use crate::desk::{Desk, SOON, json_lines, samples, says};

const VERIFIER: &str = "mx.larkspur.example";
const NEVER: [&str; 3] = ["marta", "Marta", "Charged twice"];

fn sample_folder() -> String {
    samples().join("mail").display().to_string()
}

/// A mail that passed `hops`, the last first, after the verifier wrote `results`.
fn mail(hops: &[&str], results: &str) -> String {
    let hops: Vec<String> =
        hops.iter().map(|hop| format!("Received: {hop}; Mon, 23 Nov 2026 10:00:00 +0000\n")).collect();
    let hops = hops.concat();
    format!(
        "{hops}Authentication-Results: {results}\nFrom: Marta <marta@a.example>\nSubject: Charged twice\n\nhello\n"
    )
}

async fn doctor(arguments: &[&str], words: &[&str]) -> Result<Finished> {
    says(Postill::with(["doctor", "mail"].iter().chain(arguments).copied()), 0, words, &NEVER).await
}

#[tokio::test]
async fn the_server_that_is_not_trusted_yet_is_named() -> Result<()> {
    let folder = sample_folder();
    let set = "set mail.trusted_authserv_ids = [\"mx.larkspur.example\"]";
    doctor(&[&folder], &[set, "no result from a trusted verifier", "senders believed: 0%"]).await?;
    let said = doctor(&["--authserv-id", VERIFIER, &folder], &["the settings fit"]).await?.stdout;
    ensure!(!said.contains("trusted_authserv_ids"), "{said}");
    let typo = ["--authserv-id", VERIFIER, "--authserv-id", "mx.typo.example", &folder];
    doctor(&typo, &["mx.typo.example is trusted and wrote no results"]).await?;
    Ok(())
}

#[tokio::test]
async fn the_hosts_that_results_stand_below_are_named_until_they_are_ours() -> Result<()> {
    let desk = Desk::new().await?;
    let hops = ["from x by store.larkspur.example", "from x by relay.larkspur.example"];
    let results = format!("{VERIFIER}; dmarc=pass header.from=a.example");
    let mail = desk.file("mail.eml", mail(&hops, &results))?;
    let set = "set mail.own_hosts = [\"relay.larkspur.example\", \"store.larkspur.example\"]";
    doctor(&["--authserv-id", VERIFIER, &mail], &[set, "forged_results"]).await?;
    let own = ["--own-host", "store.larkspur.example"];
    let both = "set mail.own_hosts = [\"store.larkspur.example\", \"relay.larkspur.example\"]";
    doctor(&[&["--authserv-id", VERIFIER, &mail], &own[..]].concat(), &[both]).await?;
    let own = [&own[..], &["--own-host", "relay.larkspur.example"]].concat();
    doctor(&[&["--authserv-id", VERIFIER, &mail], &own[..]].concat(), &["the settings fit"]).await?;
    Ok(())
}

/// Results without a name count by the rule that reading goes by.
#[tokio::test]
async fn mail_read_from_exchange_online_is_told_from_mail_passed_on() -> Result<()> {
    let desk = Desk::new().await?;
    let cases =
        [("straight.eml", ""), ("passed.eml", "Received: from a.outlook.com by mx.larkspur.example; now\n")];
    let [straight, passed] = cases.map(|(name, above)| {
        let top =
            mail(&["from b.protection.outlook.com by a.outlook.com"], "dmarc=pass header.from=a.example");
        let border = "Received: from x by DB8.mail.protection.outlook.com; now\nFrom: Marta";
        desk.file(name, format!("{above}{}", top.replace("From: Marta", border)))
    });
    let (straight, passed) = (straight?, passed?);
    let set = "set mail.microsoft_365 = \"on\"";
    doctor(&[&straight], &["no authserv-id", set]).await?;
    let said = doctor(&[&passed], &["no authserv-id"]).await?.stdout;
    ensure!(!said.contains(set), "{said}");
    let on = async |mail: &str, words: &[&str]| {
        let run = Postill::with(["--set", "mail.microsoft_365=on", "doctor", "mail", mail]);
        says(run, 0, words, &NEVER).await
    };
    on(&straight, &["the settings fit: the senders of 100%"]).await?;
    on(&passed, &["are not read in 100%", "mx.larkspur.example, which Microsoft does not run"]).await?;
    Ok(())
}

#[tokio::test]
async fn reasons_are_given_where_nobody_is_believed_although_results_are_read() -> Result<()> {
    let desk = Desk::new().await?;
    let results = |dmarc: &str| format!("{VERIFIER}; dmarc={dmarc} header.from=a.example");
    for (number, dmarc) in ["fail", "none", "fail"].into_iter().enumerate() {
        desk.file(&format!("{number}.eml"), mail(&["from x by mx.larkspur.example"], &results(dmarc)))?;
    }
    let folder = desk.folder().display().to_string();
    let reasons =
        format!("the most frequent reasons: {VERIFIER}: dmarc=fail (2); {VERIFIER}: dmarc=none (1)");
    doctor(&["--authserv-id", VERIFIER, &folder], &["no sender is believed", &reasons]).await?;
    Ok(())
}

#[tokio::test]
async fn without_a_mail_there_is_nothing_to_say() -> Result<()> {
    let desk = Desk::new().await?;
    let empty = desk.folder().join("empty");
    fs::create_dir(&empty)?;
    for (path, words) in [(empty, "holds no mail"), (desk.folder().join("missing"), "No such file")] {
        let finished = Postill::with(["doctor", "mail", &path.display().to_string()]).finish(SOON).await?;
        ensure!(finished.status.code() == Some(65) && finished.stdout.is_empty(), "{finished:?}");
        ensure!(
            finished.stderr.contains(words) && finished.stderr.contains("no mail could be read"),
            "{finished:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_report_as_json_counts_the_same() -> Result<()> {
    let json = doctor(&["--json", "--authserv-id", VERIFIER, &sample_folder()], &[]).await?.stdout;
    let report: Value = serde_json::from_str(&json)?;
    let seen = &report["seen"];
    let total: u64 =
        seen["assurance"].as_object().context("no assurance")?.values().filter_map(Value::as_u64).sum();
    let mails = u64::try_from(fs::read_dir(sample_folder())?.count())?;
    ensure!(seen["mails"] == mails && total == mails && seen["unreadable"] == 0, "{report:#}");
    let verifier = &seen["verifiers"][VERIFIER];
    let placed = verifier["in_place"].as_u64().zip(verifier["elsewhere"].as_u64()).context("no places")?;
    ensure!(verifier["trusted"] == true && verifier["mails"] == placed.0 + placed.1, "{verifier:#}");
    ensure!(verifier["verdicts"]["dmarc"]["pass"].is_u64() && seen["reasons"].is_object(), "{report:#}");
    ensure!(report["advice"].as_array().is_some_and(|advice| advice.len() == 1), "{report:#}");
    Ok(())
}

#[tokio::test]
async fn nothing_that_a_person_wrote_is_shown() -> Result<()> {
    let folder = sample_folder();
    let mut said = String::new();
    for arguments in [&["--json", &folder][..], &[&folder], &["--authserv-id", VERIFIER, &folder]] {
        said += &doctor(arguments, &[]).await?.stdout;
    }
    let lines = json_lines(&Postill::with(["parse", &folder]).finish(SOON).await?.stdout)?;
    for line in &lines {
        for field in ["sender", "subject", "message_id"] {
            let text = line[field].as_str().filter(|text| text.len() > 8).unwrap_or("@");
            ensure!(!said.contains(text), "{text}: {said}");
        }
    }
    Ok(())
}
