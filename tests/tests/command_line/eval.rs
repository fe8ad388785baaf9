//! `postill eval`: figures of mails whose label is known.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::Run;

use crate::desk::{Desk, notes, says};

/// Three that every model reads rightly, and one whose label is wrong on purpose.
fn mails() -> String {
    let mails = [
        json!({ "id": "a", "subject": "Refund", "body": "Please refund 25.00 EUR of my last payment.", "label": "refund",
                "lang": "en", "slots": { "amount_minor": 2500, "currency": "eur" } }),
        json!({ "id": "b", "body": "Can you send me my latest invoice?", "label": "invoice_lookup", "lang": "en" }),
        json!({ "id": "c", "text": "Thanks, have a nice day, Marigold.", "label": "none" }),
        json!({ "id": "d", "body": "Please refund my last payment of 30 EUR, Marigold.", "label": "none" }),
    ];
    mails.map(|mail| mail.to_string()).join("\n")
}

fn eval(desk: &Desk, more: &[&str]) -> Result<Run> {
    let gold = desk.file("gold.jsonl", mails())?;
    Ok(tests::Postill::with(["eval", "--gold", &gold].iter().chain(more).copied()))
}

#[tokio::test]
async fn figures_of_ones_own_mails_are_right_and_show_no_word_of_them() -> Result<()> {
    let desk = Desk::new().await?;
    let json = desk.folder().join("figures.json").display().to_string();
    let words = ["4 mails (gold.jsonl)", "accuracy", "0.750", "harmful actions"];
    let finished = says(eval(&desk, &["--json", &json])?, 0, &words, &["Marigold", "last payment"]).await?;
    ensure!(finished.stdout.contains("Time to classify one mail"), "{}", finished.stdout);
    let text = fs::read_to_string(&json)?;
    ensure!(!text.contains("Marigold"), "{text}");
    let report: Value = serde_json::from_str(&text)?;
    let figures = &report["figures"];
    ensure!(report["format"] == "postill.eval.v1" && figures["mails"] == 4, "{report}");
    ensure!(figures["accuracy"] == 0.75 && figures["harms"]["refund"] == 1, "{figures}");
    let refund = &figures["acting"][0];
    ensure!(refund["precision"] == 0.5 && refund["recall"] == 1.0 && refund["acted"] == 2, "{refund}");
    ensure!(figures["particulars"]["amounts_right"] == 1, "{figures}");
    ensure!(figures["worst"][0]["id"] == "d" && figures["worst"][0]["taken_for"] == "refund", "{figures}");
    Ok(())
}

