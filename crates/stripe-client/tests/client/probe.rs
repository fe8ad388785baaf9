//! The check of a key: one question for each row of Stripe's form.

use domain::{Access, Mode, Permission};
use stripe_client::probe::{ProbeError, Verdict, WriteRows, check_key};
use stripe_client::{CallError, KeyRefusal};

use crate::server::{Asked, Reply, Server};
use crate::world::{KEY, config, refusal};

/// Allows all reads but invoices, and all writes but refunds; knows no object.
fn account(asked: &Asked) -> Reply {
    let path = asked.target.split('?').next().unwrap();
    let denied = |slug: &str| {
        let text = format!("Permission denied. The provided key does not have '{slug}'.");
        Reply::status(403, refusal("invalid_request_error", None, &text)).with("request-id", "req_403")
    };
    match (asked.method.as_str(), path) {
        ("GET", "/v1/invoices") => denied("rak_invoice_read"),
        ("POST", "/v1/refunds") => denied("rak_refund_write"),
        ("GET", _) => Reply::ok(r#"{"data":[{"livemode":false}],"has_more":true}"#)
            .with("date", "Tue, 29 Sep 2026 12:00:00 GMT"),
        _ => Reply::status(404, refusal("invalid_request_error", Some("resource_missing"), "No such object")),
    }
}

#[tokio::test]
async fn every_row_that_reads_is_asked_and_nothing_is_written() {
    let server = Server::with(account).await;
    let report = check_key(&config(&server.url), &KEY.parse().unwrap(), WriteRows::Skip).await.unwrap();
    assert_eq!((report.mode, report.is_restricted), (Mode::Test, true));
    assert_eq!(report.missing().collect::<Vec<_>>(), [Permission::INVOICES]);
    for row in &report.rows {
        let expected = match row.permission.access {
            _ if row.permission == Permission::INVOICES => Verdict::Missing,
            Access::Read => Verdict::Granted,
            Access::Write => Verdict::Unknown,
        };
        assert_eq!((row.permission, row.verdict), (row.permission, expected));
    }
    assert_eq!(report.rows.len(), Permission::all().count());
    assert_eq!(report.answered_at.unwrap().to_string(), "2026-09-29T12:00:00Z");
    let asked = server.asked();
    assert!(
        asked.iter().all(|asked| asked.method == "GET" && asked.target.ends_with("?limit=1")),
        "{asked:?}"
    );
    assert_eq!(asked.len(), Permission::all().filter(|row| row.access == Access::Read).count());
}

#[tokio::test]
async fn rows_that_write_are_tried_on_objects_that_cannot_exist() {
    let server = Server::with(account).await;
    let report = check_key(&config(&server.url), &KEY.parse().unwrap(), WriteRows::Try).await.unwrap();
    assert_eq!(report.missing().collect::<Vec<_>>(), [Permission::INVOICES, Permission::REFUNDS]);
    assert!(report.rows.iter().all(|row| row.verdict != Verdict::Unknown), "{:?}", report.rows);
    let writes: Vec<Asked> = server.asked().into_iter().filter(|asked| asked.method == "POST").collect();
    assert_eq!(writes.len(), Permission::all().filter(|row| row.access == Access::Write).count());
    for write in writes {
        let aim = format!("{}{}", write.target, write.body);
        assert!(aim.contains("PostillProbe"), "{write:?}");
        assert!(write.headers["idempotency-key"].starts_with("postill-probe-"));
    }
}

#[tokio::test]
async fn a_write_that_does_not_say_no_such_object_tells_nothing() {
    let server = Server::with(|asked| match asked.method.as_str() {
        "GET" => Reply::ok(r#"{"data":[],"has_more":false}"#),
        _ => Reply::status(400, refusal("invalid_request_error", Some("parameter_missing"), "No.")),
    })
    .await;
    let report = check_key(&config(&server.url), &KEY.parse().unwrap(), WriteRows::Try).await.unwrap();
    assert_eq!(report.missing().count(), 0);
    assert!(
        report
            .rows
            .iter()
            .all(|row| (row.verdict == Verdict::Unknown) == (row.permission.access == Access::Write))
    );
}

#[tokio::test]
async fn an_expired_key_and_a_key_of_the_other_mode_are_errors() {
    let expired =
        refusal("invalid_request_error", Some("api_key_expired"), "Expired API Key provided: rk_test_*QQQQ");
    let server = Server::script([Reply::status(401, expired)]).await;
    let error = check_key(&config(&server.url), &KEY.parse().unwrap(), WriteRows::Skip).await.unwrap_err();
    assert!(matches!(error, ProbeError::Call(CallError::KeyRefused { refusal: KeyRefusal::Expired, .. })));

    let server = Server::script([Reply::ok(r#"{"data":[{"livemode":true}],"has_more":false}"#)]).await;
    let error = check_key(&config(&server.url), &KEY.parse().unwrap(), WriteRows::Skip).await.unwrap_err();
    assert!(matches!(error, ProbeError::Call(CallError::WrongMode { .. })), "{error:?}");
}
