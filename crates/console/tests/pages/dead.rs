//! Dead letters: seen by whoever may look, ordered by an operator, and about those alone that were on the page.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use axum::http::StatusCode;
use domain::{Clock as _, Digest, Role, RunKind, Scope, SystemClock, WorkspaceId};
use store::{Arrival, Burial, Claim, DeadDeed, DeadGroup, DeadOrder, LeaseTerms};

use crate::world::{Browser, OTHER, Page, World, home};

const DEAD: &str = "/w/default/dead";
const EMPTY: &str = "the delivery is empty";
const HOSTILE: &str = "<script>alert(1)</script> \" onclick=\"alert(2)";
const LONG: LeaseTerms = LeaseTerms { lasts: Duration::from_hours(1) };

fn arrival(workspace: &WorkspaceId, number: u32) -> Arrival {
    Arrival { digest: Digest::of(&[&number.to_be_bytes()]), workspace: workspace.clone(), run: RunKind::Live }
}

/// Mail `number` of a workspace dies, of this.
async fn dies(world: &World, workspace: &WorkspaceId, number: u32, code: &str, sentence: &str) -> Result<()> {
    let claims = world.ledger.claim(&[arrival(workspace, number)], LONG).await?;
    let Some(Claim::Taken(lease)) = claims.into_iter().next() else { bail!("not taken") };
    world.ledger.bury(&[Burial { lease, code: code.to_owned(), sentence: sentence.to_owned() }]).await?;
    Ok(())
}

/// Mails 1 to `count` are dead, of being empty.
async fn some_dead(world: &World, count: u32) -> Result<DeadGroup> {
    for number in 1..=count {
        dies(world, &home(), number, "empty", EMPTY).await?;
    }
    group(world).await
}

async fn group(world: &World) -> Result<DeadGroup> {
    world.ledger.dead_groups(Some(&home())).await?.into_iter().next().context("no group")
}

async fn orders(world: &World) -> Result<Vec<DeadOrder>> {
    Ok(world.ledger.dead_orders(None, 10).await?)
}

/// What the page's own form carries.
async fn posts(browser: &Browser, page: &Page, verb: &str, more: &[(&str, &str)]) -> Result<Page> {
    let form =
        page.between(&format!("{verb}\">"), "</form>").with_context(|| format!("no form to {verb}"))?;
    let field = |name: &str| -> Result<String> {
        let (_, rest) = form.split_once(&format!("name=\"{name}\" value=\"")).context("no such field")?;
        Ok(rest.split_once('"').context("no end")?.0.to_owned())
    };
    let (mails, newest) = (field("mails")?, field("newest")?);
    let path = page.between("method=\"post\" action=\"/w/default/dead/", "/requeue").context("no path")?;
    let own = [("mails", mails.as_str()), ("newest", newest.as_str())];
    browser.post(&format!("{DEAD}/{path}/{verb}"), &[own.as_slice(), more].concat()).await
}

#[tokio::test]
async fn nothing_dead_is_said_in_words_and_no_number_stands_beside_the_place() -> Result<()> {
    let world = World::open().await?;
    let page = world.signed_in("kim", Role::Viewer).await?.get(DEAD).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.has("No mail is dead.") && page.has("aria-current=\"page\">Dead letters</a>"),
        "{}",
        page.text
    );
    Ok(())
}

#[tokio::test]
async fn groups_are_listed_with_number_sentence_and_what_to_do() -> Result<()> {
    let world = World::open().await?;
    for (number, bytes) in [(1, "20000000"), (2, "30000000")] {
        let sentence = format!("the message has {bytes} bytes, more than the 16777216 that are read");
        dies(&world, &home(), number, "too_large", &sentence).await?;
    }
    dies(&world, &home(), 3, "empty", EMPTY).await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    let page = kim.get(DEAD).await?;
    for shown in [
        "the message has … bytes, more than the … that are read",
        "<strong>2</strong>",
        EMPTY,
        "They can be dropped.",
        "title=\"dead\">3<",
    ] {
        assert!(page.has(shown), "{shown} is not on {}", page.text);
    }
    let id = page.between("/w/default/dead/grp_", "\"").context("no link")?.to_owned();
    let one = kim.get(&format!("{DEAD}/grp_{id}")).await?;
    assert_eq!(one.status, StatusCode::OK);
    assert!(one.has("1 mail") && one.has(&arrival(&home(), 3).digest.to_string()[..12]), "{}", one.text);
    assert!(one.has("Deciding takes the role operator") && !one.has("/requeue"), "a viewer decides nothing");
    Ok(())
}

