//! The two line formats that other programs read: `parse` and `classify`.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::dkim::{Signature, Signer};
use tests::{NameServer, Postill};

use crate::desk::{Desk, SOON, json_lines, sample, samples};

/// Every field of a line of `parse`.
const FIELDS: [&str; 13] = [
    "path",
    "offset",
    "sender",
    "refused",
    "assurance",
    "automatic",
    "flags",
    "message_id",
    "fingerprint",
    "subject",
    "text",
    "quoted",
    "error",
];

#[tokio::test]
async fn parse_gives_a_line_a_mail_with_every_field() -> Result<()> {
    let folder = samples().join("mail").display().to_string();
    let run = Postill::with(["parse", "--authserv-id", "mx.larkspur.example", &folder]);
    let finished = run.finish(SOON).await?;
    ensure!(finished.status.success() && finished.stderr.is_empty(), "{}", finished.stderr);
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == fs::read_dir(&folder)?.count(), "{} lines", lines.len());
    for line in &lines {
        let fields = line.as_object().context("no object")?;
        ensure!(fields.keys().all(|field| FIELDS.contains(&field.as_str())) && fields.len() == 12, "{line}");
        ensure!(line["sender"].is_null() != line["refused"].is_null(), "{line}");
        ensure!(["none", "weak", "authenticated"].iter().any(|level| line["assurance"] == *level), "{line}");
        ensure!(
            line["flags"].is_array() && line["quoted"].is_boolean() && line["text"].is_string(),
            "{line}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn parse_believes_only_the_servers_it_is_told() -> Result<()> {
    let assurance = async |more: &[&str]| -> Result<Value> {
        let mail = sample("02-refund-new-subscriber.eml");
        let arguments = ["parse"].iter().chain(more).copied().chain([mail.as_str()]);
        let finished = Postill::with(arguments).finish(SOON).await?;
        Ok(json_lines(&finished.stdout)?.remove(0)["assurance"].take())
    };
    ensure!(assurance(&["--authserv-id", "mx.larkspur.example"]).await? == "authenticated");
    ensure!(
        assurance(&["--authserv-id", "mx.other.example", "--own-host", "mx.other.example"]).await? == "none"
    );
    ensure!(assurance(&[]).await? == "none");
    Ok(())
}

#[tokio::test]
async fn parse_asks_dns_only_when_it_is_to_verify_signatures() -> Result<()> {
    let (desk, dns, signer) = (Desk::new().await?, NameServer::start().await?, Signer::new("shop.example")?);
    dns.serves(&signer.name(), &signer.record());
    let mail = "From: kim@shop.example\r\nSubject: Hello\r\nMessage-ID: <one@shop.example>\r\n\r\nHello\r\n";
    let signed = signer.sign(mail, &Signature::of(&["From", "Subject", "Message-ID"]))?;
    let path = desk.file("signed.eml", signed.into_bytes())?;
    let server = format!("mail.dns_servers={}", dns.address);
    let assurance = async |flags: &[&str]| -> Result<Value> {
        let arguments = ["--set", &server, "--set", "mail.verify_dkim=on", "parse"];
        let finished = Postill::with(arguments.iter().chain(flags).copied().chain([path.as_str()]));
        Ok(json_lines(&finished.finish(SOON).await?.stdout)?.remove(0)["assurance"].take())
    };
    ensure!(assurance(&[]).await? == "none");
    ensure!(dns.asked().is_empty(), "{:?}", dns.asked());
    ensure!(assurance(&["--verify-dkim"]).await? == "authenticated");
    Ok(())
}

#[tokio::test]
async fn parse_tells_an_unreadable_file_and_reads_the_others() -> Result<()> {
    let desk = Desk::new().await?;
    let large = desk.file("large.eml", vec![b'x'; 3_000])?;
    let good = sample("01-rechnung-oktober.eml");
    let arguments = ["--set", "mail.max_bytes=2500", "parse", "/nowhere.eml", &large, &good];
    let finished = Postill::with(arguments).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == 3, "{lines:#?}");
    let error = |line: usize| lines[line]["error"].as_str().unwrap_or_default().to_owned();
    ensure!(lines[0]["path"] == "/nowhere.eml" && error(0).contains("No such file"), "{}", lines[0]);
    ensure!(
        lines[1]["path"] == large.as_str() && error(1).contains("longer than 2500 bytes"),
        "{}",
        lines[1]
    );
    ensure!(lines[2]["error"].is_null() && lines[2]["sender"].is_string(), "{}", lines[2]);
    Ok(())
}

