//! Whose results count, and what they are worth.

use domain::Assurance;
use domain::mail::Flag;

use super::read;

const FROM: &str = "From: marta@studio.example\nSubject: x\n\nhello\n";
const PASS: &str = "dmarc=pass header.from=studio.example";

fn mail_with(results: &str) -> String {
    format!(
        "Authentication-Results: {results}\nReceived: from a by mx.larkspur.example; date\nReceived: from b by evil.example; date\n{FROM}"
    )
}

#[track_caller]
fn check(results: &str, expected: Assurance) {
    check_mail(&mail_with(&format!("mx.larkspur.example; {results}")), expected, &[]);
}

#[track_caller]
fn check_mail(message: &str, expected: Assurance, flags: &[Flag]) {
    let mail = read(message);
    assert_eq!(mail.assurance, expected, "{message}\n{:?}", mail.evidence);
    assert_eq!(mail.flags, flags, "{message}");
    assert!(!mail.evidence.is_empty());
}

#[test]
fn dmarc_with_an_aligned_signature_authenticates() {
    check(&format!("dkim=pass header.d=studio.example; {PASS}"), Assurance::Authenticated);
    check(&format!("dkim=pass header.d=mail.Studio.example; {PASS}"), Assurance::Authenticated);
    check(&format!("dkim=pass header.i=@mail.studio.example; {PASS}"), Assurance::Authenticated);
    check(
        &format!("dkim=fail header.d=a.example; dkim=pass header.d=studio.example; {PASS}"),
        Assurance::Authenticated,
    );
    check(
        "dkim=pass header.d=studio.example; DMARC=Pass (p=reject) header.from=Studio.Example",
        Assurance::Authenticated,
    );
}

#[test]
fn dmarc_by_spf_alone_is_weak() {
    check(&format!("spf=pass smtp.mailfrom=studio.example; {PASS}"), Assurance::Weak);
    check(
        &format!("spf=pass smtp.mailfrom=studio.example; dkim=pass header.d=esp.example; {PASS}"),
        Assurance::Weak,
    );
    check(&format!("dkim=none; {PASS}"), Assurance::Weak);
    check(&format!("dkim=pass header.d=xstudio.example; {PASS}"), Assurance::Weak);
    check(&format!("dkim=pass header.d=example; {PASS}"), Assurance::Weak);
    check(&format!("dkim=pass header.d=a.example header.d=studio.example; {PASS}"), Assurance::Weak);
    check(&format!("dkim=pass header.d=studio.example header.i=@evil.example; {PASS}"), Assurance::Weak);
}

#[test]
fn public_suffixes_align_nobody() {
    let mail = |signer: &str| {
        format!(
            "Authentication-Results: mx.larkspur.example; dkim=pass header.d={signer}; dmarc=pass header.from=b.co.uk\nFrom: m@b.co.uk\n\nx"
        )
    };
    check_mail(&mail("a.co.uk"), Assurance::Weak, &[]);
    check_mail(&mail("co.uk"), Assurance::Weak, &[]);
    check_mail(&mail("x.b.co.uk"), Assurance::Authenticated, &[]);
}

#[test]
fn without_dmarc_only_the_very_domain_authenticates() {
    check(
        "dkim=pass header.d=studio.example; dmarc=none header.from=studio.example",
        Assurance::Authenticated,
    );
    check("dkim=pass header.d=mail.studio.example; dmarc=none header.from=studio.example", Assurance::None);
    check("dkim=pass header.d=studio.example; dmarc=none", Assurance::None);
    check("dkim=pass header.d=studio.example", Assurance::None);
}

#[test]
fn anything_but_a_pass_for_this_sender_is_none() {
    for result in ["fail", "temperror", "permerror", "bestguesspass", "policy", "passs"] {
        check(
            &format!("dkim=pass header.d=studio.example; dmarc={result} header.from=studio.example"),
            Assurance::None,
        );
    }
    check("dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example", Assurance::None);
    check("dkim=pass header.d=studio.example; dmarc=pass", Assurance::None);
    check(
        "dkim=pass header.d=studio.example; dmarc=pass header.from=studio.example.evil.example",
        Assurance::None,
    );
    check("dmarc=fail (; dmarc=pass header.from=studio.example) header.from=studio.example", Assurance::None);
    check("x=\"; dmarc=pass header.from=studio.example\"", Assurance::None);
    check(
        "dkim=pass header.d=studio.example; dmarc=pass (unclosed header.from=studio.example",
        Assurance::None,
    );
    check("none", Assurance::None);
}

