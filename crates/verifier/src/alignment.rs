//! Whom a signature speaks for: the domain of `From` must be the one that signed, or, where its owner publishes DMARC (RFC 7489), a
//! relative of it.

use crate::fault::Fault;
use crate::lookup::Dns;
use crate::tags::Tags;

/// How near the domain that signed is to that of the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alignment {
    /// It is the same. Whether there is a DMARC record then makes no difference.
    Strict,
    /// Both belong to the same organization by the public suffix list, which counts only with a DMARC record.
    Relaxed,
}

/// None when they are strangers. A public suffix belongs to nobody, so nobody can sign for it.
pub(crate) fn of(signer: &str, author: &str) -> Option<Alignment> {
    let organization = psl::domain_str(signer)?;
    if signer == author {
        Some(Alignment::Strict)
    } else if psl::domain_str(author) == Some(organization) {
        Some(Alignment::Relaxed)
    } else {
        None
    }
}

/// Whether the author's domain, or else its organization, has a DMARC record that is content with a relative.
pub(crate) async fn allows_relaxed(dns: &Dns, author: &str) -> Result<(), Fault> {
    let organization = psl::domain_str(author).unwrap_or(author);
    let mut records = policies(dns, author).await?;
    if records.is_empty() && organization != author {
        records = policies(dns, organization).await?;
    }
    match records.as_slice() {
        [record] if is_relaxed(record) => Ok(()),
        _ => Err(Fault::NoDmarc),
    }
}

/// The DMARC records of one domain. Other texts may lie under the same name.
async fn policies(dns: &Dns, domain: &str) -> Result<Vec<String>, Fault> {
    let records = match dns.texts(&format!("_dmarc.{domain}.")).await {
        Ok(records) => records,
        Err(Fault::NoKey) => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let texts = records.into_iter().filter_map(|record| String::from_utf8(record).ok());
    Ok(texts.filter(|text| is_policy(text)).collect())
}

fn is_policy(text: &str) -> bool {
    let version = text.split(';').next().and_then(|tag| tag.split_once('='));
    version.is_some_and(|(name, value)| name.trim() == "v" && value.trim() == "DMARC1")
}

fn is_relaxed(record: &str) -> bool {
    let Some(tags) = Tags::parse(record) else { return false };
    let has_policy = tags.get("p").is_some_and(|policy| {
        ["none", "quarantine", "reject"].contains(&policy.to_ascii_lowercase().as_str())
    });
    has_policy && tags.get("adkim").is_none_or(|mode| mode.eq_ignore_ascii_case("r"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_share_an_organization_on_label_boundaries() {
        assert_eq!(of("shop.example", "shop.example"), Some(Alignment::Strict));
        assert_eq!(of("mail.shop.example", "shop.example"), Some(Alignment::Relaxed));
        assert_eq!(of("shop.example", "news.shop.example"), Some(Alignment::Relaxed));
        assert_eq!(of("notshop.example", "shop.example"), None);
        assert_eq!(of("a.co.uk", "b.co.uk"), None);
    }

    #[test]
    fn a_public_suffix_signs_for_nobody() {
        assert_eq!(of("co.uk", "shop.co.uk"), None);
        assert_eq!(of("co.uk", "co.uk"), None);
        assert_eq!(of("com", "shop.com"), None);
    }

    #[test]
    fn a_record_that_asks_for_strictness_allows_no_relative() {
        assert!(is_relaxed("v=DMARC1; p=none"));
        assert!(is_relaxed("v=DMARC1; p=reject; adkim=r;"));
        assert!(!is_relaxed("v=DMARC1; p=reject; adkim=s"));
        assert!(!is_relaxed("v=DMARC1; rua=mailto:d@shop.example"));
        assert!(
            is_policy("v = DMARC1 ; p=none") && !is_policy("v=spf1 -all") && !is_policy("p=none; v=DMARC1")
        );
    }
}
