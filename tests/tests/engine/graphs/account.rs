//! An account with people in it: what each of them owns looks like what the others own.

use domain::Currency;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::stock::{Stock, with};

/// What several people paid, on the same days, with cards of the same ending.
const COMMON_AMOUNTS: [i64; 3] = [4_900, 2_900, 1_900];
const DAYS: [&str; 6] = ["-2d", "-3d", "-3d", "-10d", "-40d", "-100d"];
const ENDINGS: [&str; 4] = ["4242", "4242", "1881", "0005"];
const SERIES: [&str; 3] = ["QRST7001", "QRST7002", "LMNO7001"];
/// In cents, below the limit of a refund; no two people share one.
const FIRST_OWN_AMOUNT: i64 = 3_011;
const OWN_STEP: i64 = 13;
const ABOVE_THE_LIMIT: i64 = 20_000;

/// Somebody with an address. Some are customers, some guests, some neither.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// In lower case.
    pub(super) address: String,
    pub(super) name: String,
}

/// An object and whose it is; what belongs to nobody may be shown to nobody.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) section: &'static str,
    pub(super) object: Value,
    pub(super) owner: Option<usize>,
}

/// The people and their things, in the order of the seed.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) people: Vec<Person>,
    pub(super) things: Vec<Thing>,
}

impl Account {
    pub(super) fn generated(seed: u64) -> Self {
        let mut making =
            Making { dice: Dice::seeded(seed), seed, made: 0, own_amounts: 0, things: Vec::new() };
        let people = making.people();
        for (number, person) in people.iter().enumerate() {
            making.belongings(number, person);
        }
        Self { people, things: making.things }
    }

    /// Everything, as a seed for Stripe.
    pub(super) fn stock(&self) -> Stock {
        self.stock_of(|_| true)
    }

    /// The account as if only this person had ever paid there.
    pub(super) fn only_of(&self, person: usize) -> Stock {
        self.stock_of(|thing| thing.owner == Some(person))
    }

    fn stock_of(&self, keeps: impl Fn(&Thing) -> bool) -> Stock {
        let kept = self.things.iter().filter(|thing| keeps(thing));
        kept.fold(Stock::with_prices().portal(), |stock, thing| {
            stock.has(thing.section, thing.object.clone())
        })
    }

    /// A field of every object of a section whose owner is wanted.
    pub(super) fn texts(&self, section: &str, field: &str, of: impl Fn(Option<usize>) -> bool) -> Vec<&str> {
        let things = self.things.iter().filter(|thing| thing.section == section && of(thing.owner));
        things.filter_map(|thing| thing.object.get(field)?.as_str()).collect()
    }
}

struct Making {
    dice: Dice,
    seed: u64,
    made: u64,
    own_amounts: i64,
    things: Vec<Thing>,
}

impl Making {
    fn people(&mut self) -> Vec<Person> {
        let family: String = (0..4).map(|_| self.syllable()).collect();
        let first = format!("mara.{family}@firm.example");
        let alike = [
            format!("mara.{family}+news@firm.example"),
            format!("mara{family}@firm.example"),
            format!("mara.{family}@firm.example.net"),
            format!("mara.{family}@frim.example"),
            format!("otto.{family}@firm.example"),
            format!("mara.{family}x@firm.example"),
        ];
        let count = 2 + self.dice.index(3);
        let mut others: Vec<String> = alike.to_vec();
        self.dice.shuffle(&mut others);
        let addresses = std::iter::once(first).chain(others.into_iter().take(count));
        addresses.map(|address| Person { address, name: self.name() }).collect()
    }

