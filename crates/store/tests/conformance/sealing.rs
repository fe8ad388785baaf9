//! Stripe keys at rest.

use anyhow::Result;
use domain::{Mode, Scope, WorkspaceId};
use store::vault::{MasterKey, MasterKeyError, Seal, Sealed, Vault, VaultError};
use store::{NewConnection, SealedAnew};

use crate::engines::on_both_engines;
use crate::world::World;

const KEY: &str = "rk_test_secret";

on_both_engines!(
    once_all_keys_are_sealed_anew_the_old_master_key_is_not_needed,
    a_key_that_no_master_key_opens_stays_as_it_is,
    an_administrator_of_one_workspace_seals_its_keys_alone,
);

/// Stores keys for `default`, test and live, and for `other`, sealed by this vault.
async fn store_keys(world: &World, vault: &Vault) -> Result<()> {
    let other: WorkspaceId = "other".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    let default = WorkspaceId::default();
    for (workspace, mode) in [(&default, Mode::Test), (&default, Mode::Live), (&other, Mode::Test)] {
        let sealed_key = vault.seal(workspace, mode, KEY)?;
        let new =
            NewConnection { workspace: workspace.clone(), mode, sealed_key, key_hint: "cret".to_owned() };
        world.ledger.put_connection(&new, "ann").await?;
    }
    Ok(())
}

/// How each stored key stands, by workspace and mode.
async fn seals(world: &World, vault: &Vault) -> Result<Vec<Seal>> {
    let stored = world.ledger.connections().await?;
    Ok(stored.iter().map(|connection| vault.seal_of(&connection.key)).collect())
}

async fn once_all_keys_are_sealed_anew_the_old_master_key_is_not_needed(world: World) -> Result<()> {
    store_keys(&world, &vault('a')?).await?;
    let changing = Vault::new(master_key('b')?, Some(master_key('a')?));
    assert_eq!(seals(&world, &changing).await?, [Seal::Before; 3]);
    let anew = world.ledger.seal_anew(&changing, &Scope::All, "kim").await?;
    assert_eq!(anew, SealedAnew { sealed: 3, locked: 0 });
    assert_eq!(seals(&world, &vault('b')?).await?, [Seal::Present; 3]);
    assert_eq!(seals(&world, &vault('a')?).await?, [Seal::Locked; 3]);
    for kept in world.ledger.connections().await? {
        let opened = vault('b')?.open(&kept.key.workspace, kept.key.mode, &kept.key.sealed_key)?;
        assert_eq!(opened.reveal(), KEY);
    }
    let again = world.ledger.seal_anew(&changing, &Scope::All, "kim").await?;
    assert_eq!(again, SealedAnew { sealed: 0, locked: 0 });
    for (workspace, times) in [(WorkspaceId::default(), 2), ("other".parse()?, 1)] {
        let trail = world.ledger.audit_trail(&workspace, None, 10).await?;
        let noted = trail.iter().filter(|row| row.entry.event == "connection.sealed_anew");
        assert_eq!(noted.filter(|row| row.entry.actor == "kim").count(), times);
        assert_eq!(world.ledger.verify_audit(&workspace, None).await?.broken, None);
    }
    Ok(())
}

async fn a_key_that_no_master_key_opens_stays_as_it_is(world: World) -> Result<()> {
    store_keys(&world, &vault('a')?).await?;
    let before = world.ledger.connections().await?;
    let stranger = Vault::new(master_key('c')?, Some(master_key('b')?));
    let anew = world.ledger.seal_anew(&stranger, &Scope::All, "kim").await?;
    assert_eq!(anew, SealedAnew { sealed: 0, locked: 3 });
    assert_eq!(world.ledger.connections().await?, before);
    Ok(())
}

async fn an_administrator_of_one_workspace_seals_its_keys_alone(world: World) -> Result<()> {
    store_keys(&world, &vault('a')?).await?;
    let changing = Vault::new(master_key('b')?, Some(master_key('a')?));
    let scope = Scope::Workspace("other".parse()?);
    let anew = world.ledger.seal_anew(&changing, &scope, "kim").await?;
    assert_eq!(anew, SealedAnew { sealed: 1, locked: 0 });
    assert_eq!(seals(&world, &changing).await?, [Seal::Before, Seal::Before, Seal::Present]);
    Ok(())
}

