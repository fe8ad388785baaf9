//! What stands in a key record.

use anyhow::Result;
use tests::Answer;

use crate::world::{World, careful, saying};

#[tokio::test]
async fn what_a_key_record_says_can_spoil_the_key() -> Result<()> {
    for (good, bad, reason) in [
        ("v=DKIM1; k=ed25519; p=KEY", "v=DKIM1; k=ed25519; p=", "revoked"),
        ("k=ed25519; p=KEY", "v=DKIM2; k=ed25519; p=KEY", "malformed"),
        ("v=DKIM1; k=ed25519; p=KEY;", "k=ed25519; v=DKIM1; p=KEY", "malformed"),
        ("v=DKIM1; k=ed25519; t=s; p=KEY", "v=DKIM1; k=ed25519; t=y; p=KEY", "marked as a test"),
        ("v=DKIM1; k=ed25519; n=hello; p=KEY", "v=DKIM1; k=ed25519; t=s:y; p=KEY", "marked as a test"),
        ("v=DKIM1; k=ed25519; g=*; p=KEY", "v=DKIM1; k=ed25519; g=billing; p=KEY", "malformed"),
        ("v=DKIM1; k=ed25519; g=*; p=KEY", "v=DKIM1; k=ed25519; g=; p=KEY", "malformed"),
        ("v=DKIM1; h=sha256; k=ed25519; p=KEY", "v=DKIM1; h=sha1; k=ed25519; p=KEY", "malformed"),
        ("v=DKIM1; s=email; k=ed25519; p=KEY", "v=DKIM1; s=tlsrpt; k=ed25519; p=KEY", "malformed"),
        ("v=DKIM1; s=*; k=ed25519; p=KEY", "v=DKIM1; p=KEY", "malformed"),
        ("v=DKIM1; k=ed25519; p=KEY", "v=DKIM1; k=ed25519", "malformed"),
        ("v=DKIM1; k=ed25519; p=KEY", "v=DKIM1; k=ed25519; p=KEY; p=KEY", "malformed"),
        ("v=DKIM1; k=ed25519; p=KEY", "hello", "malformed"),
    ] {
        for (record, fault) in [(good, None), (bad, Some(reason))] {
            let world = World::new().await?;
            world.dns.serves(&world.signer.name(), &record.replace("KEY", &world.signer.public()));
            let finding = world.finding(&world.signed(&careful())?).await?;
            match fault {
                None => World::passes(&finding),
                Some(reason) => World::fails(&finding, reason),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_key_for_the_domain_alone_does_not_sign_for_what_lies_below() -> Result<()> {
    let world = World::new().await?;
    let below = world.signed(&saying("i=@mail.shop.example; "))?;
    World::passes(&world.finding(&below).await?);
    let world = World::new().await?;
    world.dns.serves(&world.signer.name(), &format!("{}; t=s", world.signer.record()));
    let signed = |more| world.signed(&saying(more));
    World::fails(&world.finding(&signed("i=@mail.shop.example; ")?).await?, "the signature is wrong");
    World::passes(&world.finding(&signed("i=@shop.example; ")?).await?);
    Ok(())
}

#[tokio::test]
async fn of_two_keys_under_one_name_none_counts() -> Result<()> {
    let world = World::new().await?;
    let records = vec![world.signer.record(), "v=DKIM1; k=ed25519; p=AAAA".to_owned()];
    world.dns.answers(&world.signer.name(), Answer::Texts(records, 3_600));
    World::fails(&world.finding(&world.signed(&careful())?).await?, "several keys");
    Ok(())
}

#[tokio::test]
async fn the_key_of_another_proves_nothing() -> Result<()> {
    let (world, other) = (World::new().await?, World::new().await?);
    world.dns.serves(&world.signer.name(), &other.signer.record());
    World::fails(&world.finding(&world.signed(&careful())?).await?, "the signature is wrong");
    Ok(())
}

/// Signed with dkimpy; the private keys are gone.
#[tokio::test]
async fn rsa_counts_from_1024_bits_and_with_sha_256() -> Result<()> {
    let found = |message: &'static str, record: &'static str| async move {
        let world = World::new().await?;
        world.dns.serves("rsa._domainkey.shop.example", record.trim());
        world.finding(message).await
    };
    World::passes(&found(include_str!("rsa/1024.eml"), include_str!("rsa/1024.key")).await?);
    World::passes(&found(include_str!("rsa/2048-simple.eml"), include_str!("rsa/2048-simple.key")).await?);
    World::fails(
        &found(include_str!("rsa/512.eml"), include_str!("rsa/512.key")).await?,
        "fewer than 1,024 bits",
    );
    World::fails(&found(include_str!("rsa/sha1.eml"), include_str!("rsa/sha1.key")).await?, "the algorithm");
    Ok(())
}

#[tokio::test]
async fn rubbish_in_place_of_a_key_is_a_bad_key_and_no_panic() -> Result<()> {
    for key in ["AA==", "MA==", "MIA=", "MIH/", "MIIBIjANBgkq", "MP8=", "MAAwAA==", "!!!!", "MIKAgA=="] {
        let world = World::new().await?;
        world.dns.serves("rsa._domainkey.shop.example", &format!("v=DKIM1; k=rsa; p={key}"));
        let finding = world.finding(include_str!("rsa/1024.eml")).await?;
        assert_eq!(finding.verdict, mail::OwnVerdict::NotAuthenticated, "{key}: {:?}", finding.evidence);
        world.dns.serves(&world.signer.name(), &format!("v=DKIM1; k=ed25519; p={key}"));
        let finding = world.finding(&world.signed(&careful())?).await?;
        assert_eq!(finding.verdict, mail::OwnVerdict::NotAuthenticated, "{key}: {:?}", finding.evidence);
    }
    Ok(())
}
