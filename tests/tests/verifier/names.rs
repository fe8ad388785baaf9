//! A name server that misbehaves.

use std::time::{Duration, Instant};

use anyhow::Result;
use tests::Answer;

use crate::world::{World, careful};

#[tokio::test]
async fn without_an_answer_nothing_is_known() -> Result<()> {
    for answer in [Answer::Failure, Answer::Refusal, Answer::Rubbish, Answer::Silence] {
        let world = World::new().await?;
        world.dns.answers(&world.signer.name(), answer.clone());
        let began = Instant::now();
        World::is_open(&world.finding(&world.signed(&careful())?).await?, "DNS gave no usable answer");
        assert!(began.elapsed() < Duration::from_millis(1_900), "{answer:?}: {:?}", began.elapsed());
    }
    Ok(())
}

#[tokio::test]
async fn where_there_is_no_text_there_is_no_key() -> Result<()> {
    let world = World::new().await?;
    let signed = world.signed(&careful())?;
    for answer in [Answer::Empty, Answer::WrongType] {
        let world = World::new().await?;
        world.dns.answers(&world.signer.name(), answer);
        World::fails(&world.finding(&world.signed(&careful())?).await?, "there is no key");
    }
    let nowhere = World::with("elsewhere.example").await?;
    World::fails(&nowhere.finding(&signed).await?, "there is no key");
    Ok(())
}

#[tokio::test]
async fn an_answer_too_long_for_a_packet_is_fetched_over_a_stream() -> Result<()> {
    let world = World::new().await?;
    let long = format!("{}; n={}", world.signer.record(), "a".repeat(1_500));
    world.dns.serves(&world.signer.name(), &long);
    World::passes(&world.finding(&world.signed(&careful())?).await?);
    assert_eq!(world.dns.asked().len(), 2, "once over each");
    Ok(())
}

#[tokio::test]
async fn a_huge_record_is_no_key() -> Result<()> {
    for bytes in [3_000, 20_000, 60_000] {
        let world = World::new().await?;
        let huge = format!("{}; n={}", world.signer.record(), "a".repeat(bytes));
        world.dns.serves(&world.signer.name(), &huge);
        World::fails(&world.finding(&world.signed(&careful())?).await?, "malformed");
    }
    let world = World::new().await?;
    world.dns.answers(&world.signer.name(), Answer::Texts(vec![world.signer.record(); 100], 60));
    World::fails(&world.finding(&world.signed(&careful())?).await?, "malformed");
    Ok(())
}

#[tokio::test]
async fn a_key_may_lie_under_another_name() -> Result<()> {
    let world = World::new().await?;
    world.dns.serves("key.service.example", &world.signer.record());
    world.dns.answers(&world.signer.name(), Answer::Alias("key.service.example".to_owned()));
    World::passes(&world.finding(&world.signed(&careful())?).await?);
    world
        .dns
        .answers("loop._domainkey.shop.example", Answer::Alias("loop._domainkey.shop.example".to_owned()));
    let looping = world.signed(&careful())?.replace("s=sel", "s=loop");
    let finding = world.finding(&looping).await?;
    assert_ne!(finding.verdict, mail::OwnVerdict::Authenticated, "{:?}", finding.evidence);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_kept_as_long_as_its_owner_says() -> Result<()> {
    for (ttl, questions) in [(3_600, 1), (0, 3)] {
        let world = World::new().await?;
        world.dns.answers(&world.signer.name(), Answer::Texts(vec![world.signer.record()], ttl));
        let signed = world.signed(&careful())?;
        for _ in 0..3 {
            World::passes(&world.finding(&signed).await?);
        }
        assert_eq!(world.dns.asked().len(), questions, "kept for {ttl} s");
    }
    Ok(())
}
