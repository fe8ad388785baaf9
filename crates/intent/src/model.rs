//! A model file: what `postill train` writes and the binary holds. Read completely or not at all.

/// What a model file begins with.
pub(crate) const MAGIC: &[u8; 8] = b"postillm";

/// Why bytes are no model that this binary can read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Another kind of file.
    #[error("it does not begin as a model does")]
    NotAModel,
    /// Written by another version of postill.
    #[error("its format is {0}, which this postill does not read")]
    OtherFormat(u32),
    /// Bytes were changed or are missing.
    #[error("its checksum does not fit, so some of it was changed or cut off")]
    Damaged,
}
