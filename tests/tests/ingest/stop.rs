//! Stopping while posts come in.

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use crate::desk::{Desk, QUEUE, SOON, TOKEN};

#[tokio::test]
async fn what_was_answered_with_200_is_in_the_queue_whenever_it_was_stopped() -> Result<()> {
    let Desk { vhost, postill, base, http } = Desk::new().await?;
    let mut posts = JoinSet::new();
    for client in 0..8 {
        let (http, url) = (http.clone(), format!("{base}/v1/mail"));
        posts.spawn(async move {
            let mut taken = 0_u32;
            for number in 0.. {
                let mail = format!("From: a@b.example\r\nMessage-ID: <{client}.{number}@b.example>\r\n\r\nx");
                let post = http.post(&url).bearer_auth(TOKEN).header("content-type", "message/rfc822");
                match post.body(mail).send().await {
                    Ok(answer) if answer.status().is_success() => taken += 1,
                    Ok(_) | Err(_) => break,
                }
            }
            taken
        });
    }
    tests::wait_until("some posts to be taken", SOON, async || Ok(vhost.depth(QUEUE).await? > 50)).await?;
    postill.terminate()?;
    let taken: u32 = posts.join_all().await.into_iter().sum();
    let finished = postill.wait(SOON).await?;
    ensure!(finished.status.success(), "{finished:?}");
    ensure!(finished.stderr.contains("stopped taking mail over HTTP"), "{}", finished.stderr);
    let stored = vhost.depth(QUEUE).await?;
    ensure!(stored >= taken && taken > 50, "{taken} answered with 200, {stored} in the queue");
    Ok(())
}
