//! Reads: what is asked, how lists are paged, and what Stripe's objects become.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{Currency, EmailAddress, Money};
use stripe_client::object::{CancellationReason, ChargeStatus, Interval, InvoiceStatus, SubscriptionStatus};
use stripe_client::{CallError, ChargeSearch, Notes, RequestId, Stripe};

use crate::server::{Reply, Server};
use crate::world::{KEY, config, euros, refusal, stripe};

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn customer(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","object":"customer","livemode":false,"created":1790000000,"email":"Marta@Studio.example",
            "name":"Marta","currency":"eur","preferred_locales":["de"],"metadata":{{"any":"thing"}}}}"#
    )
}

fn page(objects: &[String], rest: &str) -> Reply {
    Reply::ok(format!(r#"{{"object":"list","data":[{}],{rest}}}"#, objects.join(",")))
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let server = Server::script([
        page(&[customer("cus_3"), customer("cus_2")], r#""has_more":true"#),
        page(&[customer("cus_1")], r#""has_more":false"#)
            .with("request-id", "req_2")
            .with("date", "Tue, 29 Sep 2026 12:00:00 GMT"),
    ])
    .await;
    let got = stripe(&server).reader().customers_by_email("Marta+x@Studio.example").await.unwrap();
    let ids: Vec<&str> = got.value.items.iter().map(|customer| customer.id.as_str()).collect();
    assert_eq!((ids, got.value.complete), (vec!["cus_3", "cus_2", "cus_1"], true));
    assert_eq!(got.request_id.unwrap().as_str(), "req_2");
    assert_eq!(got.answered_at.unwrap().to_string(), "2026-09-29T12:00:00Z");
    let targets: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(
        targets,
        [
            "/v1/customers?email=Marta%2Bx%40Studio.example&limit=100",
            "/v1/customers?email=Marta%2Bx%40Studio.example&limit=100&starting_after=cus_2"
        ]
    );
    let marta = &got.value.items[0];
    assert_eq!(marta.address(), Some(id("Marta@studio.example")));
    assert!(!format!("{marta:?}").contains("Marta"));
}

#[tokio::test]
async fn a_list_that_goes_on_and_on_is_cut_off_and_says_so() {
    let server = Server::script([page(&[customer("cus_1")], r#""has_more":true"#)]).await;
    let mut config = config(&server.url);
    config.max_pages = NonZeroU32::new(3).unwrap();
    let stripe = Stripe::new(&KEY.parse().unwrap(), config).unwrap();
    let got = stripe.reader().customers_by_email("a@b.example").await.unwrap();
    assert_eq!((got.value.items.len(), got.value.complete, server.asked().len()), (3, false, 3));
}

#[tokio::test]
async fn a_search_is_quoted_and_paged_by_its_own_cursor() {
    let server = Server::script([
        page(&[customer("cus_2")], r#""has_more":true,"next_page":"WzE=""#),
        page(&[customer("cus_1")], r#""has_more":false,"next_page":null"#),
    ])
    .await;
    let address: EmailAddress = id(r#""odd \"name"@b.example"#);
    let got = stripe(&server).reader().search_customers(&address).await.unwrap();
    assert_eq!((got.value.items.len(), got.value.complete), (2, true));
    let query =
        "/v1/customers/search?query=email%3A%22%5C%22odd+%5C%5C%5C%22name%5C%22%40b.example%22&limit=100";
    let targets: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets, [query.to_owned(), format!("{query}&page=WzE%3D")]);
}

#[tokio::test]
async fn charges_are_searched_by_card_and_amount_within_the_pages_that_are_allowed() {
    let none = Reply::ok(r#"{"object":"search_result","data":[],"has_more":true,"next_page":"WzE="}"#);
    let server = Server::script([none]).await;
    let mut config = config(&server.url);
    config.max_pages = NonZeroU32::new(2).unwrap();
    let stripe = Stripe::new(&KEY.parse().unwrap(), config).unwrap();
    let search = ChargeSearch::card(id("4242")).and_amount(2500, Some(Currency::EUR));
    let got = stripe.reader().search_charges(&search).await.unwrap();
    assert!(!got.value.complete);
    let targets: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    let query = "/v1/charges/search?query=payment_method_details.card.last4%3A%224242%22+AND+amount%3A2500\
                 +AND+currency%3A%22eur%22&limit=100";
    assert_eq!(targets, [query.to_owned(), format!("{query}&page=WzE%3D")]);
}

#[tokio::test]
async fn an_object_that_cannot_be_read_does_not_hide_the_others() {
    let strange = [customer("cus_3"), customer("zz_2"), customer("cus_1")];
    let server = Server::script([page(&strange, r#""has_more":false"#)]).await;
    let got = stripe(&server).reader().customers_by_email("a@b.example").await.unwrap();
    assert_eq!((got.value.items.len(), got.value.complete), (2, false));
}

#[tokio::test]
async fn data_of_the_other_mode_is_refused_even_inside_a_list() {
    let live = customer("cus_1").replace(r#""livemode":false"#, r#""livemode":true"#);
    let server = Server::script([page(&[customer("cus_2"), live.clone()], r#""has_more":false"#)]).await;
    let error = stripe(&server).reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::WrongMode { .. }), "{error:?}");

    let server = Server::script([Reply::ok(live)]).await;
    let error = stripe(&server).reader().customer(&id("cus_1")).await.unwrap_err();
    assert!(matches!(error, CallError::WrongMode { .. }), "{error:?}");
}

#[tokio::test]
async fn missing_and_deleted_objects_are_none() {
    let missing = refusal("invalid_request_error", Some("resource_missing"), "No such customer: 'cus_1'");
    let server = Server::script([
        Reply::status(404, missing).with("request-id", "req_404"),
        Reply::ok(r#"{"id":"cus_1","object":"customer","deleted":true}"#),
        Reply::ok(customer("cus_1")),
    ])
    .await;
    let stripe = stripe(&server);
    let got = stripe.reader().customer(&id("cus_1")).await.unwrap();
    assert_eq!((got.value, got.request_id.unwrap().as_str()), (None, "req_404"));
    assert_eq!(stripe.reader().customer(&id("cus_1")).await.unwrap().value, None);
    assert!(stripe.reader().customer(&id("cus_1")).await.unwrap().value.is_some());
    assert_eq!(server.asked()[0].target, "/v1/customers/cus_1");
}

#[tokio::test]
async fn a_broken_read_is_repeated() {
    let server = Server::script([Reply::Half, Reply::status(409, ""), Reply::ok(customer("cus_1"))]).await;
    assert!(stripe(&server).reader().customer(&id("cus_1")).await.unwrap().value.is_some());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_charge_knows_what_is_left_to_refund() {
    let body = r#"{"id":"py_1","object":"charge","amount":4900,"amount_captured":4900,"amount_refunded":900,
        "balance_transaction":"txn_1","billing_details":{"email":" A@b.example","name":null},"captured":true,"created":1790000000,
        "receipt_email":"not an address",
        "currency":"eur","customer":"cus_1","description":null,"disputed":false,"livemode":false,"paid":true,
        "failure_code":null,"outcome":{"network_status":"approved_by_network","type":"authorized","reason":null},
        "payment_intent":{"id":"pi_1","object":"payment_intent"},"payment_method":"card_1Nx",
        "payment_method_details":{"type":"card","card":{"brand":"visa","last4":"4242","exp_month":12,"exp_year":2030}},
        "refunded":false,"status":"succeeded","receipt_url":"https://pay.stripe.com/receipts/x"}"#;
    let server = Server::script([Reply::ok(body)]).await;
    let charge = stripe(&server).reader().charge(&id("py_1")).await.unwrap().value.unwrap();
    assert_eq!(
        (charge.amount(), charge.refunded_amount(), charge.refundable()),
        (euros(4900), euros(900), euros(4000))
    );
    assert_eq!(charge.status, ChargeStatus::Succeeded);
    assert_eq!(charge.payment_intent, Some(id("pi_1")));
    assert_eq!(charge.addresses().collect::<Vec<_>>(), [id::<EmailAddress>("A@b.example")]);
    assert!(!format!("{charge:?}").contains("b.example"));
    let card = charge.payment_method_details.unwrap().card.unwrap();
    assert_eq!((card.brand.as_deref(), card.last4.as_deref()), (Some("visa"), Some("4242")));

    let failed = body.replace("succeeded", "failed");
    let server = Server::script([Reply::ok(failed)]).await;
    let charge = stripe(&server).reader().charge(&id("py_1")).await.unwrap().value.unwrap();
    assert_eq!(charge.refundable(), euros(0), "a failed charge holds nothing to refund");
}

#[tokio::test]
async fn an_invoice_names_its_subscription_through_its_parent() {
    let body = r#"{"data":[{"id":"in_1","object":"invoice","number":"LARK-1","status":"paid","currency":"jpy","total":5000,
        "amount_due":5000,"amount_paid":5000,"amount_remaining":0,"attempt_count":1,"created":1790000000,"due_date":null,
        "livemode":false,"customer":"cus_1","next_payment_attempt":null,"billing_reason":"subscription_cycle",
        "parent":{"type":"subscription_details","subscription_details":{"subscription":"sub_1","metadata":{}}},
        "status_transitions":{"finalized_at":1790000001,"paid_at":1790000002,"voided_at":null,"marked_uncollectible_at":null},
        "hosted_invoice_url":"https://invoice.stripe.com/i/x"},
        {"id":"in_2","object":"invoice","number":null,"status":"brand_new","currency":"eur","total":1,"amount_due":1,
        "amount_paid":0,"amount_remaining":1,"created":1790000000,"livemode":false,"parent":null}],"has_more":false}"#;
    let server = Server::script([Reply::ok(body)]).await;
    let invoices = stripe(&server).reader().invoices(&id("cus_1")).await.unwrap().value;
    assert!(invoices.complete);
    let invoice = &invoices.items[0];
    assert_eq!(invoice.total(), Money::new(5000, Currency::JPY));
    assert_eq!(invoice.subscription(), Some(&id("sub_1")));
    assert_eq!(invoice.status_transitions.paid_at.unwrap().as_second(), 1_790_000_002);
    assert_eq!(invoices.items[1].status, Some(InvoiceStatus::Other("brand_new".to_owned())));
    assert_eq!(server.asked()[0].target, "/v1/invoices?customer=cus_1&limit=100");
}

#[tokio::test]
async fn subscriptions_are_asked_for_in_every_status_and_agree_on_a_period_or_not() {
    let item = |end: i64| {
        format!(
            r#"{{"id":"si_1","quantity":1,"current_period_start":1790000000,"current_period_end":{end},
            "price":{{"id":"price_1","unit_amount":4900,"currency":"eur","nickname":null,"product":"prod_1",
            "recurring":{{"interval":"month","interval_count":1}}}}}}"#
        )
    };
    let subscription = |items: &[String], schedule: &str| {
        format!(
            r#"{{"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","livemode":false,
            "cancel_at_period_end":false,"cancel_at":null,"canceled_at":null,"ended_at":null,"trial_end":null,
            "created":1790000000,"schedule":{schedule},"pause_collection":null,"latest_invoice":"in_1","metadata":{{}},
            "items":{{"object":"list","data":[{}],"has_more":false}}}}"#,
            items.join(",")
        )
    };
    let alike = subscription(&[item(1_792_000_000), item(1_792_000_000)], "null");
    let unlike = subscription(&[item(1_792_000_000), item(1_800_000_000)], r#""sub_sched_1""#);
    let server = Server::script([page(&[alike, unlike], r#""has_more":false"#)]).await;
    let subscriptions = stripe(&server).reader().subscriptions(&id("cus_1")).await.unwrap().value.items;
    assert_eq!(server.asked()[0].target, "/v1/subscriptions?customer=cus_1&status=all&limit=100");
    assert_eq!(subscriptions[0].status, SubscriptionStatus::Active);
    assert_eq!(subscriptions[0].period_end().unwrap().as_second(), 1_792_000_000);
    assert_eq!(subscriptions[1].period_end(), None);
    assert_eq!((subscriptions[0].is_scheduled, subscriptions[1].is_scheduled), (false, true));
    let price = &subscriptions[0].items.data[0].price;
    assert_eq!(price.unit_amount(), Some(euros(4900)));
    assert_eq!(price.recurring.as_ref().map(|recurring| &recurring.interval), Some(&Interval::Month));
}

#[tokio::test]
async fn a_subscription_charges_its_prices_unless_something_changes_them() {
    let body = |extra: &str, item: &str, usage: &str| {
        format!(
            r#"{{"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","livemode":false,{extra}
            "cancel_at_period_end":false,"created":1790000000,"metadata":{{}},
            "cancellation_details":{{"comment":null,"feedback":null,"reason":"payment_failed"}},
            "items":{{"object":"list","data":[{{"id":"si_1",{item}"quantity":1,"current_period_start":1790000000,
            "current_period_end":1792000000,"price":{{"id":"price_1","unit_amount":4900,"currency":"eur",
            "recurring":{{"interval":"month","interval_count":1,"usage_type":"{usage}"}}}}}}],"has_more":false}}}}"#
        )
    };
    let cases = [
        (body("", "", "licensed"), true),
        (body(r#""discounts":[],"automatic_tax":{"enabled":false},"#, "", "licensed"), true),
        (body(r#""discounts":["di_1"],"#, "", "licensed"), false),
        (body(r#""default_tax_rates":[{"id":"txr_1"}],"#, "", "licensed"), false),
        (body(r#""automatic_tax":{"enabled":true,"liability":null},"#, "", "licensed"), false),
        (body("", r#""discounts":["di_1"],"#, "licensed"), false),
        (body("", r#""tax_rates":[{"id":"txr_1"}],"#, "licensed"), false),
        (body("", "", "metered"), false),
    ];
    for (body, expected) in cases {
        let server = Server::script([Reply::ok(&body)]).await;
        let found = stripe(&server).reader().subscription(&id("sub_1")).await.unwrap().value.unwrap();
        assert_eq!(found.charges_its_prices(), expected, "{body}");
        assert_eq!(found.cancellation_details.reason, Some(CancellationReason::PaymentFailed));
    }
}

#[tokio::test]
async fn a_reader_that_remembers_asks_once_and_the_one_it_was_made_from_each_time() {
    let server = Server::with(|_| page(&[customer("cus_1")], r#""has_more":false"#)).await;
    let stripe = stripe(&server);
    let remembering = stripe.reader().remembering(1 << 20, Duration::from_mins(10));
    for _ in 0..3 {
        for address in ["a@b.example", "A@b.example"] {
            let got = remembering.clone().customers_by_email(address).await.unwrap();
            assert_eq!(got.value.items.len(), 1);
        }
    }
    assert_eq!(server.asked().len(), 2);
    for _ in 0..3 {
        stripe.reader().customers_by_email("a@b.example").await.unwrap();
    }
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn what_is_remembered_is_forgotten_in_time_and_when_there_is_more() {
    let server = Server::with(|_| page(&[customer("cus_1")], r#""has_more":false"#)).await;
    let stripe = stripe(&server);
    let at_once = stripe.reader().remembering(1 << 20, Duration::ZERO);
    let small = stripe.reader().remembering(1_000, Duration::from_mins(10));
    for reader in [at_once, small] {
        let before = server.asked().len();
        for number in (0..20).chain([0]) {
            reader.customers_by_email(&format!("{number}@b.example")).await.unwrap();
        }
        assert_eq!(server.asked().len() - before, 21);
    }
}

#[tokio::test]
async fn a_reader_that_notes_names_each_call_also_one_that_failed() {
    let server = Server::script([
        page(&[customer("cus_1")], r#""has_more":false"#).with("request-id", "req_1"),
        Reply::status(401, refusal("invalid_request_error", None, "Invalid API Key provided")),
    ])
    .await;
    let notes = Notes::default();
    let reader = stripe(&server).reader().noting(&notes);
    reader.customers_by_email("a@b.example").await.unwrap();
    reader.clone().customers_by_email("a@b.example").await.unwrap_err();
    let calls = notes.calls();
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.endpoint.template(),
                call.request_id.as_ref().map(RequestId::as_str),
                call.failure.is_some(),
            )
        })
        .collect();
    assert_eq!(told, [("GET /v1/customers", Some("req_1"), false), ("GET /v1/customers", None, true)]);
}
