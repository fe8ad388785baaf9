//! Who is at the keyboard, as far as the system knows.

use domain::Actor;

use crate::settings;

/// Where the names of users stand, unless a directory service has them.
const USERS: &str = "/etc/passwd";

/// Who a change of settings on the command line is noted as.
pub(crate) const COMMAND_LINE: &str = "command line";

/// The name that was given, or the user of this system. Neither is proven: whoever may run this may give any name.
pub(crate) fn deciding(given: Option<Actor>) -> anyhow::Result<Actor> {
    match given {
        Some(actor) => Ok(actor),
        None => Ok(user_of_the_system().parse()?),
    }
}

/// By the number the system knows the user under; the environment, which anybody sets, only where that number has no name.
fn user_of_the_system() -> String {
    let number = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string(USERS).unwrap_or_default();
    name_of(number, &users).or_else(from_environment).unwrap_or_else(|| format!("user {number}"))
}

fn name_of(number: u32, users: &str) -> Option<String> {
    let number = number.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    })
}

fn from_environment() -> Option<String> {
    let environment = settings::process_environment();
    let named = |wanted: &str| {
        environment
            .iter()
            .find(|(name, text)| name == wanted && !text.is_empty())
            .map(|(_, text)| text.clone())
    };
    named("LOGNAME").or_else(|| named("USER"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nkim:x:1000:1000::/home/kim:/bin/sh\n";
        assert_eq!(name_of(1000, users).as_deref(), Some("kim"));
        assert_eq!(name_of(0, users).as_deref(), Some("root"));
        assert_eq!(name_of(7, users), None);
    }
}
