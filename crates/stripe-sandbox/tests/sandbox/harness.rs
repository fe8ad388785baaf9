//! A running sandbox with a world, a clock that is set, and requests that read like the API's documentation.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use stripe_sandbox::{Config, Sandbox, Seed};

/// 2026-11-01T00:00:00Z: where the clock stands at the start.
pub(crate) const START: i64 = 1_793_491_200;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const SECRET: &str = "sk_test_secretABCD";
pub(crate) const LIVE: &str = "sk_live_secretABCD";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
    clock: Arc<AtomicI64>,
}

pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(shop()).await
    }

    pub(crate) async fn with(seed: Value) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let hand = Arc::clone(&clock);
        let config = Config::on_loopback(Arc::new(move || hand.load(Ordering::Relaxed)));
        let sandbox = Sandbox::start(config, Seed::from_json(&seed.to_string()).unwrap()).await.unwrap();
        // The client wants a TLS provider even for plain HTTP; only the first of the process is taken.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http, clock }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.url(path))
    }

    /// A GET with the secret test key; `path` carries its query.
    pub(crate) async fn get(&self, path: &str) -> Got {
        self.get_as(SECRET, path).await
    }

    pub(crate) async fn get_as(&self, key: &str, path: &str) -> Got {
        got(self.request("GET", path).bearer_auth(key)).await
    }

    /// A POST of an encoded form with the secret test key.
    pub(crate) async fn post(&self, path: &str, form: &str) -> Got {
        self.post_as(SECRET, path, form).await
    }

    pub(crate) async fn post_as(&self, key: &str, path: &str, form: &str) -> Got {
        got(self.form(path, form).bearer_auth(key)).await
    }

    pub(crate) async fn post_keyed(&self, idempotency_key: &str, path: &str, form: &str) -> Got {
        got(self.keyed(idempotency_key, path, form)).await
    }

    pub(crate) fn keyed(&self, idempotency_key: &str, path: &str, form: &str) -> reqwest::RequestBuilder {
        self.form(path, form).bearer_auth(SECRET).header("idempotency-key", idempotency_key)
    }

    pub(crate) fn form(&self, path: &str, form: &str) -> reqwest::RequestBuilder {
        let kind = "application/x-www-form-urlencoded";
        self.request("POST", path).header("content-type", kind).body(form.to_owned())
    }

    pub(crate) async fn fault(&self, rule: Value) {
        let added = got(self.request("POST", "/_sandbox/faults").body(rule.to_string())).await;
        assert_eq!(added.status, 200, "{}", added.body);
    }

    pub(crate) async fn objects(&self, kind: &str) -> Vec<Value> {
        let got = got(self.request("GET", &format!("/_sandbox/objects/{kind}"))).await;
        got.body["objects"].as_array().unwrap().clone()
    }

    pub(crate) async fn log(&self) -> Vec<Value> {
        let got = got(self.request("GET", "/_sandbox/requests")).await;
        got.body["requests"].as_array().unwrap().clone()
    }
}

pub(crate) async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.text().await.unwrap();
    Got { status, headers, body: serde_json::from_str(&body).unwrap() }
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.body["data"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Checks status, code and param, and returns the message.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: Option<&str>, param: Option<&str>) -> &str {
        let error = &self.body["error"];
        let found = (self.status, error["code"].as_str(), error["param"].as_str());
        assert_eq!(found, (status, code, param), "{}", self.body);
        error["message"].as_str().unwrap()
    }
}

