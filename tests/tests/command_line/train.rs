//! `postill train`: what is said before anything is trained.

use std::fs;

use anyhow::{Result, ensure};

use crate::desk::{Desk, notes};

const MAIL: &str = "{\"body\": \"The harbour chit for July, please.\", \"label\": \"invoice_lookup\"}\n";

#[tokio::test]
async fn a_file_of_mails_that_cannot_be_learned_from_is_refused() -> Result<()> {
    let desk = Desk::new().await?;
    let out = desk.folder().join("mine.bin").display().to_string();
    let refused = async |add: &str, words: &[&str]| {
        notes(desk.postill(["train", "--add", add, "--out", &out]), 65, words, &["Marigold", "training on"])
            .await
    };
    let wrong = format!("{MAIL}{{\"body\": \"Marigold\", \"label\": \"chits\"}}\nMarigold\n{MAIL}");
    let words = [
        "wrong.jsonl line 2: write as \"label\" one of invoice_lookup",
        "wrong.jsonl line 3: write one JSON object",
        "2 of the 4 lines of",
        "mend them",
    ];
    refused(&desk.file("wrong.jsonl", wrong)?, &words).await?;
    refused(
        &desk.file("empty.jsonl", "\n\n")?,
        &["there is no mail in", "empty.jsonl", "postill eval --help"],
    )
    .await?;
    refused("/nowhere.jsonl", &["cannot read /nowhere.jsonl", "is the path right"]).await?;
    ensure!(!fs::exists(&out)?, "something was written");
    Ok(())
}

/// A model that this postill cannot read is mended by training another one.
#[tokio::test]
async fn a_broken_model_in_the_settings_does_not_keep_from_training() -> Result<()> {
    let desk = Desk::new().await?;
    let broken = format!("classifier.model_file={}", desk.file("old.bin", "no model")?);
    let mine = desk.file("mine.jsonl", "\n")?;
    let run =
        desk.postill(["--set", &broken, "train", "--add", &mine, "--out", &mine.replace("jsonl", "bin")]);
    notes(run, 65, &["there is no mail in"], &["cannot be used"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_is_told_before_the_training() -> Result<()> {
    let desk = Desk::new().await?;
    let mine = desk.file("mine.jsonl", MAIL)?;
    let folder = desk.folder().display().to_string();
    let model = desk.folder().join("mine.bin").display().to_string();
    let refused = async |more: &[&str], code: i32, words: &[&str]| {
        let arguments = ["train", "--add", &mine].into_iter().chain(more.iter().copied());
        notes(tests::Postill::with(arguments), code, words, &["training on"]).await
    };
    let remedy = "name a file in a folder that is there";
    refused(&["--out", "/nowhere/mine.bin"], 1, &["cannot write /nowhere/mine.bin", remedy]).await?;
    refused(&["--out", &folder], 1, &["cannot write", "directory", remedy]).await?;
    refused(&["--out", &model, "--card", "/nowhere/card.md"], 1, &["cannot write /nowhere/card.md"]).await?;
    refused(&["--out", &model, "--card", &model], 64, &["both the model and its card"]).await?;
    refused(&["--out", &mine], 64, &["mine.jsonl holds your mails", "another file"]).await?;
    refused(&[], 64, &["--out <FILE>"]).await?;
    ensure!(!fs::exists(&model)?, "something was written");
    ensure!(fs::read_to_string(&mine)? == MAIL, "the mails were written over");
    Ok(())
}

#[tokio::test]
async fn situations_that_cannot_be_read_are_told_as_eval_tells_them() -> Result<()> {
    let desk = Desk::new().await?;
    let out = desk.folder().join("mine.bin").display().to_string();
    let folder = desk.folder().display().to_string();
    let words = ["no file in", "ends in .txt", "crates/intent/data/situations"];
    notes(desk.postill(["train", "--data", &folder, "--out", &out]), 65, &words, &["training on"]).await?;
    // By its name, it is held out.
    let held_out = "=== refund.c | refund | late\nA gardener.\n--- en\nPlease refund my last payment.\n";
    fs::write(desk.folder().join("all.txt"), held_out)?;
    let words = ["all of the 1 situations are held out"];
    notes(desk.postill(["train", "--data", &folder, "--out", &out]), 65, &words, &["training on"]).await?;
    Ok(())
}