#[tokio::test]
async fn an_operator_puts_a_group_back_and_sees_the_order() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 3).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.get(&format!("{DEAD}/{}", group.id)).await?;
    assert!(page.has("Put back 3 mails") && page.has("Drop 3 mails"), "{}", page.text);
    let done = posts(&kim, &page, "requeue", &[]).await?;
    assert_eq!(done.leads_to(), Some(DEAD), "{}", done.text);
    // The same form once more, as an impatient hand sends it.
    assert_eq!(posts(&kim, &page, "requeue", &[]).await?.leads_to(), Some(DEAD));
    let [order] = &orders(&world).await?[..] else { bail!("not one order") };
    assert_eq!((order.mails, order.actor.as_str(), &order.deed), (3, "kim", &DeadDeed::Requeue));
    assert!(world.trail().await?.contains(&(
        "kim".to_owned(),
        "dead.requeue_ordered".to_owned(),
        Some(group.id.to_string())
    )));
    let list = kim.get(DEAD).await?;
    assert!(
        list.has("Put back 3 mails") && list.has("A worker takes it up within seconds."),
        "{}",
        list.text
    );
    let again = kim.get(&format!("{DEAD}/{}", group.id)).await?;
    assert!(again.has("Something is ordered about these mails.") && !again.has("/requeue"), "{}", again.text);
    let walk = world.ledger.claim_dead_orders(LONG).await?.context("nothing is ordered")?;
    let found = [1, 2, 3].map(|number| arrival(&home(), number));
    world.ledger.take_up_dead(&walk, &found).await?.context("lost")?;
    assert!(kim.get(DEAD).await?.has("3 of 3 put back so far."));
    world.ledger.end_dead_walk(&walk).await?;
    let list = kim.get(DEAD).await?;
    assert!(list.has("3 of 3 put back.") && list.has("No mail is dead."), "{}", list.text);
    Ok(())
}

#[tokio::test]
async fn dropping_takes_a_reason_and_keeps_it() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 2).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.get(&format!("{DEAD}/{}", group.id)).await?;
    let refused = posts(&kim, &page, "drop", &[("reason", " ")]).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("Dropping needs a reason") && orders(&world).await?.is_empty());
    let done = posts(&kim, &page, "drop", &[("reason", "<b>spam</b>")]).await?;
    assert_eq!(done.leads_to(), Some(DEAD), "{}", done.text);
    let list = kim.get(DEAD).await?;
    assert!(list.has("Because: &#60;b&#62;spam") && !list.has("<b>spam"), "{}", list.text);
    Ok(())
}

#[tokio::test]
async fn one_mail_is_ordered_alone() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 3).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let digest = arrival(&home(), 2).digest;
    let path = format!("{DEAD}/{}/requeue", group.id);
    let done = kim.post(&path, &[("mail", &digest.to_string())]).await?;
    assert_eq!(done.leads_to(), Some(DEAD));
    let [order] = &orders(&world).await?[..] else { bail!("not one order") };
    assert_eq!((order.mails, order.mail), (1, Some(digest)));
    for wrong in ["00", "%", &Digest::of(&[b"another"]).to_string()] {
        assert_eq!(kim.post(&path, &[("mail", wrong)]).await?.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn what_died_after_the_page_was_seen_is_not_concerned() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 2).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.get(&format!("{DEAD}/{}", group.id)).await?;
    while SystemClock.now().as_millisecond() <= group.newest.as_millisecond() {}
    dies(&world, &home(), 3, "empty", EMPTY).await?;
    posts(&kim, &page, "drop", &[("reason", "spam")]).await?;
    let [order] = &orders(&world).await?[..] else { bail!("not one order") };
    assert_eq!(order.mails, 2, "those of the page");
    Ok(())
}

