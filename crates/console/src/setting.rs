//! The settings as whoever runs the console tells them.

/// A setting in force. It is shown as it is: what is secret must not be in it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The dotted name, as in the file.
    pub name: &'static str,
    /// The value; of a secret only whether it is set.
    pub value: String,
    /// Where the value comes from: a file, a name in the environment, the command line, or the default.
    pub from: String,
    /// Whether nobody has set it.
    pub is_default: bool,
    /// What it is for, and why it has the default it has.
    pub purpose: &'static str,
}

impl Setting {
    /// The first part of the name, under which it is found.
    pub(crate) fn group(&self) -> &'static str {
        self.name.split_once('.').map_or("general", |(group, _)| group)
    }

    /// Whether a word stands in the name, the value or the purpose, in any case of letters.
    pub(crate) fn speaks_of(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        [self.name, &self.value, &self.from, self.purpose]
            .iter()
            .any(|text| text.to_lowercase().contains(&word))
    }
}
