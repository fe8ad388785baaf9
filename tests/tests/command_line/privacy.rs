//! What is held of a person, in a ledger that is a file.

use anyhow::{Result, ensure};
use sqlx::Connection as _;

use crate::desk::{Desk, MARTA, says};

/// In lower case, as drafts have it.
fn names_her(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).to_lowercase().contains(&MARTA.to_lowercase())
}

#[tokio::test]
async fn what_was_forgotten_is_gone_from_the_file() -> Result<()> {
    let desk = Desk::new().await?;
    let folder = desk.folder().join("demo");
    let dir = folder.display().to_string();
    says(desk.postill(["demo", "--dir", &dir, "--console", "never"]), 0, &[], &[]).await?;
    let file = folder.join("ledger.db");
    let url = format!("sqlite:{}", file.display());
    ensure!(names_her(&std::fs::read(&file)?), "the demo has nothing of her");
    let mut ledger = sqlx::SqliteConnection::connect(&url).await?;
    for (table, column) in [("draft", "finished_at"), ("action", "settled_at"), ("approval", "decided_at")] {
        let shift = format!("update {table} set {column} = {column} - 2 * 86400000");
        sqlx::query(sqlx::AssertSqlSafe(shift)).execute(&mut ledger).await?;
    }
    ledger.close().await?;

    let erase =
        |arguments: [&'static str; 4]| desk.postill(arguments).env("POSTILL_DATABASE_URL", &url).input(MARTA);
    let told = says(erase(["privacy", "export", "-", "--workspace=larkspur"]), 0, &[], &[]).await?;
    ensure!(names_her(told.stdout.as_bytes()), "{told:?}");
    says(erase(["privacy", "erase", "-", "--yes"]), 0, &["forgotten"], &[MARTA]).await?;
    says(erase(["privacy", "erase", "-", "--workspace=nobodys"]), 64, &[], &[MARTA]).await?;
    let none = says(erase(["privacy", "erase", "-", "--yes"]), 0, &[], &[]).await?;
    ensure!(none.stderr.contains("nothing is held of this person"), "{none:?}");
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let is_ledgers = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger.db"));
        ensure!(!(is_ledgers && names_her(&std::fs::read(&path)?)), "{} still names her", path.display());
    }
    Ok(())
}