#[tokio::test]
async fn texts_are_shown_to_whoever_asks_for_them() -> Result<()> {
    let desk = Desk::new().await?;
    says(eval(&desk, &["--show-texts"])?, 0, &["Marigold"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn the_page_links_pictures_that_are_there() -> Result<()> {
    let desk = Desk::new().await?;
    let pages = desk.folder().join("pages");
    fs::create_dir_all(&pages)?;
    let page = pages.join("report.md").display().to_string();
    let pictures = desk.folder().join("pictures").display().to_string();
    notes(eval(&desk, &["--markdown", &page, "--svg", &pictures])?, 0, &["wrote", "report.md"], &[]).await?;
    let text = fs::read_to_string(&page)?;
    let links: Vec<&str> = text.split("(<").skip(1).filter_map(|rest| rest.split('>').next()).collect();
    ensure!(links.len() == 3, "{text}");
    for link in links {
        let picture = fs::read_to_string(pages.join(link)).with_context(|| link.to_owned())?;
        ensure!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"), "{link}");
        ensure!(!picture.contains("Marigold"), "{link}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missed_floor_fails_and_a_reached_one_does_not() -> Result<()> {
    let desk = Desk::new().await?;
    says(eval(&desk, &["--floor", "accuracy=0.75"])?, 0, &[], &[]).await?;
    let below = ["accuracy is 0.7500, below 0.8", "1 harmful"];
    notes(eval(&desk, &["--floor", "accuracy=0.8", "--no-harm"])?, 1, &below, &["Marigold"]).await?;
    notes(eval(&desk, &["--floor", "f1=0.8"])?, 64, &["macro_f1=0.85", "refund_recall"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn every_wrong_line_is_named_with_its_number_and_what_to_write() -> Result<()> {
    let desk = Desk::new().await?;
    let lines = format!("{}\nMarigold\n{{\"body\": \"Marigold\", \"label\": \"refunds\"}}\n", mails());
    let gold = desk.file("gold.jsonl", lines)?;
    let words = [
        "gold.jsonl line 5: write one JSON object",
        "gold.jsonl line 6: write as \"label\" one of",
        "2 of the 6",
    ];
    notes(desk.postill(["eval", "--gold", &gold]), 65, &words, &["Marigold"]).await?;
    notes(desk.postill(["eval", "--gold", "/nowhere"]), 65, &["cannot read /nowhere"], &[]).await?;
    let empty = desk.file("empty.jsonl", "\n")?;
    notes(desk.postill(["eval", "--gold", &empty]), 65, &["there is no mail in", "empty.jsonl"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn mails_that_say_the_same_under_two_labels_are_named() -> Result<()> {
    let desk = Desk::new().await?;
    let mail = |id: &str, label: &str| json!({ "id": id, "body": "Marigold chit, please.", "label": label });
    let mails = [mail("a", "none"), mail("b", "none"), mail("c", "invoice_lookup")];
    let gold = desk.file("gold.jsonl", mails.map(|mail| mail.to_string()).join("\n"))?;
    let words = ["a and c say the same, but are labelled none and invoice_lookup"];
    notes(desk.postill(["eval", "--gold", &gold]), 0, &words, &["Marigold", "a and b"]).await?;
    Ok(())
}

#[tokio::test]
async fn situations_are_graded_that_were_held_out_and_no_others() -> Result<()> {
    let desk = Desk::new().await?;
    let folder = desk.folder().join("situations");
    fs::create_dir_all(&folder)?;
    let mails = |name: &str| {
        format!(
            "=== {name} | invoice_lookup | resend\nA gardener.\n--- en\nCan you send me my latest invoice?\n"
        )
    };
    // By their names, the third is held out and the others are not.
    fs::write(folder.join("all.txt"), ["refund.a", "refund.b", "refund.c"].map(mails).concat())?;
    let folder = folder.display().to_string();
    says(desk.postill(["eval", "--data", &folder]), 0, &["1 mail (held-out situations)", "resend"], &[])
        .await?;
    let above = desk.folder().display().to_string();
    notes(desk.postill(["eval", "--data", &above]), 65, &["no file in", "ends in .txt"], &["what a line"])
        .await?;
    fs::write(format!("{folder}/broken.txt"), "=== refund.z | refund\n")?;
    notes(desk.postill(["eval", "--data", &folder]), 65, &["broken.txt line 1: write `=== name"], &[])
        .await?;
    Ok(())
}

#[tokio::test]
async fn without_mails_of_ones_own_those_in_the_binary_are_graded_also_with_noise() -> Result<()> {
    let desk = Desk::new().await?;
    let json = desk.folder().join("figures.json").display().to_string();
    let words = ["(held-out situations)", "as they are", "with noise"];
    says(desk.postill(["eval", "--noise", "--json", &json]), 0, &words, &[]).await?;
    let report: Value = serde_json::from_str(&fs::read_to_string(&json)?)?;
    let mails = report["figures"]["mails"].as_u64().context("no number of mails")?;
    ensure!(mails > 500 && report["with_noise"]["mails"] == mails, "{mails}");
    Ok(())
}

#[tokio::test]
async fn a_model_file_that_is_none_is_refused() -> Result<()> {
    let desk = Desk::new().await?;
    let model = desk.file("model.bin", "no model")?;
    notes(
        eval(&desk, &["--model", &model])?,
        64,
        &["the model", "model.bin", "does not begin as a model"],
        &["the setting"],
    )
    .await?;
    Ok(())
}
