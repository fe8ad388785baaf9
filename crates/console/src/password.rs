//! Passwords: Argon2id, with the parameters that the algorithm's authors and OWASP advise for servers.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use store::PasswordHash;

/// KiB of memory for one hash, passes over it, lanes: 19 MiB, 2, 1 (OWASP, Password Storage Cheat Sheet).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// A password as it was typed.
pub struct Password(String);

/// The text is no password to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {shortest} to {longest} characters", shortest = Password::SHORTEST, longest = Password::LONGEST)]
pub struct PasswordError;

/// A password could not be hashed, or what is stored is no hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Neither this machine nor the parameters allow it.
    #[error("the password cannot be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// What is stored is no hash of a password.
    #[error("the stored password cannot be read")]
    Stored(#[source] argon2::password_hash::phc::Error),
}

impl Password {
    /// In characters: NIST SP 800-63B-4 asks for fifteen where nothing but the password proves who signs in; long ones need no rules.
    pub const SHORTEST: usize = 12;
    /// In characters: hashing a text of any length would be a way to keep the server busy.
    pub const LONGEST: usize = 200;

    /// To be set. Any characters, and no rules but length.
    pub fn to_be_set(text: &str) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if (Self::SHORTEST..=Self::LONGEST).contains(&length) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PasswordError)
        }
    }

    /// One that nobody has chosen, with its text, which is to be shown once.
    pub fn made_up() -> Result<(Self, String), HashError> {
        let mut random = [0; 15];
        SystemRandom::new().fill(&mut random).map_err(|_unspecified| HashError::NoRandomness)?;
        let text = URL_SAFE_NO_PAD.encode(random);
        Ok((Self(text.clone()), text))
    }

    /// To sign in with.
    pub(crate) fn typed(text: String) -> Option<Self> {
        (text.chars().count() <= Self::LONGEST).then_some(Self(text))
    }

    /// As it is stored. Takes some 30 ms of a core and 19 MiB.
    pub fn hash(&self) -> Result<PasswordHash, HashError> {
        let hash = hasher().hash_password(self.0.as_bytes()).map_err(HashError::Hash)?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether it is the one that was stored. Takes as long as hashing.
    pub(crate) fn is(&self, stored: &PasswordHash) -> Result<bool, HashError> {
        let stored = Phc::new(&stored.0).map_err(HashError::Stored)?;
        match hasher().verify_password(self.0.as_bytes(), &stored) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashError::Hash(error)),
        }
    }
}

/// Hides it.
impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

fn hasher() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() -> anyhow::Result<()> {
        let stored = Password::to_be_set("correct horse battery")?.hash()?;
        assert!(stored.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.0);
        let is = |text: &str| Password(text.to_owned()).is(&stored);
        assert!(is("correct horse battery")?);
        assert!(!is("correct horse batterz")?);
        assert!(!is("")?);
        Ok(())
    }

    #[test]
    fn two_hashes_of_one_password_differ() -> anyhow::Result<()> {
        let password = Password::to_be_set("correct horse battery")?;
        assert_ne!(password.hash()?, password.hash()?);
        Ok(())
    }

    #[test]
    fn a_password_is_long_enough_and_not_endless() {
        let refused = |text: &str| Password::to_be_set(text).err();
        assert_eq!(refused("eleven char"), Some(PasswordError));
        assert_eq!(refused("twelve chars"), None);
        assert_eq!(refused(&"x".repeat(201)), Some(PasswordError));
        assert!(Password::typed("x".repeat(201)).is_none());
    }
}
