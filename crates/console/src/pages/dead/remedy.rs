//! What can be done about a cause, so that what is put back does not die of it again.

/// What to do. None for what only a later version knows.
pub(super) fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_connected" => "Connect a Stripe key to this workspace, under Toolkit. Then put them back.",
        "crash_suspect" | "panicked" => {
            "The worker's log says where it broke off. Put back one of them first, best after an update of postill."
        }
        "too_large" => {
            "Such mails are not read, however often they come. Drop them, and have whoever brings the mail leave out large attachments."
        }
        "empty" => "There is nothing in them. They can be dropped.",
        "not_a_mail" | "bad_json" | "bad_base64" | "missing_property" | "bad_form" => {
            "Whoever puts mail into the queue sends something that is no mail. As it is, it dies again: have it sent anew once that is mended, \
             and drop these."
        }
        "unknown_format" => {
            "The header postill-format names a format that this version does not know. Put them back once the workers are of a version that does."
        }
        "content_elsewhere" => {
            "Amazon SES sent word of a mail, and not the mail. Let it publish with an SNS action, or post to postill ingest, which fetches it; \
             then have them sent anew."
        }
        "no_mail_inside" => "These tell of deliveries and the like, and hold no mail. They can be dropped.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_nobody_knows_has_no_remedy() {
        assert_eq!(remedy("of_a_later_version"), None);
        assert_ne!(remedy("not_connected"), None);
    }
}
