//! Stripe keys at rest.

use anyhow::Result;
use domain::{Mode, WorkspaceId};
use store::vault::{MasterKey, MasterKeyError, Sealed, Vault, VaultError};

const KEY: &str = "rk_test_secret";

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
    assert!(changing.is_outdated(&sealed));
    let anew = changing.seal(&workspace, Mode::Test, KEY)?;
    assert!(!changing.is_outdated(&anew));
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
