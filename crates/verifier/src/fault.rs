//! Why a signature does not count.

/// What is wrong, in words for an operator: they follow the name of our own verification and stand before that of the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the message is too long to be verified")]
    TooLong,
    #[error("the header is not made of plain fields, so programs may read it differently")]
    MalformedHeader,
    #[error("the body holds a return that ends no line, which signatures do not cover")]
    BareReturn,
    #[error("no signature")]
    Unsigned,
    #[error("more signatures than are looked at")]
    TooManySignatures,
    #[error("no signature by the domain of the sender")]
    NotAligned,
    #[error("there is no Message-ID, so a repetition could not be told")]
    NoMessageId,
    #[error("the signature is malformed")]
    MalformedSignature,
    #[error("the algorithm is not accepted")]
    WeakAlgorithm,
    #[error("only a part of the body is signed (l=)")]
    PartOfBody,
    #[error("the signature has expired")]
    Expired,
    #[error("the signature comes from the future")]
    FromTheFuture,
    #[error("a field that matters is not signed, or not as often as it is there")]
    FieldNotSigned,
    #[error("there is no key")]
    NoKey,
    #[error("there are several keys under one name")]
    SeveralKeys,
    #[error("the key is malformed or not for mail")]
    MalformedKey,
    #[error("the key is revoked")]
    RevokedKey,
    #[error("the key is marked as a test")]
    TestKey,
    #[error("the key has fewer than 1,024 bits, or more than 4,096")]
    KeySize,
    #[error("the signature is wrong")]
    WrongSignature,
    #[error("signed by a relative of the sender's domain, which has no DMARC record that allows it")]
    NoDmarc,
    #[error("DNS gave no usable answer")]
    Dns,
    #[error("not decided in time")]
    TooSlow,
    #[error("the verifier panicked")]
    Panicked,
}

impl Fault {
    /// Whether the same mail might be found authentic at another time.
    pub(crate) const fn is_transient(self) -> bool {
        match self {
            Self::Dns | Self::TooSlow => true,
            Self::TooLong
            | Self::MalformedHeader
            | Self::BareReturn
            | Self::Unsigned
            | Self::TooManySignatures
            | Self::NotAligned
            | Self::NoMessageId
            | Self::MalformedSignature
            | Self::WeakAlgorithm
            | Self::PartOfBody
            | Self::Expired
            | Self::FromTheFuture
            | Self::FieldNotSigned
            | Self::NoKey
            | Self::SeveralKeys
            | Self::MalformedKey
            | Self::RevokedKey
            | Self::TestKey
            | Self::KeySize
            | Self::WrongSignature
            | Self::NoDmarc
            | Self::Panicked => false,
        }
    }
}
