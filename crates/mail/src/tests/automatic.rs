//! Which mails get no draft.

use domain::mail::{Automatic, Flag};

use super::read;

#[track_caller]
fn check(header: &str, expected: Option<Automatic>) {
    let mail = read(format!("{header}\nFrom: marta@studio.example\n\nhello\n"));
    assert_eq!(mail.automatic, expected, "{header}");
}

#[track_caller]
fn check_from(from: &str, expected: Option<Automatic>) {
    assert_eq!(read(format!("From: {from}\n\nhello\n")).automatic, expected, "{from}");
}

#[test]
fn auto_submitted_counts_unless_it_says_no() {
    check("Auto-Submitted: auto-replied", Some(Automatic::AutoSubmitted));
    check("auto-submitted: Auto-Generated; x=y", Some(Automatic::AutoSubmitted));
    check("Auto-Submitted: No (a person)", None);
    check("Auto-Submitted:", None);
}

#[test]
fn reports_and_bounces_are_never_answered() {
    check("Content-Type: multipart/report; report-type=delivery-status; boundary=b", Some(Automatic::Bounce));
    check("Content-Type: Message/Disposition-Notification", Some(Automatic::Bounce));
    check("Content-Type: message/feedback-report", Some(Automatic::Bounce));
    check("Return-Path: <>", Some(Automatic::Bounce));
    check("Return-Path: <marta@studio.example>", None);
    check("X-Failed-Recipients: x@y.example", Some(Automatic::Bounce));
    check_from("Mailer-Daemon@mx.example", Some(Automatic::Bounce));
    check_from("postmaster@mx.example", Some(Automatic::Bounce));
    check_from("bounces+42@esp.example", Some(Automatic::Bounce));
    check_from("bouncer@club.example", None);
}

#[test]
fn autoresponders_are_known_by_their_headers() {
    check("X-Autoreply: yes", Some(Automatic::Autoresponder));
    check("X-Autorespond: vacation", Some(Automatic::Autoresponder));
    check("X-Autoreply: no", None);
    check("Precedence: auto_reply", Some(Automatic::Autoresponder));
    check("Subject: Automatic reply: away", Some(Automatic::Autoresponder));
    check("Subject: Re: Automatic reply: away", None);
}

#[test]
fn asking_for_no_automatic_replies_is_not_being_one() {
    check("X-Auto-Response-Suppress: All", None);
    check("X-Auto-Response-Suppress: OOF, AutoReply", None);
}

#[test]
fn bulk_is_automatic_unless_people_post_to_the_list() {
    check("Precedence: bulk", Some(Automatic::Bulk));
    check("Precedence: Junk", Some(Automatic::Bulk));
    check("Precedence: list\nList-Id: <n.example>\nList-Post: NO", Some(Automatic::Bulk));
    check("Precedence: list\nList-Id: <n.example>\nList-Post: <mailto:n@n.example>", None);
    check("Precedence: first-class", None);
}

#[test]
fn list_headers_on_a_persons_mail_are_flagged_and_no_more() {
    let mail = read("List-Unsubscribe: <https://x.example>\nFrom: marta@studio.example\n\nhello");
    assert_eq!((mail.automatic, mail.flags), (None, vec![Flag::MailingList]));
}

#[test]
fn addresses_that_nobody_reads_are_not_answered() {
    for from in
        ["noreply@a.example", "No-Reply@a.example", "do_not_reply+x@a.example", "keine-antwort@a.example"]
    {
        check_from(from, Some(Automatic::NoReply));
    }
    check_from("reply@a.example", None);
}

#[test]
fn our_own_mail_and_loops_are_not_answered() {
    check_from("Billing@larkspur.example", Some(Automatic::OwnAddress));
    check("X-MS-Exchange-Inbox-Rules-Loop: x@y.example", Some(Automatic::Loop));
    check("X-Loop: billing@larkspur.example", Some(Automatic::Loop));
    check("X-Loop: debian-user@lists.example", None);
}
