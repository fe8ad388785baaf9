//! What waits for a person: seen, decided once, by whoever may, and nothing told of the customer before somebody asked for it.

use anyhow::{Context as _, Result, ensure};
use axum::http::StatusCode;
use domain::{ApprovalState, Currency, Money, Role, Scope, StoredApproval};

use crate::waiting::{ADDRESS, REPLY, SUBJECT, Waiting};
use crate::world::{HOME, OTHER, World, home};

fn path(waiting: &Waiting, rest: &str) -> String {
    format!("/w/{HOME}/approvals/{}{rest}", waiting.id())
}

async fn stored(world: &World, waiting: &Waiting) -> Result<StoredApproval> {
    world.ledger.approval(waiting.id()).await?.context("no approval")
}

#[tokio::test]
async fn what_waits_is_listed_with_amount_total_customer_and_votes() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).persons(2).store(&world).await?;
    let page = world.signed_in("kim", Role::Viewer).await?.get(&format!("/w/{HOME}/approvals")).await?;
    assert_eq!(page.status, StatusCode::OK);
    for shown in
        [waiting.id().as_str(), "Refund, full or partial", "€20.00", "of €49.00", "cus_1", "0 of 2", "in 2 d"]
    {
        assert!(page.has(shown), "{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn one_approval_says_why_it_waits_and_hides_whose_mail_it_is() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let page = world.signed_in("kim", Role::Viewer).await?.get(&path(&waiting, "")).await?;
    assert_eq!(page.status, StatusCode::OK);
    for shown in ["it is above the limit of €10.00", "asks a person", "Earlier refunds", "€5.00", "of €49.00"]
    {
        assert!(page.has(shown), "{shown}");
    }
    for hidden in [ADDRESS, SUBJECT, REPLY, "4242"] {
        assert!(!page.has(hidden), "{hidden}");
    }
    Ok(())
}

#[tokio::test]
async fn what_the_mail_says_is_revealed_to_an_operator_and_noted() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let viewer = world.signed_in("ann", Role::Viewer).await?;
    assert_eq!(viewer.post(&path(&waiting, "/reveal"), &[]).await?.status, StatusCode::FORBIDDEN);
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.post(&path(&waiting, "/reveal"), &[]).await?;
    for shown in [ADDRESS, REPLY, "4242"] {
        assert!(page.has(shown), "{shown}");
    }
    assert!(page.headers.get("set-cookie").is_none());
    let looks: Vec<_> =
        world.trail().await?.into_iter().filter(|(_, event, _)| event == "personal.revealed").collect();
    let mail = Some(stored(&world, &waiting).await?.fingerprint.to_string());
    assert_eq!(looks, [("kim".to_owned(), "personal.revealed".to_owned(), mail)]);
    assert!(!kim.get(&path(&waiting, "")).await?.has(ADDRESS));
    Ok(())
}

#[tokio::test]
async fn what_a_customer_wrote_is_text_on_the_page() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let page = world.signed_in("kim", Role::Operator).await?.post(&path(&waiting, "/reveal"), &[]).await?;
    assert!(!page.has(SUBJECT) && !page.has("<script>"), "{}", page.text);
    assert!(page.has("&#60;script&#62;alert(1)&#60;/script&#62;"));
    Ok(())
}

#[tokio::test]
async fn a_lower_amount_is_approved_under_the_persons_name() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let kim = world.signed_in("kim", Role::Approver).await?;
    let decided = kim.post(&path(&waiting, "/approve"), &[("amount", "12.50")]).await?;
    assert_eq!(
        (decided.status, decided.leads_to()),
        (StatusCode::SEE_OTHER, Some(path(&waiting, "").as_str()))
    );
    let approval = stored(&world, &waiting).await?;
    assert_eq!(approval.state, ApprovalState::Approved);
    assert_eq!(approval.decided_amount, Some(Money::new(1_250, Currency::EUR)));
    let kims = ("kim".to_owned(), "approval.approved".to_owned(), Some(waiting.id().to_string()));
    assert!(world.trail().await?.contains(&kims));
    let page = kim.get(&path(&waiting, "")).await?;
    assert!(page.has("€12.50 at most") && !page.has("/approve"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn an_amount_that_cannot_be_approved_is_told_and_nothing_changed() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let kim = world.signed_in("kim", Role::Approver).await?;
    for (typed, told) in [
        ("20.01", "at most €20.00 can be approved"),
        ("12,50", "That is no amount in EUR"),
        ("12.505", "That is no amount in EUR"),
        ("5 usd", "That is no amount in EUR"),
        ("0", "That is no amount in EUR"),
        ("<script>", "That is no amount in EUR"),
    ] {
        let page = kim.post(&path(&waiting, "/approve"), &[("amount", typed)]).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(page.has(told), "{typed}");
    }
    assert_eq!(stored(&world, &waiting).await?.state, ApprovalState::Waiting);
    Ok(())
}

#[tokio::test]
async fn nobody_decides_what_they_asked_for() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let asker = world.signed_in("Pia@Customer.example", Role::Admin).await?;
    for (verb, field) in [("/approve", ("amount", "")), ("/reject", ("reason", "not mine"))] {
        let page = asker.post(&path(&waiting, verb), &[field]).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has("You asked for this yourself"), "{}", page.text);
    }
    assert_eq!(stored(&world, &waiting).await?.state, ApprovalState::Waiting);
    Ok(())
}