#[tokio::test]
async fn a_number_that_does_not_fit_changes_nothing() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 2).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let path = format!("{DEAD}/{}/requeue", group.id);
    let newest = group.newest.as_millisecond().to_string();
    let grown = kim.post(&path, &[("mails", "1"), ("newest", &newest)]).await?;
    assert_eq!(grown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(grown.has("These are 2 mails by now"), "{}", grown.text);
    let gone = kim.post(&path, &[("mails", "2"), ("newest", "1")]).await?;
    assert!(gone.has("None of the mails that you saw is dead any more."), "{}", gone.text);
    for (mails, newest) in [("", newest.as_str()), ("2", ""), ("-1", "1"), ("2", "99999999999999999")] {
        let wrong = kim.post(&path, &[("mails", mails), ("newest", newest)]).await?;
        ensure!(wrong.status.is_client_error(), "{mails} {newest}: {}", wrong.status);
    }
    assert!(orders(&world).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_somebody_else_ordered_stands() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 2).await?;
    let (kim, ann) =
        (world.signed_in("kim", Role::Operator).await?, world.signed_in("ann", Role::Operator).await?);
    let page = ann.get(&format!("{DEAD}/{}", group.id)).await?;
    posts(&kim, &kim.get(&format!("{DEAD}/{}", group.id)).await?, "requeue", &[]).await?;
    let late = posts(&ann, &page, "drop", &[("reason", "spam")]).await?;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.has("kim was quicker"), "{}", late.text);
    assert_eq!(orders(&world).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn ordering_takes_the_role_operator_and_a_form_of_ours() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 2).await?;
    let viewer = world.signed_in("ann", Role::Viewer).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let newest = group.newest.as_millisecond().to_string();
    let fields = [("mails", "2"), ("newest", newest.as_str()), ("reason", "spam")];
    for verb in ["requeue", "drop"] {
        let path = format!("{DEAD}/{}/{verb}", group.id);
        assert_eq!(viewer.post(&path, &fields).await?.status, StatusCode::FORBIDDEN);
        let forged = [[("token", viewer.token.as_str())].as_slice(), &fields].concat();
        assert_eq!(kim.send_form(&path, &forged).await?.status, StatusCode::FORBIDDEN);
        assert_eq!(world.stranger().post(&path, &fields).await?.status, StatusCode::SEE_OTHER);
    }
    assert!(orders(&world).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn dead_mail_of_another_workspace_is_not_there() -> Result<()> {
    let world = World::open().await?;
    let other: WorkspaceId = OTHER.parse()?;
    let group = some_dead(&world, 1).await?;
    dies(&world, &other, 2, "empty", EMPTY).await?;
    world.add("kim", &Scope::Workspace(other.clone()), Role::Admin).await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    world.add("ann", &Scope::Workspace(other.clone()), Role::Admin).await?;
    let ann = world.sign_in("ann").await?;
    let (here, there) = (format!("{DEAD}/{}", group.id), format!("/w/{OTHER}/dead/{}", group.id));
    let newest = group.newest.as_millisecond().to_string();
    let fields = [("mails", "1"), ("newest", newest.as_str()), ("reason", "spam")];
    assert_eq!(ann.get(DEAD).await?.status, StatusCode::NOT_FOUND);
    for (who, group) in [(&ann, &here), (&kim, &there)] {
        assert_eq!(who.get(group).await?.status, StatusCode::NOT_FOUND, "{group}");
        for verb in ["requeue", "drop"] {
            let page = who.post(&format!("{group}/{verb}"), &fields).await?;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{group}/{verb}");
        }
    }
    // A mail of the other workspace under a group of theirs.
    let theirs = world.ledger.dead_groups(Some(&other)).await?.into_iter().next().context("no group")?;
    let foreign = arrival(&home(), 1).digest.to_string();
    let path = format!("/w/{OTHER}/dead/{}/drop", theirs.id);
    let page = kim.post(&path, &[("mail", &foreign), ("reason", "spam")]).await?;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(orders(&world).await?.is_empty());
    assert!(!kim.get(&format!("/w/{OTHER}/dead")).await?.has(group.id.as_str()));
    Ok(())
}

#[tokio::test]
async fn a_hostile_sentence_is_text() -> Result<()> {
    let world = World::open().await?;
    dies(&world, &home(), 1, "<b>code", HOSTILE).await?;
    let group = group(&world).await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let one = format!("{DEAD}/{}", group.id);
    let page = kim.get(&one).await?;
    let done = posts(&kim, &page, "requeue", &[]).await?;
    assert_eq!(done.leads_to(), Some(DEAD));
    for page in [page, kim.get(DEAD).await?, kim.get(&one).await?] {
        assert!(
            !page.has("<script>alert") && !page.has(" onclick=\"") && !page.has("<b>code"),
            "{}",
            page.text
        );
    }
    for wrong in ["grp_0", "..%2F..%2Fpeople", "%00"] {
        assert_eq!(kim.get(&format!("{DEAD}/{wrong}")).await?.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    assert_eq!(kim.get(&format!("{one}?before=nothing")).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_long_group_is_read_page_by_page() -> Result<()> {
    let world = World::open().await?;
    let group = some_dead(&world, 51).await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    let one = format!("{DEAD}/{}", group.id);
    let first = kim.get(&one).await?;
    let before = first.between("?before=", "\"").context("no more")?.to_owned();
    let second = kim.get(&format!("{one}?before={before}")).await?;
    let rows = |page: &Page| page.text.matches("<code title=\"").count();
    assert_eq!((rows(&first), rows(&second)), (50, 1));
    assert!(second.has("← Last to die") && !second.has("Earlier →"));
    Ok(())
}
