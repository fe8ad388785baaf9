//! Every setting there is: its name, its default, and what it is for.
//!
//! The same list names the keys of the file (`amqp.url`), the environment (`POSTILL_AMQP_URL`) and `--set amqp.url=…`, so that none of
//! the three can know a setting the others do not.

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The dotted name: the key in the file.
    pub(crate) key: &'static str,
    /// The value when nothing is said; `None` when there is none.
    pub(crate) default: Option<&'static str>,
    /// Whether the value must be masked.
    pub(crate) secrecy: Secrecy,
    /// What it is for, and why it has the default it has.
    pub(crate) doc: &'static str,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// It may.
    Open,
    /// It is masked; the environment may also name a file that holds it (`…_FILE`).
    Secret,
}

pub(crate) const WORKSPACE: &str = "workspace";
pub(crate) const AMQP_URL: &str = "amqp.url";
pub(crate) const AMQP_PREFIX: &str = "amqp.prefix";
pub(crate) const AMQP_PREFETCH: &str = "amqp.prefetch";
pub(crate) const AMQP_DECLARE: &str = "amqp.declare";
pub(crate) const DATABASE_URL: &str = "database.url";
pub(crate) const DATABASE_CONNECTIONS: &str = "database.connections";
pub(crate) const MASTER_KEY: &str = "master_key";
pub(crate) const MASTER_KEY_BEFORE: &str = "master_key_before";
pub(crate) const STRIPE_KEY: &str = "stripe.key";
pub(crate) const STRIPE_URL: &str = "stripe.url";
pub(crate) const STRIPE_ALLOW_LIVE: &str = "stripe.allow_live";
pub(crate) const STRIPE_RATE: &str = "stripe.requests_per_second";
pub(crate) const STRIPE_TIMEOUT: &str = "stripe.timeout_ms";
pub(crate) const STRIPE_DEADLINE: &str = "stripe.deadline_ms";
pub(crate) const MAIL_AUTHSERV_IDS: &str = "mail.trusted_authserv_ids";
pub(crate) const MAIL_MICROSOFT: &str = "mail.microsoft_365";
pub(crate) const MAIL_ARC_SEALERS: &str = "mail.arc_sealers";
pub(crate) const MAIL_OWN_HOSTS: &str = "mail.own_hosts";
pub(crate) const MAIL_OWN_ADDRESSES: &str = "mail.own_addresses";
pub(crate) const MAIL_PRODUCERS: &str = "mail.trusted_producers";
pub(crate) const MAIL_VERIFY_DKIM: &str = "mail.verify_dkim";
pub(crate) const MAIL_DNS_SERVERS: &str = "mail.dns_servers";
pub(crate) const MAIL_DNS_TIMEOUT: &str = "mail.dns_timeout_ms";
pub(crate) const MAIL_MAX_BYTES: &str = "mail.max_bytes";
pub(crate) const INGEST_TOKEN: &str = "ingest.token";
pub(crate) const INGEST_MAILGUN_KEY: &str = "ingest.mailgun_signing_key";
pub(crate) const INGEST_IN_FLIGHT: &str = "ingest.in_flight";
pub(crate) const INGEST_READ: &str = "ingest.read_seconds";
pub(crate) const INGEST_S3_REGION: &str = "ingest.s3_region";
pub(crate) const INGEST_S3_ACCESS_KEY: &str = "ingest.s3_access_key";
pub(crate) const INGEST_S3_SECRET_KEY: &str = "ingest.s3_secret_key";
pub(crate) const INGEST_S3_ENDPOINT: &str = "ingest.s3_endpoint";
pub(crate) const CLASSIFIER_MODEL_FILE: &str = "classifier.model_file";
pub(crate) const LANGUAGE_MODEL_URL: &str = "language_model.url";
pub(crate) const LANGUAGE_MODEL_MODEL: &str = "language_model.model";
pub(crate) const LANGUAGE_MODEL_API_KEY: &str = "language_model.api_key";
pub(crate) const LANGUAGE_MODEL_CONNECT_TIMEOUT: &str = "language_model.connect_timeout_ms";
pub(crate) const LANGUAGE_MODEL_TIMEOUT: &str = "language_model.timeout_ms";
pub(crate) const LANGUAGE_MODEL_CONCURRENCY: &str = "language_model.concurrency";
pub(crate) const LANGUAGE_MODEL_CALLS: &str = "language_model.calls_per_hour";
pub(crate) const LANGUAGE_MODEL_TOKENS: &str = "language_model.tokens_per_day";
pub(crate) const LANGUAGE_MODEL_WORKSPACE_CALLS: &str = "language_model.workspace_calls_per_hour";
pub(crate) const LANGUAGE_MODEL_WORKSPACE_TOKENS: &str = "language_model.workspace_tokens_per_day";
pub(crate) const LANGUAGE_MODEL_FAILURES: &str = "language_model.breaker_failures";
pub(crate) const LANGUAGE_MODEL_PAUSE: &str = "language_model.breaker_pause_seconds";
pub(crate) const LANGUAGE_MODEL_REPLAY: &str = "language_model.replay";
pub(crate) const POLICY_REFUND_LIMIT: &str = "policy.refund.limit";
pub(crate) const POLICY_REFUND_WINDOW: &str = "policy.refund.window_days";
pub(crate) const POLICY_REFUND_CUSTOMER_DAY: &str = "policy.refund.day_limit_customer";
pub(crate) const POLICY_REFUND_WORKSPACE_DAY: &str = "policy.refund.day_limit_workspace";
pub(crate) const POLICY_REFUND_TWO_PERSONS: &str = "policy.refund.two_persons_above";
pub(crate) const POLICY_REFUND_ASSURANCE: &str = "policy.refund.assurance";
pub(crate) const POLICY_CANCEL_ASSURANCE: &str = "policy.cancel_subscription.assurance";
pub(crate) const POLICY_APPROVAL_EXPIRES: &str = "policy.approval.expires_hours";
pub(crate) const POLICY_FUNCTIONS: &str = "policy.functions.";
pub(crate) const POLICY_SENDER_MAILS: &str = "policy.sender.mails_per_hour";
pub(crate) const RETENTION_DAYS: &str = "retention.days";
pub(crate) const HALT_FILE: &str = "halt.file";
pub(crate) const CONSOLE_BIND: &str = "console.bind";
pub(crate) const CONSOLE_HTTPS: &str = "console.https";
pub(crate) const CONSOLE_PROXIES: &str = "console.proxies";
pub(crate) const CONSOLE_IDLE: &str = "console.idle_minutes";
pub(crate) const CONSOLE_LASTS: &str = "console.session_hours";
pub(crate) const CONSOLE_REPORT_BYTES: &str = "console.report_bytes";
pub(crate) const WORKER_IN_FLIGHT: &str = "worker.in_flight";
pub(crate) const WORKER_IN_FLIGHT_BYTES: &str = "worker.in_flight_bytes";
pub(crate) const WORKER_WORKSPACE_PERCENT: &str = "worker.workspace_percent";
pub(crate) const WORKER_LEASE: &str = "worker.lease_seconds";
pub(crate) const WORKER_GRACE: &str = "worker.grace_seconds";
pub(crate) const WORKER_CRASH_LIMIT: &str = "worker.crash_limit";
pub(crate) const OBSERVE_BIND: &str = "observe.bind";
pub(crate) const OTLP_ENDPOINT: &str = "otlp.endpoint";
pub(crate) const OTLP_ONE_IN: &str = "otlp.one_in";
pub(crate) const LOG_FILTER: &str = "log.filter";
pub(crate) const LOG_FORMAT: &str = "log.format";

