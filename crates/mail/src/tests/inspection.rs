//! What an operator is shown of the results in a mail.

use domain::Assurance;

use crate::{HeaderFrom, Inspection, Limits, Reader, Trust};

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
    assert_eq!(
        seen.iter().map(|results| results.is_in_place).collect::<Vec<_>>(),
        [true, false, false, false]
    );
    assert_eq!(seen[0].hosts_in_the_way, Vec::<String>::new());
    assert_eq!(seen[1].hosts_in_the_way, ["mx.other.example"]);
    let pair = |method: &str, result: &str| (method.to_owned(), result.to_owned());
    assert_eq!(seen[0].verdicts, Some(vec![pair("dmarc", "pass"), pair("dkim", "fail")]));
    assert_eq!(seen[3].verdicts, None);
    let from: Vec<_> = seen.iter().map(|results| results.header_from).collect();
    assert_eq!(from, [HeaderFrom::Sender, HeaderFrom::Other, HeaderFrom::Absent, HeaderFrom::Absent]);
}

/// Naming one host takes the topmost its right to be ours by its place.
#[test]
fn the_topmost_host_is_named_where_the_next_one_has_to_be() {
    let trust = Trust { own_hosts: Vec::new(), ..super::trust() };
    let message = "Received: from x by store.larkspur.example; now\nReceived: from x by relay.larkspur.example; now\n\
                   Authentication-Results: mx.larkspur.example; dmarc=pass header.from=a.example\nFrom: marta@a.example\n\nhi\n";
    let in_the_way = |trust: Trust| {
        let seen = Reader::new(trust, Limits::default()).inspect(message.as_bytes()).unwrap();
        seen.results[0].hosts_in_the_way.clone()
    };
    let own_hosts = in_the_way(trust.clone());
    assert_eq!(own_hosts, ["relay.larkspur.example", "store.larkspur.example"]);
    assert_eq!(in_the_way(Trust { own_hosts, ..trust }), Vec::<String>::new());
}

#[test]
fn results_without_a_name_are_placed_as_reading_places_them() {
    let border = "Received: from x.protection.outlook.com by y.outlook.com; now\nAuthentication-Results: spf=pass \
                  smtp.mailfrom=a.example; dmarc=pass header.from=a.example\nReceived: from z by \
                  DB8.mail.protection.outlook.com; now\nFrom: marta@a.example\n\nhi\n";
    for microsoft_365 in [true, false] {
        let reader = Reader::new(Trust { microsoft_365, ..Trust::default() }, Limits::default());
        let inspect = |message: &str| reader.inspect(message.as_bytes()).unwrap();
        let straight = inspect(border);
        assert!(straight.results[0].is_in_place && straight.results[0].hosts_in_the_way.is_empty());
        assert_eq!(straight.results[0].is_trusted, microsoft_365);
        assert_eq!(straight.assurance == Assurance::Weak, microsoft_365);
        let broken = inspect(&border.replace("spf=pass ", "spf=pass ("));
        assert_eq!((&broken.results[0].authserv_id, &broken.results[0].verdicts), (&None, &None));
        let passed_on =
            inspect(&format!("Received: from y.outlook.com by mx.larkspur.example; now\n{border}"));
        assert!(!passed_on.results[0].is_in_place);
        assert_eq!(passed_on.results[0].hosts_in_the_way, ["mx.larkspur.example"]);
        assert_eq!(passed_on.assurance, Assurance::None);
    }
}

#[test]
fn reasons_are_shared_by_many_mails() {
    let reasons = |results: &str, more: &str| {
        let head =
            "Received: from x by store.larkspur.example; now\nAuthentication-Results: mx.larkspur.example";
        inspect(&format!("{head}; {results}\n{more}From: marta@a.example\n\nhi\n")).reasons
    };
    assert_eq!(
        reasons("dmarc=fail header.from=a.example; spf=pass smtp.mailfrom=marta@b.example", ""),
        ["mx.larkspur.example: dmarc=fail", "mx.larkspur.example: spf=pass"]
    );
    assert_eq!(
        reasons("dmarc=pass header.from=b.example", ""),
        ["mx.larkspur.example: dmarc=pass of another domain"]
    );
    assert_eq!(
        reasons("dmarc=pass header.from=a.example", "Auto-Submitted: auto-replied\n"),
        ["written by a program"]
    );
    assert_eq!(reasons("dmarc=pass header.from=a.example", ""), Vec::<String>::new());
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
