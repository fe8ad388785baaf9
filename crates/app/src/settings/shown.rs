//! Settings as people see them: nothing secret, and where each comes from.

use super::layers::{Layers, Origin};
use super::registry::{SETTINGS, Secrecy, Setting};

/// Where a value comes from.
pub(crate) fn origin(setting: &Setting, layers: &Layers) -> String {
    layers.get(setting.key).map_or_else(|| "unset".to_owned(), |value| value.origin.to_string())
}

/// The value; of a secret only that it is set, and of an address everything but the password and the parameters, which can hold one.
pub(crate) fn shown(setting: &Setting, layers: &Layers) -> String {
    let Some(value) = layers.get(setting.key) else { return "-".to_owned() };
    if value.text.is_empty() {
        return "-".to_owned();
    }
    let address = value.text.split('?').next().unwrap_or_default();
    match setting.secrecy {
        Secrecy::Open => value.text.clone(),
        Secrecy::Secret if address.contains("://") => without_password(&value.text),
        Secrecy::Secret if address.starts_with("sqlite:") => address.to_owned(),
        Secrecy::Secret => "… (set)".to_owned(),
    }
}

/// An address without password and parameters. The `@` is looked for first: whoever wrote a `?` or `#` into a password as it is, must not see
/// the half of it; and in case that `@` stands in the parameters, a user ends where an address's other parts begin.
fn without_password(address: &str) -> String {
    let before = |text: &str, ends: &[char]| text.split(ends).next().unwrap_or_default().to_owned();
    let Some((scheme, rest)) = address.split_once("://") else { return before(address, &['?', '#']) };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            format!("{scheme}://{}:…@{}", before(user, &[':', '/', '?', '#']), before(host, &['?', '#']))
        }
        None => format!("{scheme}://{}", before(rest, &['?', '#'])),
    }
}

/// Every setting for the console, where many look: of a secret only whether it is set, and of no address the password.
pub(crate) fn in_force(layers: &Layers) -> Vec<console::Setting> {
    let told = |setting: &'static Setting| console::Setting {
        name: setting.key,
        value: openly(setting, layers),
        from: origin(setting, layers),
        is_default: layers.get(setting.key).is_none_or(|value| value.origin == Origin::Default),
        purpose: setting.doc,
    };
    SETTINGS.iter().map(told).collect()
}

fn openly(setting: &Setting, layers: &Layers) -> String {
    let text = layers.get(setting.key).map(|value| value.text.as_str()).filter(|text| !text.is_empty());
    match (setting.secrecy, text) {
        (Secrecy::Secret, Some(_)) => "set".to_owned(),
        (Secrecy::Secret, None) => "not set".to_owned(),
        (Secrecy::Open, None) => "–".to_owned(),
        (Secrecy::Open, Some(text)) if text.contains("://") => without_password(text),
        (Secrecy::Open, Some(text)) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::Sources;
    use super::*;

    #[track_caller]
    fn check(address: &str, shown: &str) {
        assert_eq!(without_password(address), shown);
    }

    #[test]
    fn no_character_of_a_password_lets_a_part_of_it_through() {
        for password in ["s3cret", "s3?cret", "s3#cret", "s3/cret", "s3:cret", "s3@cret", "?#/:@"] {
            let address = format!("postgres://kim:{password}@host:5432/postill?sslkey=x#y");
            check(&address, "postgres://kim:…@host:5432/postill");
        }
        check("postgres://host/postill?password=s3cret", "postgres://host/postill");
        check("postgres://host/postill?password=s3@cret", "postgres://host:…@cret");
        check("amqp://localhost#s3cret", "amqp://localhost");
    }

    #[test]
    fn the_console_is_told_no_secret() {
        let flags: Vec<String> = SETTINGS
            .iter()
            .filter(|setting| setting.secrecy == Secrecy::Secret)
            .map(|setting| format!("{}=amqp://kim:s3cret@host/x?key=s3cret", setting.key))
            .chain(["language_model.url=https://kim:s3cret@models.example/v1?key=s3cret".to_owned()])
            .collect();
        let layers = Layers::read(&Sources { file: None, built_in: None, environment: &[], flags: &flags });
        let told = in_force(&layers);
        assert_eq!(told.len(), SETTINGS.len());
        let leaks: Vec<_> = told.iter().filter(|setting| setting.value.contains("s3cret")).collect();
        assert!(leaks.is_empty(), "{leaks:?}");
        let of =
            |name| told.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str());
        assert_eq!(of("stripe.key"), Some("set"));
        assert_eq!(of("language_model.url"), Some("https://kim:…@models.example/v1"));
        assert_eq!(of("log.format"), Some("–"));
    }
}