const fn open(key: &'static str, default: &'static str, doc: &'static str) -> Setting {
    Setting { key, default: Some(default), secrecy: Secrecy::Open, doc }
}

const fn unset(key: &'static str, doc: &'static str) -> Setting {
    Setting { key, default: None, secrecy: Secrecy::Open, doc }
}

const fn secret(key: &'static str, default: Option<&'static str>, doc: &'static str) -> Setting {
    Setting { key, default, secrecy: Secrecy::Secret, doc }
}

/// Every setting, in the order it is shown.
pub(crate) const SETTINGS: &[Setting] = &[
    open(WORKSPACE, "default", "The workspace of mail that names none."),
    secret(AMQP_URL, Some("amqp://guest:guest@127.0.0.1:5672/%2f"), "Where RabbitMQ is."),
    open(AMQP_PREFIX, "postill", "What the names of exchanges and queues start with."),
    open(
        AMQP_PREFETCH,
        "500",
        "Unacknowledged mails per worker and queue, at most; worker.in_flight_bytes bounds their size.",
    ),
    open(
        AMQP_DECLARE,
        "off",
        "Whether the worker may declare missing queues itself; otherwise run `postill topology apply`.",
    ),
    secret(
        DATABASE_URL,
        Some("sqlite:postill.db"),
        "The ledger: sqlite:PATH on one machine, postgres://… for several workers.",
    ),
    open(
        DATABASE_CONNECTIONS,
        "8",
        "Connections to PostgreSQL per process; SQLite has one writer whatever this says.",
    ),
    secret(
        MASTER_KEY,
        None,
        "32 bytes in base64 or hexadecimal; Stripe keys in the ledger are sealed with it. Unset with SQLite, it lies in a file beside it.",
    ),
    secret(
        MASTER_KEY_BEFORE,
        None,
        "The master key of before, while keys are sealed anew with the one above: it opens, and seals nothing. Give every worker and \
         console the new key and this one first: a worker without the new key cannot open what was sealed with it, and its mails end as \
         not_connected, in the dead queue. Then, in the console under Settings, “Seal anew” seals all stored keys with the new one; take this away when `postill doctor` names no key that it opens.",
    ),
    secret(
        STRIPE_KEY,
        None,
        "The secret or restricted key of the default workspace; goes before one stored by `postill connect`.",
    ),
    open(
        STRIPE_URL,
        "https://api.stripe.com",
        "Where Stripe is: https, or http for a stand-in on loopback, since the key goes there.",
    ),
    open(
        STRIPE_ALLOW_LIVE,
        "off",
        "The second switch for live keys: without it only test keys are accepted.",
    ),
    unset(
        STRIPE_RATE,
        "Requests a second to a stand-in for Stripe; unset, Stripe's own limits are kept (100 live, 25 test).",
    ),
    open(STRIPE_TIMEOUT, "10000", "How long one request to Stripe may take, in milliseconds."),
    open(STRIPE_DEADLINE, "30000", "How long one request may take with all its retries, in milliseconds."),
    open(
        MAIL_AUTHSERV_IDS,
        "",
        "Names of mail servers whose Authentication-Results are believed. None: nobody is authenticated.",
    ),
    open(
        MAIL_MICROSOFT,
        "off",
        "Whether mail is read from Exchange Online, whose results bear no name and are believed by their place.",
    ),
    open(
        MAIL_ARC_SEALERS,
        "",
        "Forwarders whose ARC seal makes a sender weakly believed, by domain. Never enough for money.",
    ),
    open(MAIL_OWN_HOSTS, "", "Hosts that add Received fields on top of those of the trusted server."),
    open(MAIL_OWN_ADDRESSES, "", "The business's own addresses: mail from them is never answered."),
    open(
        MAIL_PRODUCERS,
        "",
        "Producers whose verdict in the message (`auth`) is believed: own ones by their name, and ses, sendgrid.",
    ),
    open(
        MAIL_VERIFY_DKIM,
        "off",
        "Verify signatures ourselves, with keys from DNS, where no mail server does it. Off: a verdict of one that saw the mail arrive is worth more.",
    ),
    unset(
        MAIL_DNS_SERVERS,
        "Name servers for that, as 127.0.0.1 or 127.0.0.1:53; those of the system when unset. Use one that validates DNSSEC.",
    ),
    open(
        MAIL_DNS_TIMEOUT,
        "4000",
        "How long one question to DNS may take, tries included. Nobody is authenticated by an answer that does not come; a mail waits three times as long at most.",
    ),
    open(MAIL_MAX_BYTES, "16777216", "The largest mail that is read; RabbitMQ 4 allows no larger message."),
    secret(
        INGEST_TOKEN,
        None,
        "What a provider must show to post mail to `postill ingest --http`: as Bearer, or as the password in the URL. At least 16 characters.",
    ),
    secret(
        INGEST_MAILGUN_KEY,
        None,
        "Mailgun's HTTP webhook signing key; with it, posts of Mailgun must be signed besides.",
    ),
    open(
        INGEST_IN_FLIGHT,
        "8",
        "Posts read at the same time. Bounds memory: each may take a few times mail.max_bytes.",
    ),
    open(INGEST_READ, "30", "How long the body of a post may take to arrive, in seconds."),
    unset(
        INGEST_S3_REGION,
        "Region of the bucket in which SES stores mail, to fetch what a notification only refers to.",
    ),
    unset(INGEST_S3_ACCESS_KEY, "Access key that may read that bucket."),
    secret(INGEST_S3_SECRET_KEY, None, "The secret to that access key."),
    unset(
        INGEST_S3_ENDPOINT,
        "Another store that speaks S3, as in https://s3.example; Amazon's in that region when unset.",
    ),
    unset(
        CLASSIFIER_MODEL_FILE,
        "A model that `postill train` wrote, to read mail with. Unset: the one in the binary.",
    ),
    unset(
        LANGUAGE_MODEL_URL,
        "An OpenAI-compatible API, as https://host/v1 or http://127.0.0.1:11434/v1, asked where the classifier is not sure. The words of such \
         mails go there, redacted and without addresses. Its answer can start a look-up, never money or anything else that changes Stripe. \
         Unset: nobody is asked.",
    ),
    unset(LANGUAGE_MODEL_MODEL, "The model, as that API names it."),
    secret(LANGUAGE_MODEL_API_KEY, None, "The key of that API; servers on one's own machine need none."),
    open(
        LANGUAGE_MODEL_CONNECT_TIMEOUT,
        "1000",
        "How long a connection to it may take to stand, in milliseconds.",
    ),
    open(
        LANGUAGE_MODEL_TIMEOUT,
        "5000",
        "How long a mail waits for its answer, in milliseconds. There is one try: without an answer the classifier's stands.",
    ),
    open(
        LANGUAGE_MODEL_CONCURRENCY,
        "8",
        "Mails that may wait for it at the same time; one more is not asked about. Far below worker.in_flight, so that a slow model holds up \
         few mails.",
    ),
    open(
        LANGUAGE_MODEL_CALLS,
        "1000",
        "Calls an hour by this process, whatever mail comes in: what a flood can cost.",
    ),
    open(
        LANGUAGE_MODEL_TOKENS,
        "4000000",
        "Tokens a day by this process: some six thousand mails of usual length. A call counts with the most it can cost until its cost is known.",
    ),
    open(
        LANGUAGE_MODEL_WORKSPACE_CALLS,
        "300",
        "Calls an hour for one workspace, so that a flood in one leaves something for the others.",
    ),
    open(LANGUAGE_MODEL_WORKSPACE_TOKENS, "1000000", "Tokens a day for one workspace, for the same reason."),
    open(
        LANGUAGE_MODEL_FAILURES,
        "5",
        "After so many failures in a row it is left alone; fewer would be a bad minute of any network.",
    ),
    open(
        LANGUAGE_MODEL_PAUSE,
        "30",
        "For so many seconds; then one mail tries it. A server that answers 429 with Retry-After gets that, an hour at most.",
    ),
    open(
        LANGUAGE_MODEL_REPLAY,
        "off",
        "Whether it is asked in replays and load tests too. Archives are large, and each mail costs.",
    ),
    open(
        "policy.functions.invoice_lookup",
        "on",
        "Look up invoices and payment history: on, off or approval.",
    ),
    open("policy.functions.subscription_status", "on", "Check subscription status."),
    open("policy.functions.payment_status", "on", "Check payment or charge status."),
    open("policy.functions.refund", "off", "Refund, full or partial. Moves money: off until switched on."),
    open("policy.functions.payment_link", "on", "Create a payment link."),
    open("policy.functions.portal_link", "on", "Create a customer-portal link."),
    open(
        "policy.functions.cancel_subscription",
        "off",
        "Cancel a subscription at period end. Off until switched on.",
    ),
    open(
        POLICY_REFUND_LIMIT,
        "",
        "The most refunded without a person, per mail: `eur = \"100.00\"`, or eur=100.00,usd=120.00.",
    ),
    open(POLICY_REFUND_WINDOW, "90", "Days after a charge in which a refund needs no person."),
    open(
        POLICY_REFUND_CUSTOMER_DAY,
        "",
        "The most refunded to one customer within 24 hours without a person, by currency; against many small requests. Empty: no such limit.",
    ),
    open(
        POLICY_REFUND_WORKSPACE_DAY,
        "",
        "The most refunded to all customers within 24 hours without a person, by currency: what a mistake can cost. The refund that would pass it \
         waits, and so do all after it until `postill resume`. Empty: no such limit.",
    ),
    open(
        POLICY_REFUND_TWO_PERSONS,
        "",
        "Above this amount two persons have to allow a refund, by currency. Empty: one is always enough.",
    ),
    open(
        POLICY_REFUND_ASSURANCE,
        "authenticated",
        "What a refund without a person asks of its sender: authenticated, or confirmed, which is authenticated with an invoice number or the last \
         four digits of the card in the mail.",
    ),
    open(
        POLICY_CANCEL_ASSURANCE,
        "authenticated",
        "The same for cancellations. They can be undone until the period ends, so they need less than refunds.",
    ),
    open(
        POLICY_APPROVAL_EXPIRES,
        "72",
        "Hours in which a person has to decide about what waits; 72, so that a request of Friday evening lives until Monday.",
    ),
    open(
        POLICY_SENDER_MAILS,
        "20",
        "Mails of one sender answered within an hour; the rest goes to a person. More than a customer writes, less than two programs do that answer each other. 0 or off: all are answered.",
    ),
    unset(
        RETENTION_DAYS,
        "Days after which a worker forgets what an ended mail's drafts, action and approval hold of the customer. Ids, outcomes, amounts and times \
         stay, so that a mail that comes again is known and nothing is done twice; for it no draft is published again. At least 35: until then a \
         change may have to be looked up, or taken back. Unset: nothing is forgotten.",
    ),
    unset(
        HALT_FILE,
        "A kill switch without the ledger: while this file exists nothing is changed at Stripe, and while FILE.WORKSPACE does, nothing of \
         that workspace. An absolute path, the same wherever a worker starts, as in /run/postill/halt. Unset: only `postill halt`.",
    ),
    open(
        CONSOLE_BIND,
        "127.0.0.1:8420",
        "Where `postill console` listens. Anything but this machine itself belongs behind a proxy that speaks HTTPS.",
    ),
    open(
        CONSOLE_HTTPS,
        "off",
        "Whether browsers reach the console over HTTPS, by a proxy before it: its cookie is then sent over HTTPS only.",
    ),
    open(
        CONSOLE_PROXIES,
        "",
        "Proxies before the console whose X-Forwarded-For is believed, as 10.0.0.7 or 10.0.0.0/8. Failed sign-ins are counted by address: without \
         this, one who guesses behind the proxy keeps everybody out.",
    ),
    open(
        CONSOLE_IDLE,
        "120",
        "Minutes after which a sign-in that is not used ends: who goes home does not leave the till open.",
    ),
    open(CONSOLE_LASTS, "12", "Hours after which a sign-in ends, used or not: a working day."),
    open(
        CONSOLE_REPORT_BYTES,
        "4194304",
        "The largest report of a replay that the console takes. 4 MiB: ours have some hundred kB, with a thousand changed mails listed, \
         and 200 of them are kept for a workspace at most.",
    ),
    open(
        WORKER_IN_FLIGHT,
        "256",
        "Mails worked on at the same time; the rest of the prefetch waits in memory. Stripe takes 100 requests a second of a live account, so a workspace \
         needs some 50; more are for several workspaces and for load tests. All of them count as attempted when the worker crashes.",
    ),
    open(
        WORKER_IN_FLIGHT_BYTES,
        "268435456",
        "Bytes of mail in hand, in even parts for live mail, replays and decisions; what has no room stays in the queue. 256 MiB: amqp.prefetch \
         mails of 170 kB each, while as many of the largest would be 12 GB. A mail larger than its part comes through alone. Reading a mail \
         takes a few times its size besides, while it is read.",
    ),
    open(
        WORKER_WORKSPACE_PERCENT,
        "75",
        "How much of what is worked on one workspace may have alone where several are connected, in percent, and replays beside live mail. The \
         rest is always free for whoever has nothing yet; what a slow workspace has beyond it waits in a retry queue. A quarter is free, \
         since quick workspaces need few slots.",
    ),
    open(
        WORKER_LEASE,
        "300",
        "How long a worker may hold a mail before another takes it over. Longer than Stripe's deadline by far.",
    ),
    open(
        WORKER_GRACE,
        "25",
        "How long a stopping worker finishes what it took; under the 30 s that orchestrators give.",
    ),
    open(
        WORKER_CRASH_LIMIT,
        "5",
        "How often a mail may be claimed and never settled before it counts as deadly.",
    ),
    unset(
        OBSERVE_BIND,
        "Where `postill worker` serves /livez, /readyz and /metrics over HTTP, as 127.0.0.1:9420, or 0.0.0.0:9420 where whoever asks is on \
         another machine. Unset: nowhere. Several workers may share a machine, and no port opens that nobody asked for. `postill console` and \
         `postill ingest --http` answer /livez and /readyz where they listen anyway.",
    ),
    unset(
        OTLP_ENDPOINT,
        "A collector that takes spans over OTLP/HTTP, as http://127.0.0.1:4318: one for each mail, with its stages and its requests to Stripe, and \
         nothing of what it says or who wrote it. A trace that a message came with goes on, in its draft too. Unset: none is made.",
    ),
    open(
        OTLP_ONE_IN,
        "1",
        "Of so many mails one is traced; a trace that a message came with is kept or not as whoever began it decided. A mail is some ten spans.",
    ),
    open(LOG_FILTER, "info", "What is logged, as in `info,stripe_client=debug`."),
    unset(LOG_FORMAT, "text or json; text on a terminal and json elsewhere when unset."),
];

/// The name of a setting in the environment.
pub(crate) fn environment_name(key: &str) -> String {
    format!("POSTILL_{}", key.replace('.', "_").to_uppercase())
}
