use std::hash::{BuildHasher, RandomState};

/// A name for a virtual host or a database that no other test, process or run has used.
pub(crate) fn unique_name() -> String {
    // The standard library seeds every `RandomState` anew.
    format!("postill_test_{:016x}", RandomState::new().hash_one(std::process::id()))
}
