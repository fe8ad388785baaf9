//! No address, key or body in any log or error.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};

use domain::Function;
use stripe_client::{CallError, Stripe};
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Reply, Server};
use crate::world::{
    KEY, REFUND, action, config, impatient_stripe, permit, refund_of_charge, refusal, stripe,
};

const ADDRESS: &str = "marta.keller@studio.example";
const SECRETS: [&str; 5] = ["marta", "studio.example", "51Habc", "re_1", "rude words"];

#[track_caller]
fn check_text(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in: {text}");
    }
}

#[track_caller]
fn check_error(error: &CallError) {
    check_text(&format!("{error:?}"));
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        check_text(&error.to_string());
        next = error.source();
    }
}

#[tokio::test]
async fn errors_show_no_address_key_or_body() {
    let sentence = format!("rude words of {ADDRESS} with {KEY}");
    let replies = [
        Reply::Reset,
        Reply::Half,
        Reply::Hang,
        Reply::status(500, &sentence),
        Reply::status(400, refusal("invalid_request_error", Some("email_invalid"), &sentence)),
        Reply::status(400, refusal(&sentence, Some(&sentence), &sentence)),
        Reply::status(401, refusal("invalid_request_error", None, &sentence)),
        Reply::status(403, refusal("invalid_request_error", None, &sentence)),
        Reply::ok(format!(r#"{{"data":"{sentence}","has_more":false}}"#)),
        Reply::ok(&sentence),
    ];
    for reply in replies {
        let server = Server::script([reply]).await;
        check_error(&impatient_stripe(&server).reader().customers_by_email(ADDRESS).await.unwrap_err());
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = Stripe::new(&KEY.parse().unwrap(), config(&format!("http://{closed}"))).unwrap();
    check_error(&unreachable.reader().customers_by_email(ADDRESS).await.unwrap_err());
    check_text(&format!("{unreachable:?}"));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_request_is_logged_once_and_nobody_is_named() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // While there is only one, tracing asks nobody but the thread that comes to a line first, which may be another test's.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let _guard = tracing::subscriber::set_default(subscriber);

    let customers = r#"{"data":[{"id":"cus_1","livemode":false,"email":"marta.keller@studio.example","created":"rude words"}],"has_more":false}"#;
    let server = Server::script([
        Reply::ok(customers).with("request-id", "req_1"),
        Reply::status(500, "").with("request-id", "req_2"),
        Reply::ok(REFUND).with("request-id", "req_3"),
    ])
    .await;
    let stripe = stripe(&server);
    assert!(!stripe.reader().customers_by_email(ADDRESS).await.unwrap().value.complete);
    stripe.write(permit(Function::Refund)).refund(&action(), &refund_of_charge()).await.unwrap();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    check_text(&text);
    let requests: Vec<&str> = text.lines().filter(|line| line.contains("called Stripe")).collect();
    assert_eq!(requests.len(), 3, "{text}");
    assert!(
        requests[0]
            .contains(r#"stripe.endpoint="GET /v1/customers" stripe.request_id="req_1" stripe.status=200"#)
    );
    assert!(requests[1].contains("req_2") && requests[1].contains("stripe.status=500"));
    assert!(requests[2].contains("req_3") && requests[2].contains("stripe.tries=2"));
    assert!(text.contains("path=\"created\""), "the object that was left out is told by its field: {text}");
}
