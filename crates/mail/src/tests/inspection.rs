//! What an operator is shown of the results in a mail.

use crate::{HeaderFrom, Inspection, Limits, Reader};

fn inspect(message: &str) -> Inspection {
    Reader::new(super::trust(), Limits::default()).inspect(message.as_bytes()).unwrap()
}

#[test]
fn every_field_is_seen_with_its_place_and_its_trust() {
    let seen = inspect(
        "Received: from x by store.larkspur.example; now\nAuthentication-Results: MX.larkspur.example; dmarc=pass \
         header.from=a.example; dkim=fail header.d=b.example\nReceived: from y by mx.other.example; now\n\
         Authentication-Results: mx.larkspur.example; dmarc=pass header.from=b.example\n\
         Authentication-Results: spf=pass smtp.mailfrom=a.example\nAuthentication-Results: broken; dmarc=(\n\
         From: marta@a.example\n\nhello\n",
    )
    .results;
    let names: Vec<_> = seen.iter().map(|results| results.authserv_id.as_deref()).collect();
    assert_eq!(names, [Some("mx.larkspur.example"), Some("mx.larkspur.example"), None, Some("broken")]);
    assert_eq!(seen.iter().map(|results| results.is_trusted).collect::<Vec<_>>(), [true, true, false, false]);
    assert_eq!(seen[0].foreign_hosts_above, Vec::<String>::new());
    assert_eq!(seen[1].foreign_hosts_above, ["mx.other.example"]);
    let pair = |method: &str, result: &str| (method.to_owned(), result.to_owned());
    assert_eq!(seen[0].verdicts, Some(vec![pair("dmarc", "pass"), pair("dkim", "fail")]));
    assert_eq!(seen[3].verdicts, None);
    let from: Vec<_> = seen.iter().map(|results| results.header_from).collect();
    assert_eq!(from, [HeaderFrom::Sender, HeaderFrom::Other, HeaderFrom::Absent, HeaderFrom::Absent]);
}

#[test]
fn what_is_made_of_a_mail_is_what_reading_makes_of_it() {
    let message = "From: a@b.example\nFrom: c@d.example\nAuto-Submitted: auto-replied\n\nhello\n";
    let (seen, mail) = (inspect(message), super::read(message));
    assert_eq!((seen.refused, seen.assurance), (mail.sender.err(), mail.assurance));
    assert_eq!((seen.automatic, seen.flags), (mail.automatic, mail.flags));
}

#[test]
fn nothing_that_a_person_wrote_is_shown() {
    let seen = inspect(
        "Authentication-Results: \"marta@studio.example\"; dmarc=pass\nSubject: secret\nFrom: marta@a.example\n\nhi\n",
    );
    assert_eq!(seen.results[0].authserv_id.as_deref(), Some("studio.example"));
    assert!(!format!("{seen:?}").contains("studio"));
}
