//! The log of a SQLite ledger, into which a library that is loaded into the worker asks whether it may write.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::proxy::number;
use super::{Bench, Piece, Then};

const SOURCE: &str = include_str!("asks_before_it_writes.c");
/// The writes of a commit that are told apart: the head of a page, the page itself, and the head of the next. Whoever dies at one after
/// those leaves pages that belong to no commit, as at the third.
const TOLD_APART: usize = 3;

/// Builds the library and opens the socket at which it asks: the socket, its path and the library's.
pub(super) fn set_up(folder: &Path) -> Result<(UnixListener, PathBuf, PathBuf)> {
    let (source, library, socket) = (folder.join("asks.c"), folder.join("asks.so"), folder.join("asks"));
    std::fs::write(&source, SOURCE)?;
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .args(["-ldl", "-lpthread"])
        .output()
        .context("no C compiler: install build-essential")?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Ok((UnixListener::bind(&socket)?, socket, library))
}

/// Answers one process until it is gone.
pub(super) async fn serve(bench: Arc<Bench>, mut worker: UnixStream) -> io::Result<()> {
    let (connection, mut writes) = (number(), 0);
    loop {
        match worker.read_u8().await? {
            b'w' => {
                writes += 1;
                if writes <= TOLD_APART {
                    let name = format!("sqlite: write {writes} of a commit");
                    bench.passes(connection, &Piece { name, then: Then::AnswerOnly }).await;
                } else {
                    bench.open().await;
                }
            }
            b's' => {
                writes = 0;
                let sync = Piece { name: "sqlite: sync, which commits".to_owned(), then: Then::Answer };
                bench.passes(connection, &sync).await;
            }
            // The sync has been done.
            _ => bench.answers(connection).await,
        }
        worker.write_all(b"!").await?;
    }
}
