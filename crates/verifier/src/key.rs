//! Which keys may count (RFC 6376, 3.6.1).

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;

use crate::fault::Fault;
use crate::signature::Algorithm;
use crate::tags::Tags;

/// The longest key record that is read, in bytes. One of 4,096 bits has about 750.
const MAX_RECORD_BYTES: usize = 2_048;
/// RFC 8301: nothing shorter can be trusted, nothing longer need be verified.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1_024..=4_096;

/// The key in `records`, which must be the only one: of several, another might be meant.
pub(crate) fn only(records: &[Vec<u8>], algorithm: Algorithm) -> Result<DomainKey, Fault> {
    let [record] = records else {
        return Err(if records.is_empty() { Fault::NoKey } else { Fault::SeveralKeys });
    };
    let text =
        std::str::from_utf8(record).ok().filter(|text| text.is_ascii() && text.len() <= MAX_RECORD_BYTES);
    let tags = text.and_then(Tags::parse).ok_or(Fault::MalformedKey)?;
    check(&tags, algorithm)?;
    // Its parser takes slices of what it has not measured: a panic ends this one key.
    let parsed = std::panic::catch_unwind(|| DomainKey::parse(record));
    let key = parsed.map_err(|_panic| Fault::MalformedKey)?.map_err(|_error| Fault::MalformedKey)?;
    if algorithm == Algorithm::RsaSha256 && !RSA_BITS.contains(&key.p.public_key_bits()) {
        return Err(Fault::KeySize);
    }
    Ok(key)
}

fn check(tags: &Tags<'_>, algorithm: Algorithm) -> Result<(), Fault> {
    let is_version = tags.get("v").is_none_or(|version| version == "DKIM1" && tags.first() == Some("v"));
    let allows = |name: &str, wanted: &[&str]| {
        tags.items(name).is_none_or(|mut items| items.any(|item| wanted.contains(&item)))
    };
    let kind = tags.get("k").unwrap_or("rsa");
    let is_kind = match algorithm {
        Algorithm::RsaSha256 => kind.eq_ignore_ascii_case("rsa"),
        Algorithm::Ed25519Sha256 => kind.eq_ignore_ascii_case("ed25519"),
    };
    // Keys of the first edition of DKIM (RFC 4871) name the local parts they sign for; whoever still does means something by it.
    let is_for_everybody = tags.get("g").is_none_or(|granularity| granularity == "*");
    if !is_version
        || !is_kind
        || !is_for_everybody
        || !allows("h", &["sha256"])
        || !allows("s", &["*", "email"])
    {
        return Err(Fault::MalformedKey);
    }
    match tags.get("p") {
        None => return Err(Fault::MalformedKey),
        Some("") => return Err(Fault::RevokedKey),
        Some(_) => {}
    }
    let is_test = tags.items("t").is_some_and(|mut flags| flags.any(|flag| flag.eq_ignore_ascii_case("y")));
    if is_test { Err(Fault::TestKey) } else { Ok(()) }
}
