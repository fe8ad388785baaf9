//! What the shop has in Stripe when a test begins.

use serde_json::{Map, Value, json};
use tests::PERMISSIONS;

/// The customer whom most tests are about, and her address.
pub(crate) const ADA: &str = "ada@engines.example";
/// A customer who is somebody else.
pub(crate) const BOB: &str = "bob@difference.example";

/// The shop's key: it may do what postill needs and nothing else.
pub(crate) const KEY: &str = "rk_test_shop_of_the_tests_0001";
/// A key that may do all but refund.
pub(crate) const KEY_WITHOUT_REFUNDS: &str = "rk_test_shop_of_the_tests_0002";

/// The objects of a world, by section.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stock(Map<String, Value>);

impl Stock {
    /// Ada and Bob are customers, and own nothing.
    pub(crate) fn of_ada_and_bob() -> Self {
        Self::with_prices()
            .has("customers", json!({"id": "cus_ada", "email": ADA, "name": "Ada", "created": "-400d"}))
            .has("customers", json!({"id": "cus_bob", "email": BOB, "name": "Bob", "created": "-390d"}))
    }

    /// There is something to subscribe to, and nobody who does.
    pub(crate) fn with_prices() -> Self {
        Self::default()
            .has("products", json!({"id": "prod_1", "name": "Plan"}))
            .has("prices", price("price_month", 900, "month"))
            .has("prices", price("price_year", 9_900, "year"))
    }

    /// Adds an object to a section of the seed.
    pub(crate) fn has(mut self, section: &str, object: Value) -> Self {
        let list = self.0.entry(section).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(object);
        }
        self
    }

    /// A customer has another name.
    pub(crate) fn called(mut self, customer: &str, name: &str) -> Self {
        let customers = self.0.get_mut("customers").and_then(Value::as_array_mut).into_iter().flatten();
        for object in customers.filter(|object| object.get("id").and_then(Value::as_str) == Some(customer)) {
            *object = with(object.clone(), json!({"name": name}));
        }
        self
    }

    /// A charge of Ada's in euros that went through.
    pub(crate) fn charge(self, id: &str, minor: i64, created: &str) -> Self {
        self.charge_with(id, minor, created, json!({}))
    }

    /// A charge of Ada's that is special in some way.
    pub(crate) fn charge_with(self, id: &str, minor: i64, created: &str, special: Value) -> Self {
        self.has("charges", with(charge(id, minor, created), special))
    }

    /// An invoice of Ada's over so many cents.
    pub(crate) fn invoice(self, id: &str, number: &str, minor: i64, created: &str, special: Value) -> Self {
        let plain = json!({"id": id, "number": number, "customer": "cus_ada", "status": "paid", "currency": "eur",
            "total": minor, "created": created});
        self.has("invoices", with(plain, special))
    }

    /// A monthly subscription of Ada's, in the middle of its period.
    pub(crate) fn subscription(self, id: &str, special: Value) -> Self {
        let plain = json!({"id": id, "customer": "cus_ada", "status": "active", "created": "-100d",
            "items": [{"price": "price_month", "current_period_start": "-12d", "current_period_end": "+18d"}]});
        self.has("subscriptions", with(plain, special))
    }

    /// The portal is set up, with a login page.
    pub(crate) fn portal(self) -> Self {
        let login_page = json!({"enabled": true, "url": LOGIN_PAGE});
        let portal = json!({"id": "bpc_1", "is_default": true, "active": true, "login_page": login_page});
        self.has("portal_configurations", portal)
    }

    /// So many objects of a section, numbered from 0.
    pub(crate) fn has_many(self, section: &str, count: u32, object: impl Fn(u32) -> Value) -> Self {
        (0..count).fold(self, |stock, number| stock.has(section, object(number)))
    }

    /// The whole seed.
    pub(crate) fn seed(&self) -> Value {
        let mut test = self.0.clone();
        let but_refunds =
            PERMISSIONS.into_iter().filter(|slug| *slug != "rak_refund_write").collect::<Vec<_>>();
        let keys = json!([
            {"key": KEY, "permissions": PERMISSIONS},
            {"key": KEY_WITHOUT_REFUNDS, "permissions": but_refunds},
        ]);
        test.insert("keys".to_owned(), keys);
        json!({"account": {"id": "acct_1", "default_currency": "eur", "country": "DE"}, "test": test})
    }
}

/// The login page of [`Stock::portal`].
pub(crate) const LOGIN_PAGE: &str = "https://billing.stripe.com/p/login/shop";

fn charge(id: &str, minor: i64, created: &str) -> Value {
    let card = json!({"type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 11, "exp_year": 2028}});
    json!({"id": id, "customer": "cus_ada", "amount": minor, "currency": "eur", "created": created,
        "payment_method_details": card, "receipt_url": format!("https://pay.stripe.com/receipts/{id}")})
}

fn price(id: &str, minor: i64, interval: &str) -> Value {
    json!({"id": id, "product": "prod_1", "currency": "eur", "unit_amount": minor, "recurring": {"interval": interval}})
}

/// `plain` with the fields of `special` in place of its own.
pub(crate) fn with(mut plain: Value, special: Value) -> Value {
    if let (Some(plain), Value::Object(special)) = (plain.as_object_mut(), special) {
        plain.extend(special);
    }
    plain
}