#[tokio::test]
async fn two_people_are_two_people() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).persons(2).store(&world).await?;
    let (kim, ann) =
        (world.signed_in("kim", Role::Approver).await?, world.signed_in("ann", Role::Approver).await?);
    kim.post(&path(&waiting, "/approve"), &[]).await?;
    let page = kim.get(&path(&waiting, "")).await?;
    assert!(page.has("1 of 2") && page.has("Somebody beside kim has to approve it as well"), "{}", page.text);
    let again = kim.post(&path(&waiting, "/approve"), &[]).await?;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.has("it needs two people"));
    ann.post(&path(&waiting, "/approve"), &[]).await?;
    assert_eq!(stored(&world, &waiting).await?.state, ApprovalState::Approved);
    Ok(())
}

#[tokio::test]
async fn a_rejection_needs_a_reason_which_is_text_on_the_page() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let kim = world.signed_in("kim", Role::Approver).await?;
    let without = kim.post(&path(&waiting, "/reject"), &[("reason", " ")]).await?;
    assert!(without.status == StatusCode::UNPROCESSABLE_ENTITY && without.has("A rejection needs a reason"));
    kim.post(&path(&waiting, "/reject"), &[("reason", "<script>alert(1)</script>")]).await?;
    let approval = stored(&world, &waiting).await?;
    assert_eq!((approval.state, approval.rejected_by.as_deref()), (ApprovalState::Rejected, Some("kim")));
    let page = kim.get(&path(&waiting, "")).await?;
    assert!(!page.has("<script>") && page.has("&#60;script&#62;alert(1)"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn who_comes_late_is_told_what_was_decided() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let (kim, ann) =
        (world.signed_in("kim", Role::Approver).await?, world.signed_in("ann", Role::Approver).await?);
    kim.post(&path(&waiting, "/approve"), &[("amount", "5")]).await?;
    let late = ann.post(&path(&waiting, "/approve"), &[]).await?;
    assert!(late.has("Too late: it was approved by kim, €5.00."), "{}", late.text);
    // The same form once more, as an impatient hand sends it.
    let twice = kim.post(&path(&waiting, "/approve"), &[("amount", "5")]).await?;
    assert_eq!(twice.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn deciding_takes_the_role_approver_and_a_form_of_ours() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    let operator = world.signed_in("ann", Role::Operator).await?;
    assert!(!operator.get(&path(&waiting, "")).await?.has("/approve"));
    let kim = world.signed_in("kim", Role::Approver).await?;
    for verb in ["/approve", "/reject"] {
        let path = path(&waiting, verb);
        assert_eq!(operator.post(&path, &[("reason", "no")]).await?.status, StatusCode::FORBIDDEN);
        let forged = [("token", operator.token.as_str()), ("reason", "no")];
        assert_eq!(kim.send_form(&path, &forged).await?.status, StatusCode::FORBIDDEN);
        assert_eq!(world.stranger().post(&path, &[]).await?.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(stored(&world, &waiting).await?.state, ApprovalState::Waiting);
    Ok(())
}

#[tokio::test]
async fn an_approval_of_another_workspace_is_not_there() -> Result<()> {
    let world = World::open().await?;
    let waiting = Waiting::refund(1, 2_000).store(&world).await?;
    world.add("kim", &Scope::Workspace(OTHER.parse()?), Role::Admin).await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    let there = |rest: &str| format!("/w/{OTHER}/approvals/{}{rest}", waiting.id());
    for rest in ["/approve", "/reject", "/reveal"] {
        let page = kim.post(&there(rest), &[("reason", "no")]).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{rest}");
    }
    assert_eq!(kim.get(&there("")).await?.status, StatusCode::NOT_FOUND);
    for wrong in ["apr_0", "..%2F..%2Fpeople", "%00"] {
        let page = kim.get(&format!("/w/{HOME}/approvals/{wrong}")).await?;
        ensure!(page.status == StatusCode::NOT_FOUND, "{wrong}: {}", page.status);
    }
    assert!(!kim.get(&format!("/w/{OTHER}/approvals")).await?.has(waiting.id().as_str()));
    assert_eq!(stored(&world, &waiting).await?.workspace, home());
    Ok(())
}
