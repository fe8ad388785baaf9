//! Tag lists (RFC 6376, 3.2): `a=1; b=2`. Stricter than those who verify for a mailbox: what could be read in two ways is no list.

/// The most tags in a list. Real ones have about a dozen.
const MAX_TAGS: usize = 40;

/// A tag list whose names are all different, whatever their case.
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let text = text.trim_end();
        for tag in text.strip_suffix(';').unwrap_or(text).split(';') {
            let (name, value) = tag.split_once('=')?;
            let name = name.trim();
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let is_new = !tags.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if !is_name || !is_new || tags.len() == MAX_TAGS {
                return None;
            }
            tags.push((name, value.trim()));
        }
        Some(Self(tags))
    }

    /// The value of a tag. Its name counts in any case: a reader that is lax about it may act on it.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The name of the first tag.
    pub(crate) fn first(&self) -> Option<&'a str> {
        self.0.first().map(|(name, _)| *name)
    }

    /// The items of a list with colons, none when there is no such tag.
    pub(crate) fn items(&self, name: &str) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        self.get(name).map(|value| value.split(':').map(str::trim))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_white_space() {
        let tags = Tags::parse(" v=1; h = From :\r\n To;\tb=\r\n ab\r\n cd;\r\n").unwrap();
        assert_eq!(tags.get("v"), Some("1"));
        assert_eq!(tags.items("h").unwrap().collect::<Vec<_>>(), ["From", "To"]);
        assert_eq!(tags.get("b"), Some("ab\r\n cd"));
    }

    #[test]
    fn what_has_two_readings_is_no_list() {
        for text in ["v=1; d=a; d=b", "v=1; d=a; D=b", "v=1;; d=a", "v", "=1", "v w=1", ""] {
            assert!(Tags::parse(text).is_none(), "{text}");
        }
    }
}