    fn syllable(&mut self) -> &'static str {
        const SYLLABLES: [&str; 10] = ["bra", "cli", "dro", "fen", "gus", "hil", "jor", "kel", "lum", "nev"];
        self.dice.pick::<&'static str>(&SYLLABLES)
    }

    /// Found nowhere else.
    fn name(&mut self) -> String {
        let own: String = (0..6).map(|_| self.syllable()).collect();
        format!("Zz{own}")
    }

    fn belongings(&mut self, number: usize, person: &Person) {
        let customers = *self.dice.pick(&[0, 1, 1, 1, 1, 1, 2, 3]);
        for _ in 0..customers {
            let customer = self.customer(number, person);
            self.purchases(number, person, &customer);
        }
        if self.dice.one_in(3) {
            let gone = self.id("cus_");
            let object = json!({"id": gone, "email": person.address, "deleted": true, "created": "-300d"});
            self.put("customers", None, object);
            self.charge(None, person, json!({"customer": gone}));
        }
        if customers == 0 || self.dice.one_in(3) {
            for _ in 0..=self.dice.index(2) {
                let guest = self.guest(person);
                self.charge(Some(number), person, guest);
            }
        }
    }

    fn customer(&mut self, number: usize, person: &Person) -> String {
        let id = self.id("cus_");
        let email = self.spelled(&person.address);
        let created = *self.dice.pick(&["-400d", "-200d", "-200d", "-20d"]);
        let object = json!({"id": id, "email": email, "name": person.name, "created": created});
        self.put("customers", Some(number), object);
        id
    }

    fn guest(&mut self, person: &Person) -> Value {
        let email = self.spelled(&person.address);
        let billing = json!({"name": person.name, "email": email});
        match self.dice.index(3) {
            0 => json!({"customer": null, "billing_details": billing}),
            1 => json!({"customer": null, "receipt_email": email}),
            _ => json!({"customer": null, "billing_details": billing, "receipt_email": email}),
        }
    }

    fn purchases(&mut self, number: usize, person: &Person, customer: &str) {
        for _ in 0..self.dice.index(4) {
            let billing = json!({"name": person.name, "email": person.address});
            self.charge(Some(number), person, json!({"customer": customer, "billing_details": billing}));
        }
        for _ in 0..self.dice.index(3) {
            self.invoice(number, person, customer);
        }
        for _ in 0..*self.dice.pick(&[0, 1, 1, 1, 2]) {
            self.subscription(number, customer);
        }
    }

    fn charge(&mut self, owner: Option<usize>, person: &Person, special: Value) -> String {
        let id = self.id("ch_");
        let (amount, currency) =
            (self.amount(), *self.dice.pick(&["eur", "eur", "eur", "eur", "usd", "jpy", "sek"]));
        let last4 = *self.dice.pick(&ENDINGS);
        let created = *self.dice.pick(&DAYS);
        let card = json!({"type": "card", "card": {"brand": "visa", "last4": last4, "exp_month": 11, "exp_year": 2028}});
        let plain = json!({"id": id, "amount": amount, "currency": currency, "created": created,
            "description": person.name, "payment_method_details": card,
            "receipt_url": format!("https://pay.stripe.com/receipts/{id}")});
        let mut object = with(plain, special);
        if self.dice.one_in(2) && owner.is_some() {
            let intent = self.intent(owner, &object);
            object = with(object, json!({"payment_intent": intent}));
        }
        match self.dice.index(16) {
            0 => object = with(object, json!({"status": "failed"})),
            1 => object = with(object, json!({"status": "pending", "captured": false})),
            2 => object = with(object, json!({"captured": false, "amount_captured": 0})),
            3 | 4 => self.refund(owner, &object, amount),
            5 | 6 => self.refund(owner, &object, 1_000),
            7 => self.dispute(owner, &object, "needs_response", false),
            8 => self.dispute(owner, &object, "warning_needs_response", true),
            _ => {}
        }
        self.put("charges", owner, object);
        id
    }

    fn intent(&mut self, owner: Option<usize>, charge: &Value) -> String {
        let id = self.id("pi_");
        let object = json!({"id": id, "customer": charge.get("customer"), "amount": charge.get("amount"),
            "currency": charge.get("currency"), "status": "succeeded", "created": charge.get("created")});
        self.put("payment_intents", owner, object);
        id
    }

    fn refund(&mut self, owner: Option<usize>, charge: &Value, amount: i64) {
        let id = self.id("re_");
        let object = json!({"id": id, "charge": charge.get("id"), "amount": amount, "created": "-1d"});
        self.put("refunds", owner, object);
    }

    fn dispute(&mut self, owner: Option<usize>, charge: &Value, status: &str, refundable: bool) {
        let id = self.id("du_");
        let object = json!({"id": id, "charge": charge.get("id"), "amount": charge.get("amount"),
            "currency": charge.get("currency"), "status": status, "reason": "general",
            "is_charge_refundable": refundable, "created": "-1d"});
        self.put("disputes", owner, object);
    }

    /// Most are paid, by a charge of their own.
    fn invoice(&mut self, number: usize, person: &Person, customer: &str) {
        let (id, amount) = (self.id("in_"), self.amount());
        let status = *self.dice.pick(&["paid", "paid", "paid", "open", "draft", "void", "uncollectible"]);
        let (series, created) = (*self.dice.pick(&SERIES), *self.dice.pick(&DAYS));
        let numbered = format!("{series}-{:04}", self.made);
        let url = format!("https://invoice.stripe.com/i/{id}");
        let object = json!({"id": id, "number": numbered, "customer": customer, "status": status,
            "currency": "eur", "total": amount, "created": created, "customer_name": person.name,
            "customer_email": person.address, "hosted_invoice_url": url});
        self.put("invoices", Some(number), object);
        if status == "paid" {
            let paid_by = json!({"id": self.id("ch_"), "customer": customer, "amount": amount, "currency": "eur",
                "created": created, "payment_method_details":
                    {"type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2029}}});
            let payment = json!({"id": self.id("inpay_"), "invoice": id, "amount_paid": amount,
                "amount_requested": amount, "currency": "eur", "status": "paid", "created": created,
                "payment": {"type": "charge", "charge": paid_by.get("id")}});
            self.put("charges", Some(number), paid_by);
            self.put("invoice_payments", Some(number), payment);
        }
    }

    fn subscription(&mut self, number: usize, customer: &str) {
        let id = self.id("sub_");
        let item =
            json!({"price": "price_month", "current_period_start": "-12d", "current_period_end": "+18d"});
        let yearly =
            json!({"price": "price_year", "current_period_start": "-100d", "current_period_end": "+265d"});
        let plain =
            json!({"id": id, "customer": customer, "status": "active", "created": "-100d", "items": [item]});
        let special = match self.dice.index(14) {
            0 => json!({"status": "canceled", "ended_at": "-30d", "canceled_at": "-30d"}),
            1 => json!({"status": "trialing", "trial_start": "-4d", "trial_end": "+10d"}),
            2 => json!({"status": "past_due"}),
            3 => json!({"status": "unpaid"}),
            4 => json!({"status": "incomplete"}),
            5 => json!({"status": "incomplete_expired"}),
            6 => json!({"status": "paused"}),
            7 => json!({"cancel_at_period_end": true}),
            8 => json!({"schedule": "sub_sched_7"}),
            9 => json!({"items": [item, yearly]}),
            _ => json!({}),
        };
        self.put("subscriptions", Some(number), with(plain, special));
    }

    /// Half of the amounts are what others paid as well.
    fn amount(&mut self) -> i64 {
        if self.dice.one_in(2) {
            return *self.dice.pick(&COMMON_AMOUNTS);
        }
        self.own_amounts += 1;
        let own = FIRST_OWN_AMOUNT + OWN_STEP * self.own_amounts;
        if self.dice.one_in(6) { own + ABOVE_THE_LIMIT } else { own }
    }

    /// The address as somebody may have typed it into a form.
    fn spelled(&mut self, address: &str) -> String {
        match self.dice.index(4) {
            0 => address.to_uppercase(),
            1 => address.replacen('m', "M", 1),
            _ => address.to_owned(),
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{:03}g{:02}k{:05}", self.made, self.seed, self.dice.below(100_000))
    }

    fn put(&mut self, section: &'static str, owner: Option<usize>, object: Value) {
        self.things.push(Thing { section, object, owner });
    }
}

/// Whether so much was paid by one person only.
pub(super) fn is_one_persons(minor: i64) -> bool {
    minor > 0 && !COMMON_AMOUNTS.contains(&minor)
}

/// How an amount may be written out.
pub(super) fn written_out(minor: i64) -> Vec<String> {
    let grouped = |whole: i64| {
        if whole < 1_000 { whole.to_string() } else { format!("{},{:03}", whole / 1_000, whole % 1_000) }
    };
    let decimals = format!("{}.{:02}", grouped(minor / 100), minor % 100);
    vec![minor.to_string(), decimals, grouped(minor)]
}

/// The amount as a customer writes it into a mail.
pub(super) fn asked_as(minor: i64, currency: Currency) -> String {
    if currency == Currency::JPY {
        return format!("{minor} JPY");
    }
    format!("{}.{:02} {}", minor / 100, minor % 100, currency.as_str().to_uppercase())
}