#[test]
fn a_key_opens_for_its_workspace_and_mode_only() -> Result<()> {
    let (vault, ours, other) = (vault('a')?, WorkspaceId::default(), "other".parse()?);
    let sealed = vault.seal(&ours, Mode::Test, KEY)?;
    assert_eq!(vault.open(&ours, Mode::Test, &sealed)?.reveal(), KEY);
    assert_eq!(vault.open(&other, Mode::Test, &sealed), Err(VaultError::Tampered));
    assert_eq!(vault.open(&ours, Mode::Live, &sealed), Err(VaultError::Tampered));
    Ok(())
}

#[test]
fn the_same_key_is_never_sealed_the_same() -> Result<()> {
    let (vault, workspace) = (vault('a')?, WorkspaceId::default());
    assert_ne!(vault.seal(&workspace, Mode::Test, KEY)?, vault.seal(&workspace, Mode::Test, KEY)?);
    Ok(())
}

#[test]
fn a_changed_bit_anywhere_is_noticed() -> Result<()> {
    let (vault, workspace) = (vault('a')?, WorkspaceId::default());
    let sealed = vault.seal(&workspace, Mode::Test, KEY)?;
    for position in 0..sealed.as_bytes().len() {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= 1);
        assert!(vault.open(&workspace, Mode::Test, &Sealed::from_bytes(bytes)).is_err(), "byte {position}");
    }
    for length in 0..sealed.as_bytes().len() {
        let bytes = sealed.as_bytes().iter().copied().take(length).collect();
        assert!(vault.open(&workspace, Mode::Test, &Sealed::from_bytes(bytes)).is_err(), "{length} bytes");
    }
    Ok(())
}

#[test]
fn two_master_keys_are_valid_while_they_change() -> Result<()> {
    let workspace = WorkspaceId::default();
    let sealed = vault('a')?.seal(&workspace, Mode::Test, KEY)?;
    let changing = Vault::new(master_key('b')?, Some(master_key('a')?));
    assert_eq!(changing.open(&workspace, Mode::Test, &sealed)?.reveal(), KEY);
    let anew = changing.seal(&workspace, Mode::Test, KEY)?;
    assert_eq!(vault('a')?.open(&workspace, Mode::Test, &anew), Err(VaultError::OtherMasterKey));
    Ok(())
}

#[test]
fn a_generated_key_is_read_back_and_its_owners_alone() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("master.key");
    let generated = Vault::new(MasterKey::generate(&path)?, None);
    let sealed = generated.seal(&WorkspaceId::default(), Mode::Live, KEY)?;
    let read = Vault::new(MasterKey::read(&path)?, None);
    assert_eq!(read.open(&WorkspaceId::default(), Mode::Live, &sealed)?.reveal(), KEY);
    assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    assert!(matches!(MasterKey::generate(&path), Err(MasterKeyError::File(_))), "a key was overwritten");
    Ok(())
}

#[test]
fn a_master_key_is_base64_or_hexadecimal_of_32_bytes() {
    let base64 = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
    for text in [base64, &"41".repeat(32), &format!(" {base64}\n")] {
        assert!(MasterKey::parse(text).is_ok(), "{text}");
    }
    for text in ["", "short", &"4g".repeat(32), &"41".repeat(31), "QUFB"] {
        assert!(matches!(MasterKey::parse(text), Err(MasterKeyError::Malformed)), "{text}");
    }
}

#[test]
fn nothing_secret_is_shown() -> Result<()> {
    let (vault, workspace) = (vault('a')?, WorkspaceId::default());
    let sealed = vault.seal(&workspace, Mode::Test, KEY)?;
    let opened = vault.open(&workspace, Mode::Test, &sealed)?;
    assert_eq!(format!("{opened:?} {sealed:?}"), format!("Secret(…) Sealed({} bytes)", 37 + KEY.len()));
    assert_eq!(format!("{vault:?}"), "Vault { current: MasterKey(…), previous: None }");
    Ok(())
}

fn vault(digit: char) -> Result<Vault> {
    Ok(Vault::new(master_key(digit)?, None))
}

fn master_key(digit: char) -> Result<MasterKey> {
    Ok(MasterKey::parse(&digit.to_string().repeat(64))?)
}
