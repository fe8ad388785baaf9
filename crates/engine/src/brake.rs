//! The kill switch as a file: for whoever has no terminal on the ledger, or none that answers.

use std::io;
use std::path::{Path, PathBuf};

use domain::WorkspaceId;

/// Stops every change at Stripe while a file exists. It is looked at right before an action is stored and again right before it is sent,
/// so it takes effect at once; reading goes on.
#[derive(Debug, Clone, Default)]
pub struct Brake {
    /// `FILE` stops all workspaces, `FILE.<workspace>` one. None: there is no such switch.
    pub file: Option<PathBuf>,
}

impl Brake {
    /// Whether nothing may be changed for `workspace` now. A file that cannot be looked at stops too: it may be there.
    pub fn is_on(&self, workspace: &WorkspaceId) -> bool {
        let Some(all) = &self.file else { return false };
        let mut one = all.clone().into_os_string();
        one.push(".");
        one.push(workspace.as_str());
        may_exist(all) || may_exist(Path::new(&one))
    }
}

fn may_exist(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_one_workspace_stops_that_one_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("halt");
        let brake = Brake { file: Some(file.clone()) };
        let (one, other): (WorkspaceId, WorkspaceId) = ("one".parse().unwrap(), "other".parse().unwrap());
        assert!(!brake.is_on(&one));
        std::fs::write(folder.path().join("halt.one"), "").unwrap();
        assert!(brake.is_on(&one) && !brake.is_on(&other));
        std::fs::write(file, "").unwrap();
        assert!(brake.is_on(&other));
        assert!(!Brake::default().is_on(&one));
    }

    #[test]
    fn what_cannot_be_looked_at_stops() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        let brake = Brake { file: Some(folder.path().join("plain").join("halt")) };
        assert!(brake.is_on(&WorkspaceId::default()));
    }
}
