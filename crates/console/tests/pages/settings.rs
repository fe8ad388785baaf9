//! What postill stands on, and what it was told.

use anyhow::Result;
use axum::http::StatusCode;
use domain::policy::Switch;
use domain::{Clock as _, Function, Mode, Role, Scope, SystemClock, WorkspaceId};
use store::vault::{MasterKey, Seal, Vault};
use store::{Heartbeat, NewConnection, WorkerId};

use crate::waiting::{SUBJECT, Waiting};
use crate::world::{OTHER, World, home};

const SETTINGS: &str = "/w/default/settings";
/// Every worker and console has the new key.
const TICKED: (&str, &str) = ("everywhere", "on");
const KEY: &str = "rk_test_51Larkspur0001secret";

fn master_key(digit: char) -> Result<MasterKey> {
    Ok(MasterKey::parse(&digit.to_string().repeat(64))?)
}

/// A console whose master key was changed; both workspaces have a key that is sealed with the one of before.
async fn with_a_changed_master_key() -> Result<World> {
    let world = World::with(Some(Vault::new(master_key('b')?, Some(master_key('a')?)))).await?;
    let before = Vault::new(master_key('a')?, None);
    for (workspace, hint) in [(home(), "aaaa"), (OTHER.parse()?, "bbbb")] {
        let sealed_key = before.seal(&workspace, Mode::Test, KEY)?;
        let new = NewConnection { workspace, mode: Mode::Test, sealed_key, key_hint: hint.to_owned() };
        world.ledger.put_connection(&new, "test").await?;
    }
    Ok(world)
}

/// How the key of a workspace stands to the new master key alone.
async fn seal(world: &World, workspace: &WorkspaceId) -> Result<Vec<Seal>> {
    let (vault, stored) = (Vault::new(master_key('b')?, None), world.ledger.connections_of(workspace).await?);
    Ok(stored.iter().map(|stored| vault.seal_of(&stored.key)).collect())
}

#[tokio::test]
async fn the_ledger_is_told_with_its_migrations() -> Result<()> {
    let world = World::open().await?;
    let page = world.signed_in("kim", Role::Operator).await?.get(SETTINGS).await?;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for told in ["Answers, tables up to date", "SQLite 3.", "none pending", "not connected", "There is none"]
    {
        assert!(page.has(told), "{told} is missing: {}", page.text);
    }
    Ok(())
}

#[tokio::test]
async fn settings_are_filtered_by_a_word_and_by_who_set_them() -> Result<()> {
    let world = World::open().await?;
    world.add("kim", &Scope::All, Role::Operator).await?;
    let kim = world.sign_in("kim").await?;
    let all = kim.get(SETTINGS).await?;
    assert!(all.has("amqp.prefetch") && all.has("stripe.key") && all.has("POSTILL_STRIPE_KEY"));
    assert!(all.has("Mails &#60;b&#62;per&#60;/b&#62; worker.") && !all.has("<b>per"));
    let word = kim.get(&format!("{SETTINGS}?word=PREFETCH")).await?;
    assert!(word.has("amqp.prefetch") && !word.has("stripe.key"), "{}", word.text);
    let set = kim.get(&format!("{SETTINGS}?word=&set=on")).await?;
    assert!(set.has("amqp.prefetch") && !set.has("The workspace of mail that names none."));
    let home_only = world.signed_in("olga", Role::Admin).await?.get(SETTINGS).await?;
    assert!(
        home_only.has("policy.functions.refund") && !home_only.has("amqp.prefetch"),
        "{}",
        home_only.text
    );
    let none = kim.get(&format!("{SETTINGS}?word=%3Cscript%3E")).await?;
    assert!(none.has("No setting fits.") && !none.has("<script>") && none.has("&#60;script&#62;"));
    Ok(())
}

#[tokio::test]
async fn a_switch_of_the_toolkit_goes_before_the_configuration() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let before = kim.get(SETTINGS).await?;
    world.ledger.set_switch(&home(), Function::Refund, Switch::Approval, "test").await?;
    let now = kim.get(&format!("{SETTINGS}?word=refund")).await?;
    assert!(!before.has("the toolkit&#39;s switch") && now.has("the toolkit&#39;s switch"), "{}", now.text);
    assert!(now.has("<code>approval</code>"));
    let version =
        |page: &crate::world::Page| page.between("Version here</dt><dd><code>", "<").map(str::to_owned);
    assert_ne!(version(&before), version(&now));
    Ok(())
}

fn heartbeat() -> Result<Heartbeat> {
    Ok(Heartbeat {
        worker: WorkerId::new()?,
        version: "0.1.0".to_owned(),
        started_at: SystemClock.now(),
        in_hand: 0,
        settled: 0,
        waited: None,
        queues: None,
    })
}

