//! Stripe keys at rest: sealed with AES-256-GCM under a master key that lies in a file outside the database.
//!
//! Workspace and mode are authenticated with the key, so that a sealed key copied to another row does not open there. The sealed bytes
//! name the master key, so that two are valid at once while keys are sealed anew:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | id of the master key: the first bytes of a hash of it |
//! | 12 | nonce, random |
//! | rest | ciphertext and tag (16) |

use std::fmt;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Mode, WorkspaceId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

use crate::NewConnection;

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 8;

/// Seals with one master key, opens with that or the one before.
#[derive(Debug, Clone)]
pub struct Vault {
    current: MasterKey,
    previous: Option<MasterKey>,
}

/// How something sealed stands to the master keys that are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// The present one opens it.
    Present,
    /// The one of before opens it: it should be sealed anew, before that one is taken away.
    Before,
    /// Neither opens it.
    Locked,
}

/// A Stripe key or the like could not be sealed or opened. Says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The sealed bytes name a master key that is not here.
    #[error("it was sealed with a master key that is not configured")]
    OtherMasterKey,
    /// The sealed bytes were changed, or belong to another workspace or mode.
    #[error("it was changed, or was sealed for another workspace or mode")]
    Tampered,
    /// The bytes were not made by a vault.
    #[error("it is not something that was sealed")]
    NotSealed,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Vault {
    /// Seals and opens with `current`; opens what was sealed with `previous` too.
    pub const fn new(current: MasterKey, previous: Option<MasterKey>) -> Self {
        Self { current, previous }
    }

    /// Seals `secret` for the one row of this workspace and mode.
    pub fn seal(&self, workspace: &WorkspaceId, mode: Mode, secret: &str) -> Result<Sealed, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_unspecified| VaultError::NoRandomness)?;
        let mut ciphertext = secret.as_bytes().to_vec();
        self.current
            .cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                purpose(workspace, mode),
                &mut ciphertext,
            )
            .map_err(|_too_long| VaultError::NotSealed)?;
        Ok(Sealed([&[VERSION][..], &self.current.id(), &nonce, &ciphertext].concat()))
    }

    /// Opens what was sealed for this workspace and mode.
    pub fn open(&self, workspace: &WorkspaceId, mode: Mode, sealed: &Sealed) -> Result<Secret, VaultError> {
        let (id, nonce, ciphertext) = sealed.parts().ok_or(VaultError::NotSealed)?;
        let key = self.key_called(*id).ok_or(VaultError::OtherMasterKey)?;
        let mut bytes = ciphertext.to_vec();
        let opened = key
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), purpose(workspace, mode), &mut bytes)
            .map_err(|_unauthentic| VaultError::Tampered)?;
        let text = std::str::from_utf8(opened).map_err(|_not_text| VaultError::NotSealed)?;
        Ok(Secret(text.to_owned()))
    }

    /// How a stored key stands to the master keys that are here.
    pub fn seal_of(&self, key: &NewConnection) -> Seal {
        if self.open(&key.workspace, key.mode, &key.sealed_key).is_err() {
            return Seal::Locked;
        }
        match key.sealed_key.parts() {
            Some((id, _, _)) if *id == self.current.id() => Seal::Present,
            _ => Seal::Before,
        }
    }

    fn key_called(&self, id: [u8; KEY_ID_BYTES]) -> Option<&MasterKey> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.id() == id)
    }
}

/// What a sealed key belongs to. Neither part can hold the byte between them.
fn purpose(workspace: &WorkspaceId, mode: Mode) -> Aad<Vec<u8>> {
    Aad::from(format!("postill.connection.v1\0{workspace}\0{}", mode.as_str()).into_bytes())
}

/// A sealed secret, as it lies in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Sealed bytes that were stored.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn parts(&self) -> Option<(&[u8; KEY_ID_BYTES], &[u8; NONCE_LEN], &[u8])> {
        let (&version, rest) = self.0.split_first()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        (version == VERSION).then_some((id, nonce, ciphertext))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// An opened secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the client that signs in with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// 32 random bytes that seal all others.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

/// A master key could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file could not be read or written; when making one, also that it exists.
    #[error("the file of the master key cannot be used")]
    File(#[from] std::io::Error),
    /// The file holds something else.
    #[error("a master key is 32 bytes in base64 or in hexadecimal")]
    Malformed,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl MasterKey {
    /// Reads a key from a file: 32 bytes in base64 or hexadecimal, white space around it allowed.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Reads a key from text, as [`MasterKey::read`] does.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let bytes =
            if text.len() == 2 * KEY_BYTES { from_hexadecimal(text) } else { STANDARD.decode(text).ok() };
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(MasterKeyError::Malformed)
    }

    /// Makes a new key in a new file that only its owner can read.
    pub fn generate(path: &Path) -> Result<Self, MasterKeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_unspecified| MasterKeyError::NoRandomness)?;
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", STANDARD.encode(bytes))?;
        // A key that seals something must not be lost to a power failure.
        file.sync_all()?;
        Ok(Self(bytes))
    }

    fn id(&self) -> [u8; KEY_ID_BYTES] {
        let mut hash = Context::new(&SHA256);
        hash.update(b"postill.master-key-id.v1");
        hash.update(&self.0);
        let mut id = [0; KEY_ID_BYTES];
        id.iter_mut().zip(hash.finish().as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
        id
    }

    fn cipher(&self) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_wrong_length| VaultError::NotSealed)?;
        Ok(LessSafeKey::new(key))
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}