#[tokio::test]
async fn parse_gives_mailboxes_a_line_a_mail_with_its_offset() -> Result<()> {
    let desk = Desk::new().await?;
    let letters = ["02-refund-new-subscriber.eml", "03-cancel-from-phone.eml", "66-thank-you.eml"];
    let (mut mbox, mut offsets) = (Vec::new(), Vec::new());
    let maildir = desk.folder().join("Maildir");
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(part))?;
    }
    for (number, letter) in letters.iter().enumerate() {
        let bytes = fs::read(sample(letter))?;
        offsets.push(mbox.len());
        mbox.extend_from_slice(b"From somebody@larkspur.example Mon Nov 23 10:00:00 2026\n");
        mbox.extend_from_slice(&bytes);
        mbox.extend_from_slice(b"\n\n");
        fs::write(
            maildir.join(if number == 0 { "new" } else { "cur" }).join(format!("{number}.mail")),
            &bytes,
        )?;
    }
    fs::write(maildir.join("tmp/half"), "From: half@delivered.example\n\n")?;
    let mbox = desk.file("archive.mbox", mbox)?;

    let single = Postill::with(["parse"].into_iter().map(str::to_owned).chain(letters.map(sample)));
    let single = fingerprints(&json_lines(&single.finish(SOON).await?.stdout)?);
    let from_mbox = json_lines(&Postill::with(["parse", &mbox]).finish(SOON).await?.stdout)?;
    ensure!(from_mbox.len() == letters.len(), "{from_mbox:#?}");
    // An mbox names where the mail begins: with its separator, or right behind it.
    for (line, start) in from_mbox.iter().zip(&offsets) {
        let offset = line["offset"].as_u64().context("no offset")?;
        ensure!(offset == u64::try_from(*start)? && line["path"] == mbox.as_str(), "{line}");
    }
    let folder = maildir.display().to_string();
    let from_maildir = json_lines(&Postill::with(["parse", &folder]).finish(SOON).await?.stdout)?;
    ensure!(from_maildir.len() == letters.len(), "{from_maildir:#?}");
    ensure!(fingerprints(&from_maildir) == single, "the same mail has the same fingerprint wherever it lies");
    Ok(())
}

fn fingerprints(lines: &[Value]) -> Vec<String> {
    let mut found: Vec<String> = lines.iter().map(|line| line["fingerprint"].to_string()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn classify_gives_a_line_a_question_in_the_fixed_format() -> Result<()> {
    let questions = [
        json!({ "id": "a", "subject": "Refund", "body": "Please refund 25.00 EUR of charge ch_3LarkOwenFairbrother01." }),
        json!({ "id": 2, "subject": "", "body": "Can you send me my latest invoice?" }),
        json!({ "id": "c", "body": "Thanks, have a nice day." }),
    ];
    let input = questions.map(|question| question.to_string()).join("\n");
    let finished = Postill::with(["classify"]).input(input).finish(SOON).await?;
    ensure!(finished.status.success() && finished.stderr.is_empty(), "{finished:?}");
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == 3, "{lines:#?}");
    for line in &lines {
        ensure!(line["confidence"].is_number() && line["abstain"].is_boolean(), "{line}");
        ensure!(line["slots"].is_object() && line["also"].is_array() && line["label"].is_string(), "{line}");
    }
    let slots = &lines[0]["slots"];
    ensure!(lines[0]["id"] == "a" && lines[0]["label"] == "refund", "{}", lines[0]);
    ensure!(slots["amount_minor"] == 2500 && slots["currency"] == "eur", "{slots}");
    ensure!(slots["reference"] == "ch_3LarkOwenFairbrother01", "{slots}");
    ensure!(lines[1]["id"] == 2 && lines[1]["label"] == "invoice_lookup", "{}", lines[1]);
    ensure!(lines[2]["label"] == "none", "{}", lines[2]);
    Ok(())
}

#[tokio::test]
async fn classify_counts_what_was_written_now() -> Result<()> {
    let body = "All fine now, thanks!\n\nOn Tue, 3 Nov 2026 at 10:02, Support <help@example.com> wrote:\n> Please refund me 25 EUR.\n";
    let question = json!({ "id": "a", "subject": "", "body": body }).to_string();
    let finished = Postill::with(["classify"]).input(question).finish(SOON).await?;
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == 1 && lines[0]["label"] == "none", "{lines:#?}");
    Ok(())
}

#[tokio::test]
async fn a_bad_line_does_not_stop_classify() -> Result<()> {
    let mut input = b"not json\n{\"id\":\"b\",\"subject\":7}\n\xff\xfe\n\n".to_vec();
    input.extend_from_slice(
        b"{\"id\":\"d\",\"subject\":\"\",\"body\":\"Can you send me my latest invoice?\"}",
    );
    let finished = Postill::with(["classify"]).input(input).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == 4, "{lines:#?}");
    for (number, line) in lines.iter().take(3).enumerate() {
        let error = line["error"].as_str().unwrap_or_default();
        ensure!(error.contains(&format!("line {}", number + 1)), "{line}");
    }
    ensure!(lines[0]["id"].is_null() && lines[2]["id"].is_null(), "{lines:#?}");
    ensure!(lines[3]["id"] == "d" && lines[3]["label"] == "invoice_lookup", "{}", lines[3]);
    Ok(())
}