/// A small shop: Ada has paid, refundable, disputed, failed and open charges, a subscription and invoices.
pub(crate) fn shop() -> Value {
    json!({
        "account": {"id": "acct_1shop", "default_currency": "usd", "country": "US"},
        "test": {
            "keys": [
                {"key": SECRET},
                {"key": "rk_test_chargesWXYZ", "permissions": ["rak_charge_read"]},
                {"key": "rk_test_refundsWXYZ", "permissions": ["rak_refund_write"]},
                {"key": "rk_test_nothingWXYZ"},
                {"key": "sk_test_expiredWXYZ", "expired": true}
            ],
            "customers": [
                {"id": "cus_ada", "email": "Ada@Example.com", "name": "Ada Lovelace", "created": "-400d",
                 "metadata": {"plan": "Gold"}},
                {"id": "cus_ada2", "email": "ada@example.com", "created": "-300d"},
                {"id": "cus_bob", "email": "bob@example.com", "created": "-200d"},
                {"id": "cus_gone", "deleted": true, "email": "gone@example.com", "created": "-500d"}
            ],
            "products": [{"id": "prod_tea", "name": "Tea"}],
            "prices": [
                {"id": "price_month", "product": "prod_tea", "unit_amount": 900, "recurring": {"interval": "month"}},
                {"id": "price_old", "product": "prod_tea", "unit_amount": 500, "active": false}
            ],
            "payment_methods": [
                {"id": "pm_ada", "customer": "cus_ada", "card": {"last4": "4242", "exp_month": 4, "exp_year": 2030}}
            ],
            "payment_intents": [
                {"id": "pi_paid", "customer": "cus_ada", "amount": 2500, "created": "-10d"},
                {"id": "pi_failed", "customer": "cus_ada", "amount": 2500, "created": "-9d",
                 "status": "requires_payment_method"}
            ],
            "charges": [
                {"id": "ch_paid", "customer": "cus_ada", "payment_intent": "pi_paid", "amount": 2500, "created": "-10d",
                 "payment_method": "pm_ada"},
                {"id": "ch_failed", "customer": "cus_ada", "payment_intent": "pi_failed", "amount": 2500,
                 "created": "-9d", "status": "failed"},
                {"id": "ch_partly", "customer": "cus_ada", "amount": 2500, "created": "-8d"},
                {"id": "ch_back", "customer": "cus_ada", "amount": 2500, "created": "-7d", "disputed": true},
                {"id": "ch_inquiry", "customer": "cus_ada", "amount": 2500, "created": "-6d"},
                {"id": "ch_held", "customer": "cus_ada", "amount": 2500, "created": "-5d", "captured": false},
                {"id": "ch_slow", "customer": "cus_bob", "amount": 2500, "created": "-4d",
                 "metadata": {"refund_behaviour": "pending"}},
                {"id": "ch_dead", "customer": "cus_bob", "amount": 2500, "created": "-3d",
                 "metadata": {"refund_behaviour": "failed"}},
                {"id": "ch_debit", "customer": "cus_bob", "amount": 2500, "created": "-2d",
                 "payment_method_details": {"type": "sepa_debit"}}
            ],
            "disputes": [{"id": "dp_1", "charge": "ch_inquiry", "amount": 2500, "status": "warning_needs_response"}],
            "refunds": [{"id": "re_old", "charge": "ch_partly", "amount": 1500, "created": "-7d"}],
            "subscriptions": [
                {"id": "sub_ada", "customer": "cus_ada", "created": "-90d",
                 "items": [{"price": "price_month", "current_period_end": "+18d"}]},
                {"id": "sub_over", "customer": "cus_ada", "created": "-300d", "status": "canceled",
                 "items": [{"price": "price_month", "current_period_end": "-100d"}]},
                {"id": "sub_plan", "customer": "cus_bob", "created": "-20d", "schedule": "sub_sched_1",
                 "items": [{"price": "price_month", "current_period_end": "+10d"}]}
            ],
            "invoices": [
                {"id": "in_paid", "customer": "cus_ada", "status": "paid", "total": 2500, "number": "A-0001",
                 "created": "-10d", "parent": {"subscription_details": {"subscription": "sub_ada"}}},
                {"id": "in_open", "customer": "cus_ada", "status": "open", "total": 900, "number": "A-0002",
                 "created": "-1d", "due_date": "+7d"},
                {"id": "in_draft", "customer": "cus_ada", "status": "draft", "total": 900, "created": "-1h"}
            ],
            "invoice_payments": [
                {"id": "inpay_1", "invoice": "in_paid", "amount_requested": 2500,
                 "payment": {"type": "payment_intent", "payment_intent": "pi_paid"}}
            ],
            "portal_configurations": [
                {"id": "bpc_1", "is_default": true,
                 "login_page": {"enabled": true, "url": "https://billing.stripe.com/p/login/x"}},
                {"id": "bpc_off", "active": false}
            ]
        },
        "live": {
            "keys": [{"key": LIVE}],
            "customers": [{"id": "cus_live", "email": "ada@example.com"}],
            "charges": [{"id": "ch_live", "customer": "cus_live", "amount": 100}]
        }
    })
}
