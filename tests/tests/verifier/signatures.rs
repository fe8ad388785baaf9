//! What a signature says of itself, and what it is put around.

use anyhow::{Context, Result};
use tests::dkim::{Canonical, Signature};

use crate::world::{FIELDS, MAIL, NOW, World, careful, config, saying};

#[tokio::test]
async fn a_careful_signature_by_the_senders_domain_counts() -> Result<()> {
    let world = World::new().await?;
    for canonical in [Canonical::Relaxed, Canonical::Simple] {
        let signed = world.signed(&Signature { canonical, ..careful() })?;
        World::passes(&world.finding(&signed).await?);
        World::passes(&world.finding(&signed.replace("\r\n", "\n")).await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_mail_without_a_signature_proves_nothing() -> Result<()> {
    World::fails(&World::new().await?.finding(MAIL).await?, "no signature");
    Ok(())
}

#[tokio::test]
async fn what_a_signature_says_of_itself_can_spoil_it() -> Result<()> {
    let world = World::new().await?;
    let hour = 3_600;
    for (good, bad, reason) in [
        (String::new(), "l=40; ".to_owned(), "part of the body"),
        (String::new(), "l=0; ".to_owned(), "part of the body"),
        ("x=4102444800; ".to_owned(), format!("x={}; ", NOW - 1), "expired"),
        (format!("t={}; x=4102444800; ", NOW - hour), "t=4102444800; x=4102444800; ".to_owned(), "future"),
        (format!("t={NOW}; "), format!("t={}; ", NOW + hour), "future"),
        (String::new(), "x=soon; ".to_owned(), "malformed"),
        (String::new(), "x=0; ".to_owned(), "malformed"),
        ("i=kim@shop.example; ".to_owned(), "i=kim@other.example; ".to_owned(), "malformed"),
        ("i=@mail.shop.example; ".to_owned(), "i=@mailshop.example; ".to_owned(), "malformed"),
        ("q=dns/txt; ".to_owned(), "q=http/well-known; ".to_owned(), "malformed"),
        ("z=From:a|To:b; ".to_owned(), "d=other.example; ".to_owned(), "no signature by the domain"),
        (String::new(), "D=other.example; ".to_owned(), "no signature by the domain"),
    ] {
        World::passes(&world.finding(&world.signed(&saying(&good))?).await?);
        World::fails(&world.finding(&world.signed(&saying(&bad))?).await?, reason);
    }
    Ok(())
}

#[tokio::test]
async fn text_put_behind_a_body_signed_in_part_is_not_believed() -> Result<()> {
    let world = World::new().await?;
    let part = Signature { body_bytes: Some(20), more: "l=20; ".to_owned(), ..careful() };
    let appended = world.signed(&part)? + "And pay me.\r\n";
    World::fails(&world.finding(&appended).await?, "part of the body");
    Ok(())
}

#[tokio::test]
async fn every_field_that_says_which_mail_it_is_must_be_signed() -> Result<()> {
    let world = World::new().await?;
    World::passes(&world.finding(&world.signed(&careful())?).await?);
    for left_out in ["From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"] {
        let fields: Vec<&str> = FIELDS.into_iter().filter(|name| *name != left_out).collect();
        World::fails(&world.finding(&world.signed(&Signature::of(&fields))?).await?, "is not signed");
    }
    // Where it is sent is nobody's proof of anything.
    let fields: Vec<&str> = FIELDS.into_iter().filter(|name| *name != "To").collect();
    World::passes(&world.finding(&world.signed(&Signature::of(&fields))?).await?);
    Ok(())
}

/// As Gmail signs: everything but the `Content-Type`.
#[tokio::test]
async fn an_unsigned_content_type_counts_only_where_the_body_forces_it() -> Result<()> {
    let world = World::new().await?;
    let gmail = Signature::of(&["To", "Subject", "Message-ID", "Date", "From", "MIME-Version", "From"]);
    let (header, _) = MAIL.split_once("\r\n\r\n").context("a header")?;
    let is_content_type = |line: &&str| line.starts_with("Content-Type") || line.starts_with('\t');
    let kept: Vec<&str> = header.split("\r\n").filter(|line| !is_content_type(line)).collect();
    let header = kept.join("\r\n");
    let multipart = format!(
        "{header}\r\nContent-Type: multipart/alternative; boundary=\"00b1\"\r\n\r\n--00b1\r\nContent-Type: text/plain\r\n\r\n\
         Where is my invoice?\r\n--00b1--\r\n"
    );
    let signed = world.signer.sign(&multipart, &gmail)?;
    World::passes(&world.finding(&signed).await?);
    for (field, other) in [
        ("multipart/alternative; boundary=\"00b1\"", "text/plain"),
        ("boundary=\"00b1\"", "boundary=\"00\""),
        (
            "Content-Type: multipart/alternative",
            "Content-Type: text/html\r\nContent-Type: multipart/alternative",
        ),
    ] {
        World::fails(&world.finding(&signed.replacen(field, other, 1)).await?, "is not signed");
    }
    let encoded = signed.replacen("MIME-Version", "Content-Transfer-Encoding: base64\r\nMIME-Version", 1);
    World::fails(&world.finding(&encoded).await?, "is not signed");
    Ok(())
}

#[tokio::test]
async fn a_field_that_matters_cannot_be_put_in_later() -> Result<()> {
    let world = World::new().await?;
    let signed = world.signed(&careful())?;
    for field in [
        "From: mallory@other.example",
        "Subject: Another",
        "Date: Sat, 21 Nov 2026 10:00:00 +0000",
        "Message-ID: <two@shop.example>",
        "MIME-Version: 1.0",
        "content-type: text/html",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment",
    ] {
        for message in [format!("{field}\r\n{signed}"), signed.replace("To: ", &format!("{field}\r\nTo: "))] {
            World::fails(&world.finding(&message).await?, "is not signed");
        }
    }
    World::passes(&world.finding(&format!("Received: from a by b\r\n{signed}")).await?);
    Ok(())
}

#[tokio::test]
async fn a_field_signed_once_more_than_it_is_there_cannot_be_put_in_either() -> Result<()> {
    let world = World::new().await?;
    let twice: Vec<&str> = FIELDS.into_iter().chain(["From", "Subject"]).collect();
    let signed = world.signed(&Signature::of(&twice))?;
    World::passes(&world.finding(&signed).await?);
    let forged = format!("Subject: Another\r\n{signed}");
    World::fails(&world.finding(&forged).await?, "the signature is wrong");
    Ok(())
}

#[tokio::test]
async fn a_mail_that_could_be_repeated_as_another_is_not_believed() -> Result<()> {
    let world = World::new().await?;
    let nameless = MAIL.replace("Message-ID: <one@shop.example>\r\n", "");
    let signed = world.signer.sign(&nameless, &careful())?;
    World::fails(&world.finding(&signed).await?, "no Message-ID");
    Ok(())
}

#[tokio::test]
async fn no_byte_that_is_signed_can_be_changed() -> Result<()> {
    let world = World::new().await?;
    let signed = world.signed(&Signature { canonical: Canonical::Simple, ..careful() })?;
    World::passes(&world.finding(&signed).await?);
    let begin = signed.find("From: ").unwrap_or_default();
    for at in begin..signed.trim_end().len() {
        let mut changed = signed.clone().into_bytes();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed)?;
        let finding = world.finding(&changed).await?;
        assert_eq!(finding.verdict, mail::OwnVerdict::NotAuthenticated, "{at}: {:?}", finding.evidence);
    }
    Ok(())
}

#[tokio::test]
async fn what_canonical_forms_leave_out_cannot_be_put_in() -> Result<()> {
    let world = World::new().await?;
    let signed = world.signed(&careful())?;
    // More white space is the same text; a return in a word makes another word of it.
    World::passes(&world.finding(&signed.replace("refund  my", "refund my")).await?);
    World::fails(
        &world.finding(&signed.replace("refund  my", "ref\rund  my")).await?,
        "a return that ends no line",
    );
    // A line that is no field ends the header for some, and is passed over by others.
    let parted_elsewhere = signed.replacen("\r\n\r\nPlease", "\r\nrubbish\r\nPlease", 1);
    World::fails(&world.finding(&parted_elsewhere).await?, "not made of plain fields");
    World::fails(
        &world.finding(&signed.replace("\r\nDate:", "\r\nDate :")).await?,
        "not made of plain fields",
    );
    Ok(())
}

#[tokio::test]
async fn any_one_good_signature_is_enough_among_a_few() -> Result<()> {
    let world = World::new().await?;
    let good = world.signed(&careful())?;
    let (_, wrong) = good.split_once("DKIM-Signature: ").unwrap_or_default();
    let wrong = wrong.split("\r\nFrom:").next().unwrap_or_default().replace("bh=", "bh=AAAA");
    let with_wrong = |times: usize| format!("DKIM-Signature: {wrong}\r\n").repeat(times) + &good;
    World::passes(&world.finding(&with_wrong(2)).await?);
    World::fails(&world.finding(&with_wrong(3)).await?, "the signature is wrong");
    World::fails(&world.finding(&with_wrong(10)).await?, "more signatures than");
    let strangers = format!("DKIM-Signature: {}\r\n", wrong.replace("d=shop.", "d=other.")).repeat(8) + &good;
    World::passes(&world.finding(&strangers).await?);
    assert!(world.dns.asked().iter().all(|name| name.ends_with("shop.example")), "{:?}", world.dns.asked());
    Ok(())
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_not_looked_at() -> Result<()> {
    let world = World::new().await?;
    let signed = world.signed(&careful())?;
    let config = verifier::Config { max_message_bytes: signed.len() - 1, ..config(&world.dns) };
    let world = World { verifier: verifier::Verifier::new(config)?, ..world };
    World::fails(&world.finding(&signed).await?, "too long");
    Ok(())
}
