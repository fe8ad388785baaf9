//! Whom a signature speaks for.

use anyhow::Result;
use tests::Answer;
use tests::dkim::Signature;

use crate::world::{FIELDS, MAIL, World, careful};

const FROM_NEWS: &str = "kim@news.shop.example";

fn mail_from(sender: &str) -> String {
    MAIL.replace("kim@shop.example", sender)
}

#[tokio::test]
async fn the_senders_own_domain_needs_no_dmarc() -> Result<()> {
    let world = World::new().await?;
    World::passes(&world.finding(&world.signed(&careful())?).await?);
    assert_eq!(world.dns.asked(), [world.signer.name()]);
    Ok(())
}

#[tokio::test]
async fn a_relative_counts_only_where_dmarc_allows_it() -> Result<()> {
    for (record, reason) in [
        (Some("v=DMARC1; p=none"), None),
        (Some("v=DMARC1; p=reject; adkim=r; rua=mailto:d@shop.example"), None),
        (None, Some("no DMARC record")),
        (Some("v=DMARC1; p=reject; adkim=s"), Some("no DMARC record")),
        (Some("v=spf1 -all"), Some("no DMARC record")),
        (Some("v=DMARC1; rua=mailto:d@shop.example"), Some("no DMARC record")),
    ] {
        // The record of the domain itself, then that of its organization.
        for (sender, signer) in [("kim@shop.example", "mail.shop.example"), (FROM_NEWS, "shop.example")] {
            let world = World::with(signer).await?;
            if let Some(record) = record {
                world.dns.serves("_dmarc.shop.example", record);
            }
            let signed = world.signer.sign(&mail_from(sender), &careful())?;
            let finding = world.finding_of(&signed, sender).await?;
            match reason {
                None => World::passes(&finding),
                Some(reason) => World::fails(&finding, reason),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_nearer_dmarc_record_goes_first() -> Result<()> {
    let world = World::new().await?;
    world.dns.serves("_dmarc.shop.example", "v=DMARC1; p=none");
    world.dns.serves("_dmarc.news.shop.example", "v=DMARC1; p=none; adkim=s");
    let signed = world.signer.sign(&mail_from(FROM_NEWS), &careful())?;
    World::fails(&world.finding_of(&signed, FROM_NEWS).await?, "no DMARC record");
    Ok(())
}

#[tokio::test]
async fn a_dmarc_record_that_dns_does_not_give_leaves_it_open() -> Result<()> {
    let world = World::new().await?;
    world.dns.answers("_dmarc.news.shop.example", Answer::Failure);
    world.dns.serves("_dmarc.shop.example", "v=DMARC1; p=none");
    let signed = world.signer.sign(&mail_from(FROM_NEWS), &careful())?;
    World::is_open(&world.finding_of(&signed, FROM_NEWS).await?, "DNS gave no usable answer");
    Ok(())
}

#[tokio::test]
async fn two_dmarc_records_are_none() -> Result<()> {
    let world = World::new().await?;
    let two = vec!["v=DMARC1; p=none".to_owned(), "v=DMARC1; p=reject".to_owned()];
    world.dns.answers("_dmarc.news.shop.example", Answer::Texts(two, 60));
    let signed = world.signer.sign(&mail_from(FROM_NEWS), &careful())?;
    World::fails(&world.finding_of(&signed, FROM_NEWS).await?, "no DMARC record");
    Ok(())
}

#[tokio::test]
async fn a_stranger_and_a_public_suffix_sign_for_nobody() -> Result<()> {
    for (signer, sender) in [
        ("other.example", "kim@shop.example"),
        ("notshop.example", "kim@shop.example"),
        ("other.co.uk", "kim@shop.co.uk"),
        ("co.uk", "kim@shop.co.uk"),
        ("co.uk", "kim@co.uk"),
        ("example", "kim@shop.example"),
    ] {
        let world = World::with(signer).await?;
        world.dns.serves(&format!("_dmarc.{}", sender.trim_start_matches("kim@")), "v=DMARC1; p=none");
        let signed = world.signer.sign(&mail_from(sender), &Signature::of(&FIELDS))?;
        World::fails(&world.finding_of(&signed, sender).await?, "no signature by the domain of the sender");
        assert_eq!(world.dns.asked(), Vec::<String>::new(), "nobody's key is asked for");
    }
    Ok(())
}
