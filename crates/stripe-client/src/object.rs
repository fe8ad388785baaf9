//! Stripe's objects with only the fields in use.
//!
//! They decode from whatever Stripe adds later: unknown fields are ignored, unknown words of an enum land in its `Other`, a
//! reference to a kind of object that is not ours is `None`. Only an object's own id, its amounts and its dates have to be as documented.
//! Amounts are private, so that none is ever read without its currency.

mod charge;
mod customer;
pub(crate) mod decode;
mod destination;
mod invoice;
mod links;
mod payment;
mod refund;
mod subscription;

pub use charge::{BillingDetails, Charge, ChargeOutcome, ChargeStatus, PaymentMethodDetails};
pub use customer::{Card, Customer, PaymentMethod};
pub use decode::{FreeText, Link};
pub use destination::{Destination, ReferenceStatus, RefundWay};
pub use invoice::{
    Invoice, InvoiceDates, InvoicePayment, InvoicePaymentDates, InvoicePaymentStatus, InvoiceStatus, PaidBy,
};
pub use links::{LoginPage, PaymentLink, PortalConfiguration, PortalSession};
pub use payment::{
    BalanceTransaction, BalanceTransactionStatus, PaymentError, PaymentIntent, PaymentIntentStatus,
};
pub use refund::{PendingReason, Refund, RefundStatus};
pub use subscription::{
    CancellationDetails, CancellationReason, Interval, Price, Recurring, Subscription, SubscriptionItem,
    SubscriptionItems, SubscriptionStatus,
};
