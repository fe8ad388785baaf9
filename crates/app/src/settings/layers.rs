//! The layers of configuration, laid over each other: defaults, file, environment, flags. Each value remembers where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::registry::{AMQP_URL, SETTINGS, Secrecy, Setting, environment_name};

/// Names in the environment that are not settings themselves.
const NOT_SETTINGS: [&str; 1] = ["POSTILL_CONFIG"];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    SecretFile(PathBuf),
    Flag,
}

impl Origin {
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(crate) const fn goes_before_the_file(&self) -> bool {
        match self {
            Self::Default | Self::File(_) => false,
            Self::Environment(_) | Self::SecretFile(_) | Self::Flag => true,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::SecretFile(path) => write!(f, "file {}", path.display()),
            Self::Flag => f.write_str("--set"),
        }
    }
}

/// One value and its origin.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Every value that is set, by key; and everything that was wrong on the way.
#[derive(Default)]
pub(crate) struct Layers {
    values: BTreeMap<&'static str, Value>,
    problems: Vec<String>,
}

/// What the layers are read from; the environment is passed in, so that tests need not change the process's own.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) file: Option<&'a Path>,
    /// The text of a configuration file that is built in, with a name for it.
    pub(crate) built_in: Option<(&'a str, &'a str)>,
    pub(crate) environment: &'a [(String, String)],
    pub(crate) flags: &'a [String],
}

impl Layers {
    pub(crate) fn read(sources: &Sources<'_>) -> Self {
        let mut layers = Self::of_defaults();
        if let Some((name, text)) = sources.built_in {
            layers.read_toml(Path::new(name), text);
        }
        if let Some(path) = sources.file {
            layers.read_file(path);
        }
        layers.read_environment(sources.environment);
        layers.read_flags(sources.flags);
        layers
    }

    /// The same with another text of the file. What went before the file still does, as it was read then.
    pub(crate) fn with_file(&self, path: &Path, text: &str) -> Self {
        let mut layers = Self::of_defaults();
        layers.read_toml(path, text);
        let before_the_file = self.values.iter().filter(|(_, value)| value.origin.goes_before_the_file());
        layers.values.extend(before_the_file.map(|(key, value)| (*key, value.clone())));
        layers
    }

    fn of_defaults() -> Self {
        let mut layers = Self::default();
        for setting in SETTINGS {
            if let Some(text) = setting.default {
                layers.put(setting, text.to_owned(), Origin::Default);
            }
        }
        layers
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// Who has said where RabbitMQ is.
    pub(crate) fn origin_of_broker(&self) -> Origin {
        self.get(AMQP_URL).map_or(Origin::Default, |value| value.origin.clone())
    }

    pub(crate) fn complain(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(crate) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    fn put(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.values.insert(setting.key, Value { text, origin });
    }

    fn read_file(&mut self, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.read_toml(path, &text),
            Err(error) => self.complain(format!("cannot read {}: {error}", path.display())),
        }
    }

    fn read_toml(&mut self, path: &Path, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.read_table(path, "", &table),
            Err(error) => {
                let line = line_of(text, error.span());
                self.complain(format!("{}{line} is not valid TOML: {}", path.display(), error.message()));
            }
        }
    }

    fn read_table(&mut self, path: &Path, prefix: &str, table: &toml::Table) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(setting) = find(&key) {
                match as_text(value) {
                    Some(text) => self.put(setting, text, Origin::File(path.to_owned())),
                    None => {
                        self.complain(format!("{key} in {} has a value of the wrong kind", path.display()));
                    }
                }
            } else if let toml::Value::Table(inner) = value {
                self.read_table(path, &key, inner);
            } else {
                self.complain(format!("{} sets {key}, which is no setting{}", path.display(), nearest(&key)));
            }
        }
    }

    fn read_environment(&mut self, environment: &[(String, String)]) {
        for (name, text) in environment
            .iter()
            .filter(|(name, _)| name.starts_with("POSTILL_") && !name.starts_with("POSTILL_TEST_"))
        {
            if NOT_SETTINGS.contains(&name.as_str()) {
                continue;
            }
            if let Some(setting) = SETTINGS.iter().find(|setting| environment_name(setting.key) == *name) {
                self.check_only_once(setting);
                self.put(setting, text.clone(), Origin::Environment(name.clone()));
            } else if let Some(setting) = secret_file_of(name) {
                self.check_only_once(setting);
                self.read_secret(setting, Path::new(text));
            } else {
                self.complain(format!(
                    "{name} is set in the environment, but there is no such setting{}",
                    nearest_in_environment(name)
                ));
            }
        }
    }

    /// A secret and the file of a secret: which of the two was meant cannot be known.
    fn check_only_once(&mut self, setting: &'static Setting) {
        let origin = self.get(setting.key).map(|value| &value.origin);
        if matches!(origin, Some(Origin::Environment(_) | Origin::SecretFile(_))) {
            let name = environment_name(setting.key);
            self.complain(format!("{name} and {name}_FILE are both set: keep one"));
        }
    }

    fn read_secret(&mut self, setting: &'static Setting, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.put(setting, text.trim_end().to_owned(), Origin::SecretFile(path.to_owned())),
            Err(error) => {
                self.complain(format!("{} cannot be read for {}: {error}", path.display(), setting.key));
            }
        }
    }

    fn read_flags(&mut self, flags: &[String]) {
        for flag in flags {
            match flag.split_once('=').map(|(key, text)| (find(key), key, text)) {
                Some((Some(setting), _, text)) => self.put(setting, text.to_owned(), Origin::Flag),
                Some((None, key, _)) => {
                    self.complain(format!("--set {key}: there is no such setting{}", nearest(key)));
                }
                // What stands there may be a secret that lost its key.
                None => self.complain("--set: expected KEY=VALUE, such as amqp.prefetch=100".to_owned()),
            }
        }
    }
}

fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

fn secret_file_of(name: &str) -> Option<&'static Setting> {
    let base = name.strip_suffix("_FILE")?;
    SETTINGS
        .iter()
        .find(|setting| setting.secrecy == Secrecy::Secret && environment_name(setting.key) == base)
}

/// ` line 3`
fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map(|before| format!(" line {}", before.matches('\n').count() + 1)).unwrap_or_default()
}

/// A value of the file as the text that the environment would hold: lists and tables with commas.
fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(true) => Some("on".to_owned()),
        toml::Value::Boolean(false) => Some("off".to_owned()),
        toml::Value::Array(items) => {
            items.iter().map(as_text).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Table(table) => {
            let pairs: Option<Vec<_>> =
                table.iter().map(|(key, value)| Some(format!("{key}={}", as_text(value)?))).collect();
            pairs.map(|pairs| pairs.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) => None,
    }
}

/// ` (did you mean …?)`, when a setting is close to what was written, or has the same last part.
fn nearest(key: &str) -> String {
    suggestion(key, SETTINGS.iter().map(|setting| setting.key.to_owned()))
}

/// The same for names in the environment.
fn nearest_in_environment(name: &str) -> String {
    let names = SETTINGS.iter().flat_map(|setting| {
        let name = environment_name(setting.key);
        let file = (setting.secrecy == Secrecy::Secret).then(|| format!("{name}_FILE"));
        [Some(name), file].into_iter().flatten()
    });
    suggestion(name, names)
}

/// How alike two names must be, from 0 to 1, for one to be taken for a slip of the other.
const ALIKE: f64 = 0.8;

fn suggestion(written: &str, names: impl Iterator<Item = String>) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |name: &str| {
        let whole = strsim::normalized_damerau_levenshtein(name, written);
        if last(name) == last(written) { whole.max(ALIKE) } else { whole }
    };
    names
        .map(|name| (likeness(&name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| format!(" (did you mean {name}?)"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_later_layer_covers_an_earlier_one_and_says_where_it_came_from() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("postill.toml");
        std::fs::write(&file, "workspace = \"from-file\"\n[amqp]\nprefetch = 7\nprefix = \"x\"\n").unwrap();
        let environment = environment(&[("POSTILL_AMQP_PREFETCH", "8"), ("PATH", "/bin")]);
        let flags = ["workspace=from-flag".to_owned()];
        let layers = Layers::read(&Sources {
            file: Some(&file),
            built_in: None,
            environment: &environment,
            flags: &flags,
        });
        let shown =
            |key| layers.get(key).map(|value| (value.text.as_str(), value.origin.to_string())).unwrap();
        assert_eq!(shown("workspace"), ("from-flag", "--set".to_owned()));
        assert_eq!(shown("amqp.prefetch"), ("8", "POSTILL_AMQP_PREFETCH".to_owned()));
        assert_eq!(shown("amqp.prefix"), ("x", file.display().to_string()));
        assert_eq!(shown("worker.lease_seconds").1, "default");
        assert!(layers.into_problems().is_empty());
    }

    #[test]
    fn everything_unknown_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("postill.toml");
        std::fs::write(&file, "prefetch = 7\n[policy.refund.limit]\neur = \"10.00\"\n").unwrap();
        let environment = environment(&[("POSTILL_AMPQ_URL", "x"), ("POSTILL_STRIPE_KEY_FILE", "/nowhere")]);
        let layers = Layers::read(&Sources {
            file: Some(&file),
            built_in: None,
            environment: &environment,
            flags: &["nonsense".to_owned()],
        });
        assert_eq!(layers.get("policy.refund.limit").unwrap().text, "eur=10.00");
        let problems = layers.into_problems().join("\n");
        for part in [
            "did you mean amqp.prefetch?",
            "did you mean POSTILL_AMQP_URL?",
            "/nowhere",
            "expected KEY=VALUE",
        ] {
            assert!(problems.contains(part), "{part} is missing from: {problems}");
        }
    }
}