#[test]
fn only_our_verifier_counts() {
    let results = |id: &str| mail_with(&format!("{id}; dkim=pass header.d=studio.example; {PASS}"));
    check_mail(&results("MX.Larkspur.Example"), Assurance::Authenticated, &[]);
    check_mail(&results("\"mx.larkspur.example\" 1"), Assurance::Authenticated, &[]);
    check_mail(&results("evil.example"), Assurance::None, &[]);
    check_mail(&results("mx.larkspur.example.evil.example"), Assurance::None, &[]);
    check_mail(&results("(mx.larkspur.example) evil.example"), Assurance::None, &[]);
}

#[test]
fn results_count_only_above_what_came_from_outside() {
    let ours =
        format!("Authentication-Results: mx.larkspur.example; dkim=pass header.d=studio.example; {PASS}\n");
    let inside =
        "Received: from mx by store.larkspur.example; d\nReceived: by a.inside.larkspur.example; d\n";
    let border = "Received: from by (by mx.larkspur.example) by mx.larkspur.example; d\n";
    let outside = "Received: from mx.larkspur.example by evil.example; d\n";
    check_mail(&format!("{inside}{border}{ours}{outside}{FROM}"), Assurance::Authenticated, &[]);
    check_mail(&format!("{inside}{ours}{border}{outside}{FROM}"), Assurance::Authenticated, &[]);
    check_mail(&format!("{inside}{border}{outside}{ours}{FROM}"), Assurance::None, &[Flag::ForgedResults]);
    check_mail(&format!("Received: (qmail invoked)\n{ours}{FROM}"), Assurance::None, &[Flag::ForgedResults]);
    check_mail(
        &format!("Received: from x by notinside.larkspur.example\n{ours}{FROM}"),
        Assurance::None,
        &[Flag::ForgedResults],
    );
    check_mail(&format!("{ours}{FROM}"), Assurance::Authenticated, &[]);
}

#[test]
fn the_topmost_hop_is_ours_when_none_is_named() {
    let trust = crate::Trust { authserv_ids: vec!["verifier".to_owned()], ..crate::Trust::default() };
    let reader = crate::Reader::new(trust, crate::Limits::default());
    let workspace = domain::WorkspaceId::default();
    let assurance = |message: &str| {
        let envelope = crate::Envelope {
            format: crate::Format::Rfc822,
            body: message.as_bytes(),
            workspace: &workspace,
            run: None,
        };
        reader.read(&envelope).unwrap().mail.assurance
    };
    let ours = format!("Authentication-Results: verifier; dkim=pass header.d=studio.example; {PASS}\n");
    let hop = |by: &str| format!("Received: from x by {by}; date\n");
    assert_eq!(
        assurance(&format!("{}{ours}{}{FROM}", hop("mx.shop.example"), hop("evil.example"))),
        Assurance::Authenticated
    );
    assert_eq!(
        assurance(&format!("{}{}{ours}{FROM}", hop("mx.shop.example"), hop("evil.example"))),
        Assurance::None
    );
}

#[test]
fn trusted_results_that_contradict_each_other_prove_nothing() {
    let two = |one: &str, other: &str| {
        format!(
            "Authentication-Results: mx.larkspur.example; {one}\nAuthentication-Results: mx.larkspur.example; {other}\n{FROM}"
        )
    };
    let signed = format!("dkim=pass header.d=studio.example; {PASS}");
    check_mail(&two(&signed, &signed), Assurance::Authenticated, &[]);
    let conflicts = [
        "dmarc=fail header.from=studio.example",
        "dmarc=pass header.from=evil.example",
        "dmarc=none header.from=studio.example",
        "dkim=none",
    ];
    for other in conflicts {
        check_mail(&two(&signed, other), Assurance::None, &[Flag::ConflictingResults]);
        check_mail(&two(other, &signed), Assurance::None, &[Flag::ConflictingResults]);
    }
    check_mail(&two(&signed, "dmarc=pass ("), Assurance::None, &[]);
}

#[test]
fn lists_forwards_and_programs_are_capped() {
    let signed =
        format!("Authentication-Results: mx.larkspur.example; dkim=pass header.d=studio.example; {PASS}\n");
    check_mail(&format!("{signed}List-Id: <x.example>\n{FROM}"), Assurance::None, &[Flag::MailingList]);
    check_mail(
        &format!("{signed}From: marta@studio.example\nSubject: WG: x\n\nhello"),
        Assurance::None,
        &[Flag::Forwarded],
    );
    check_mail(&format!("{signed}Auto-Submitted: auto-replied\n{FROM}"), Assurance::None, &[]);
}

#[test]
fn evidence_names_domains_and_no_person() {
    let mail =
        read(mail_with(&format!("mx.larkspur.example; spf=pass smtp.mailfrom=marta@studio.example; {PASS}")));
    assert_eq!(
        mail.evidence,
        [
            "mx.larkspur.example: spf=pass smtp.mailfrom=studio.example",
            "mx.larkspur.example: dmarc=pass header.from=studio.example"
        ]
    );
}
