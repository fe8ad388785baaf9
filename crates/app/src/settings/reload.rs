//! The configuration file of a worker that runs, read again for its policy.
//!
//! The file is judged as a whole, as at the start, and only `policy.*` of it is taken over. What goes before the file (environment,
//! flags, and secrets from files of their own) stays as it was at the start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::Policy;

use super::layers::Layers;
use super::{SETTINGS, Settings, WrongSettings};

/// How long a changed file must stay the same before it is believed: an editor may be in the middle of writing it, and the first half
/// of a policy can be one without limits.
const SETTLES: Duration = Duration::from_millis(200);

/// The file, and how it was found the last time.
pub(crate) struct PolicyFile {
    path: PathBuf,
    at_start: Layers,
    seen: Seen,
    /// A text that was found once, and may be half of one.
    unsettled: Option<String>,
}

enum Seen {
    /// It has not been looked at since the start.
    Nothing,
    Text(String),
    Unreadable(String),
}

/// What was found when the file was looked at.
#[derive(Debug)]
pub(crate) enum Reread {
    /// What was found before.
    Same,
    /// A file that is right, with this policy.
    Right(Policy),
    /// A file that is wrong.
    Wrong(WrongSettings),
    /// No file that could be read, and why.
    Unreadable(String),
}

impl PolicyFile {
    pub(crate) const fn new(path: PathBuf, at_start: Layers) -> Self {
        Self { path, at_start, seen: Seen::Nothing, unsettled: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file. What it holds counts, not when it was written; each state is told once.
    pub(crate) async fn reread(&mut self) -> Reread {
        if let Some(found) = self.look().await {
            return found;
        }
        tokio::time::sleep(SETTLES).await;
        self.look().await.unwrap_or(Reread::Same)
    }

    /// Nothing when the file changed since the last look, so that it may be changing still.
    async fn look(&mut self) -> Option<Reread> {
        let text = match tokio::fs::read_to_string(&self.path).await {
            Ok(text) => text,
            Err(error) => return Some(self.unreadable(error.to_string())),
        };
        if matches!(&self.seen, Seen::Text(seen) if *seen == text) {
            self.unsettled = None;
            return Some(Reread::Same);
        }
        // At the start it was read a moment ago, and is believed at once.
        if !matches!(self.seen, Seen::Nothing) && self.unsettled.as_ref() != Some(&text) {
            self.unsettled = Some(text);
            return None;
        }
        let found = match Settings::parse(self.at_start.with_file(&self.path, &text)) {
            Ok(settings) => Reread::Right(settings.policy),
            Err(wrong) => Reread::Wrong(wrong),
        };
        (self.seen, self.unsettled) = (Seen::Text(text), None);
        Some(found)
    }

    /// Settings that the file changes beside the policy, as last seen: they wait for the next start.
    pub(crate) fn waiting_for_restart(&self) -> Vec<&'static str> {
        let Seen::Text(text) = &self.seen else { return Vec::new() };
        changed_beside_policy(&self.at_start, &self.at_start.with_file(&self.path, text))
    }

    fn unreadable(&mut self, reason: String) -> Reread {
        if matches!(&self.seen, Seen::Unreadable(seen) if *seen == reason) {
            return Reread::Same;
        }
        (self.seen, self.unsettled) = (Seen::Unreadable(reason.clone()), None);
        Reread::Unreadable(reason)
    }
}

/// Settings that differ and take a restart.
pub(crate) fn changed_beside_policy(before: &Layers, after: &Layers) -> Vec<&'static str> {
    let text = |layers: &Layers, key| layers.get(key).map(|value| value.text.clone());
    let keys = SETTINGS.iter().map(|setting| setting.key).filter(|key| !is_policy(key));
    keys.filter(|key| text(before, key) != text(after, key)).collect()
}

/// Whether a setting is part of the policy.
pub(crate) fn is_policy(key: &str) -> bool {
    key.starts_with("policy.")
}