#[tokio::test]
async fn another_policy_at_the_workers_is_told() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    assert!(kim.get(SETTINGS).await?.has("no worker has noted one yet"));
    world.ledger.note_policy(&home(), "0123456789ab", "worker").await?;
    let gone = kim.get(SETTINGS).await?;
    assert!(gone.has("0123456789ab") && !gone.has("The workers go by another policy"), "{}", gone.text);
    world.ledger.beat(&heartbeat()?).await?;
    let page = kim.get(SETTINGS).await?;
    assert!(page.has("0123456789ab") && page.has("The workers go by another policy"), "{}", page.text);
    let same = page.between("Version here</dt><dd><code>", "<").unwrap_or_default();
    world.ledger.note_policy(&home(), same, "worker").await?;
    assert!(!kim.get(SETTINGS).await?.has("The workers go by another policy"));
    Ok(())
}

#[tokio::test]
async fn an_administrator_of_everything_seals_all_keys_anew() -> Result<()> {
    let world = with_a_changed_master_key().await?;
    world.add("root", &Scope::All, Role::Admin).await?;
    let root = world.sign_in("root").await?;
    let page = root.get(SETTINGS).await?;
    assert!(page.has("default (test, …aaaa), other (test, …bbbb)") && page.has("Seal anew"), "{}", page.text);
    assert!(!page.has(KEY));
    let unticked = root.post(&format!("{SETTINGS}/seal"), &[]).await?;
    assert_eq!(unticked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(seal(&world, &home()).await?, [Seal::Locked], "sealed without the tick");
    assert!(page.has("take it away then"));
    let sealed = root.post(&format!("{SETTINGS}/seal"), &[TICKED]).await?;
    assert_eq!(sealed.leads_to(), Some("/w/default/settings#master-key"));
    for workspace in [home(), OTHER.parse()?] {
        assert_eq!(seal(&world, &workspace).await?, [Seal::Present]);
    }
    let page = root.get(SETTINGS).await?;
    assert!(page.has("Opens every stored key") && page.has("2 stored keys") && !page.has("Seal anew"));
    let noted = ("root".to_owned(), "connection.sealed_anew".to_owned(), Some("test".to_owned()));
    assert!(world.trail().await?.contains(&noted));
    Ok(())
}

#[tokio::test]
async fn an_administrator_of_one_workspace_sees_and_seals_its_key_alone() -> Result<()> {
    let world = with_a_changed_master_key().await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    let page = kim.get(SETTINGS).await?;
    assert!(page.has("…aaaa") && !page.has("bbbb") && !page.has(">other<"), "{}", page.text);
    assert!(page.has("Seal anew") && !page.has("take it away then"), "{}", page.text);
    kim.post(&format!("{SETTINGS}/seal"), &[TICKED]).await?;
    assert_eq!(seal(&world, &home()).await?, [Seal::Present]);
    assert_eq!(seal(&world, &OTHER.parse()?).await?, [Seal::Locked]);
    assert!(kim.get(SETTINGS).await?.has("Opens every stored key of the workspaces you look after"));
    let checked = kim.post(&format!("{SETTINGS}/check"), &[("workspace", OTHER)]).await?;
    assert_eq!(checked.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_stripe_out_of_reach_is_told_and_asked_again() -> Result<()> {
    let world = with_a_changed_master_key().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let page = kim.get(SETTINGS).await?;
    assert!(page.has("Stripe does not answer, so the key could not be checked."), "{}", page.text);
    let checked = kim.post(&format!("{SETTINGS}/check"), &[("workspace", "default")]).await?;
    assert_eq!(checked.leads_to(), Some("/w/default/settings#stripe"));
    Ok(())
}

#[tokio::test]
async fn settings_are_for_operators_and_sealing_for_administrators() -> Result<()> {
    let world = with_a_changed_master_key().await?;
    let viewer = world.signed_in("vera", Role::Viewer).await?;
    let operator = world.signed_in("olga", Role::Operator).await?;
    let admin = world.signed_in("kim", Role::Admin).await?;
    assert_eq!(viewer.get(SETTINGS).await?.status, StatusCode::FORBIDDEN);
    assert!(!viewer.get("/w/default/toolkit").await?.has("/settings"));
    assert!(!operator.get(SETTINGS).await?.has("settings/seal"));
    for form in ["check", "seal"] {
        let path = format!("{SETTINGS}/{form}");
        let fields = [("workspace", "default")];
        assert_eq!(viewer.post(&path, &fields).await?.status, StatusCode::FORBIDDEN, "{form}");
        let forged = [("token", operator.token.as_str()), ("workspace", "default")];
        assert_eq!(admin.send_form(&path, &forged).await?.status, StatusCode::FORBIDDEN, "{form}");
        let elsewhere = admin.post(&format!("/w/{OTHER}/settings/{form}"), &fields).await?;
        assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "{form}");
    }
    assert_eq!(operator.post(&format!("{SETTINGS}/seal"), &[]).await?.status, StatusCode::FORBIDDEN);
    assert_eq!(operator.get(&format!("/w/{OTHER}/settings")).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(seal(&world, &home()).await?, [Seal::Locked], "something was sealed");
    Ok(())
}

#[tokio::test]
async fn a_workspace_is_added_by_an_administrator_of_everything() -> Result<()> {
    let world = World::open().await?;
    world.add("kim", &Scope::All, Role::Admin).await?;
    let (kim, ann) = (world.sign_in("kim").await?, world.signed_in("ann", Role::Admin).await?);
    let add = format!("{SETTINGS}/workspaces");
    assert!(kim.get(SETTINGS).await?.has("Add a workspace"));
    assert!(!ann.get(SETTINGS).await?.has("Add a workspace"));
    assert_eq!(ann.post(&add, &[("name", "acme")]).await?.status, StatusCode::FORBIDDEN);
    for name in ["", "Acme", "a/b", "../x", OTHER] {
        assert_eq!(
            kim.post(&add, &[("name", name)]).await?.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
    }
    assert_eq!(world.ledger.workspaces().await?.len(), 2);
    assert_eq!(kim.post(&add, &[("name", " acme ")]).await?.leads_to(), Some("/w/acme/toolkit"));
    assert_eq!(kim.get("/w/acme/toolkit").await?.status, StatusCode::OK);
    assert_eq!(ann.get("/w/acme/toolkit").await?.status, StatusCode::NOT_FOUND);
    assert!(kim.get("/w/acme/audit").await?.has("added the workspace"));
    Ok(())
}

#[tokio::test]
async fn a_person_is_looked_for_by_administrators_and_their_address_kept_nowhere() -> Result<()> {
    let world = World::open().await?;
    let (kim, ann) =
        (world.signed_in("kim", Role::Admin).await?, world.signed_in("ann", Role::Operator).await?);
    assert!(kim.get(SETTINGS).await?.has("after 90 days"));
    let (person, export) = (format!("{SETTINGS}/person"), format!("{SETTINGS}/person/export"));
    let asked = [("address", "Ada@example.com")];
    for path in [&person, &export] {
        assert_eq!(ann.post(path, &asked).await?.status, StatusCode::FORBIDDEN);
        assert_eq!(kim.post(path, &[("address", "ada")]).await?.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(kim.send_form(path, &asked).await?.status, StatusCode::FORBIDDEN);
        let theirs = path.replace("/default/", &format!("/{OTHER}/"));
        assert_eq!(kim.post(&theirs, &asked).await?.status, StatusCode::NOT_FOUND);
    }
    assert!(kim.post(&person, &asked).await?.has("Nothing is held of this person here"));
    let file = kim.post(&export, &asked).await?;
    assert!(file.has("postill.personal_data.v1"), "{}", file.text);
    assert!(!format!("{:?}", world.trail().await?).to_lowercase().contains("ada"));
    Ok(())
}

#[tokio::test]
async fn what_was_shown_of_a_person_is_what_is_forgotten() -> Result<()> {
    let world = World::open().await?;
    Waiting::refund(1, 900).store(&world).await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    let (person, export) = (format!("{SETTINGS}/person"), format!("{SETTINGS}/person/export"));
    let asked = ("address", "PIA+1@customer.example");
    let shown = kim.post(&person, &[asked]).await?;
    assert!(shown.has("Forget this person"), "{}", shown.text);
    let seen = shown.between("name=\"seen\" value=\"", "\"").unwrap_or_default().to_owned();
    assert!(kim.post(&export, &[asked]).await?.has(SUBJECT));

    Waiting::refund(2, 900).store(&world).await?;
    let changed = kim.post(&person, &[asked, ("seen", &seen)]).await?;
    assert!(changed.has("otherwise than it was when you looked"), "{}", changed.text);
    let seen = changed.between("name=\"seen\" value=\"", "\"").unwrap_or_default().to_owned();
    // What waits for a person stays until it is decided.
    let done = kim.post(&person, &[asked, ("seen", &seen)]).await?;
    assert!(done.has("4 left, nothing was forgotten."), "{}", done.text);
    let trail = world.trail().await?;
    let kims = |what: &str| trail.iter().filter(|(who, event, _)| who == "kim" && event == what).count();
    assert_eq!((kims("erasure.done"), kims("personal.exported")), (1, 1));
    assert!(!format!("{trail:?}").contains("pia"));
    Ok(())
}