/// Says which file, and nothing of what it or the environment holds.
impl std::fmt::Debug for PolicyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyFile").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;

    struct World {
        _folder: tempfile::TempDir,
        file: PolicyFile,
    }

    impl World {
        fn started_with(text: &str, environment: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("postill.toml");
            std::fs::write(&path, text).unwrap();
            let environment: Vec<(String, String)> =
                environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            let sources =
                Sources { file: Some(&path), built_in: None, environment: &environment, flags: &[] };
            let file = PolicyFile::new(path.clone(), Layers::read(&sources));
            Self { _folder: folder, file }
        }

        fn writes(&self, text: &str) {
            std::fs::write(self.file.path(), text).unwrap();
        }

        /// What two looks find, one after the other.
        async fn finds(&mut self) -> Reread {
            match self.file.look().await {
                Some(found) => found,
                None => self.file.look().await.unwrap(),
            }
        }

        async fn window(&mut self) -> Option<u32> {
            match self.finds().await {
                Reread::Right(policy) => Some(policy.refund.window_days),
                Reread::Same | Reread::Wrong(_) | Reread::Unreadable(_) => None,
            }
        }
    }

    const TEN: &str = "policy.refund.window_days = 10";
    const TWENTY: &str = "policy.refund.window_days = 20";

    #[tokio::test]
    async fn a_file_is_read_again_when_what_it_holds_changed() {
        let mut w = World::started_with(TEN, &[]);
        assert_eq!(w.window().await, Some(10));
        assert_eq!(w.window().await, None);
        w.writes(TEN);
        assert_eq!(w.window().await, None);
        w.writes(TWENTY);
        assert_eq!((w.window().await, w.window().await), (Some(20), None));
    }

    #[tokio::test]
    async fn a_file_that_is_still_being_written_is_not_believed() {
        let mut w = World::started_with(TEN, &[]);
        assert_eq!(w.window().await, Some(10));
        for half in ["", "policy.refund"] {
            w.writes(half);
            assert!(w.file.look().await.is_none());
        }
        w.writes(TWENTY);
        assert!(w.file.look().await.is_none());
        assert_eq!(w.window().await, Some(20));
    }

    #[tokio::test]
    async fn a_wrong_file_and_one_that_vanished_are_told_once() {
        let mut w = World::started_with(TEN, &[]);
        assert_eq!(w.window().await, Some(10));
        w.writes("policy.refund.window_days = \"soon\"\npolicy.refund.limit = \"eur\"");
        let wrong = w.finds().await;
        assert!(matches!(&wrong, Reread::Wrong(WrongSettings(errors)) if errors.len() == 2), "{wrong:?}");
        assert!(matches!(w.finds().await, Reread::Same));
        std::fs::remove_file(w.file.path()).unwrap();
        assert!(matches!(w.finds().await, Reread::Unreadable(_)));
        assert!(matches!(w.finds().await, Reread::Same));
        w.writes(TEN);
        assert_eq!(w.window().await, Some(10));
    }

    #[tokio::test]
    async fn the_environment_goes_before_the_file_still_and_only_the_policy_is_taken() {
        let mut w = World::started_with(TEN, &[("POSTILL_POLICY_REFUND_WINDOW_DAYS", "30")]);
        assert_eq!(w.window().await, Some(30));
        w.writes("policy.refund.window_days = 20\namqp.prefetch = 7\nlog.filter = \"debug\"");
        assert_eq!(w.window().await, Some(30));
        assert_eq!(w.file.waiting_for_restart(), ["amqp.prefetch", "log.filter"]);
    }

    #[tokio::test]
    async fn a_file_is_judged_as_a_whole() {
        let mut w = World::started_with("", &[]);
        assert_eq!(w.window().await, Some(90));
        w.writes("policy.refund.window_days = 20\namqp.prefetch = 0");
        assert!(matches!(w.finds().await, Reread::Wrong(_)));
        w.writes("policy.functions.refund = \"on\"");
        assert!(matches!(w.finds().await, Reread::Wrong(_)));
    }
}
