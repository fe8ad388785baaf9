//! English.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("Your invoice {number} of {} for {} has been paid.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("On your invoice {number}, {} is open, due on {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("On your invoice {number}, {} is open.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("Invoice {number} was voided. You owe nothing on it."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("Invoice {number} was not paid; {} is still open on it.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("The last attempt to charge it did not go through. The next attempt is on {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("It will be charged automatically on {}.", date(*on)),
        Saying::InvoiceLink { url } => format!("You can view and download the invoice here: {url}"),
        Saying::EarlierInvoices(lines) => list("Earlier invoices:", lines, |line| {
            let state = line.open.map_or_else(|| "paid".to_owned(), |open| format!("{} open", money(open)));
            format!("{} of {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "There are no invoices on your account yet.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Your payment of {} on {}{} went through.", money(*amount), date(*on), by_card(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Your payment of {}, made on {}, is still being processed by the bank.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Your payment of {} on {} is reserved, but has not been charged.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Your payment of {} from {} was called off. Nothing was charged for it.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Your payment of {} has not been made yet.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Your payment of {} on {} did not go through: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Your payment of {} is waiting for you to confirm it with your bank.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Here is the receipt: {url}"),
        Saying::NoPayments => "There are no payments on your account yet.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Your refund of {amount} was issued on {on}. Banks usually take 5–10 business days to show it."),
                RefundProgress::Pending => format!("Your refund of {amount} from {on} is on its way, but has not been completed yet."),
                RefundProgress::NeedsAction => format!("Your refund of {amount} from {on} needs something from you; you will have received a separate message about it."),
                RefundProgress::Failed => format!("Your refund of {amount} from {on} could not be delivered by the bank. A colleague will look into it."),
                RefundProgress::Canceled => format!("Your refund of {amount} from {on} was called off."),
            }
        }
        Saying::RefundReference { reference } => format!("Your bank can look for the refund under this reference number (ARN): {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("There are two payments of the same amount:", lines, |line| {
                format!("{} on {}{}", money(line.amount), date(line.on), by_card(line.card.as_deref()))
            });
            format!("{payments}\nIf one of them is a mistake, simply reply to this message, and a colleague will check it.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("Your bank has opened a dispute or an inquiry about the payment of {} on {}. A colleague will write to you.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" and renews on {}", date(next))).unwrap_or_default();
            format!("Your subscription{} is active{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Your subscription is active until {} and then ends. It will not renew.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Your trial runs until {}. After that your subscription{} begins.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Your subscription{} is running, but the last payment did not go through.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("The last invoice of your subscription{} has not been paid, and there will be no further attempt to charge it.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Your subscription is paused at the moment.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Your subscription ended on {}.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Your subscription has ended.".to_owned(),
        Saying::SubscriptionIncomplete => "Your subscription has not started yet: its first payment is missing.".to_owned(),
        Saying::NoSubscription => "There is no subscription on your account.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "We have issued a refund of {} for your payment of {}{}. Banks usually take 5–10 business days to show it.",
            money(*amount),
            date(*charged),
            to_card(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Your payment of {} was already refunded: {} in total.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("We have received your request for a refund of {}. A colleague will decide on it and write to you.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("We have looked at your request and cannot refund the {}. If you have a question about this, simply reply to this message.", money(*amount))
        }
        Saying::RequestExpired => "We have not been able to decide on your request in time, and we are sorry for that. A colleague will look into it and write to you.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Your payment of {}, made on {}, is still being processed by the bank. It can be refunded once the bank has completed it.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Your payment of {} on {} is only reserved and has not been charged, so there is nothing to refund.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("We have found your payment of {} on {}{}, which was made without an account.", money(*amount), date(*on), by_card(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("Which of these payments do you mean?", lines, |line| {
            format!("{} on {}{}", money(line.amount), date(line.on), by_card(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("Which amount should be refunded? At most {} is possible for this payment.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("At most {} can be refunded for this payment. Shall we refund that amount?", money(*most))
        }
        Saying::NothingRefundable => "There is no payment on your account that could be refunded.".to_owned(),
        Saying::ReferenceNotFound => {
            "We could not find the number you mention on your account. Could you check it, or tell us the date and amount?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("You can pay {} here: {url}", money(*amount)),
        Saying::NothingToPay => "There is nothing open on your account. Which amount, and what for, would you like to pay?".to_owned(),
        Saying::PortalSession { url } => format!("You can manage your account here. The link is personal and works for a short time only: {url}"),
        Saying::PortalLogin { url } => {
            format!("You can see your invoices and change your payment details yourself at any time, after signing in with your e-mail address: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => format!(
            "Your subscription will end on {}. You can use it until then, and it will not renew. Until then you can also change your mind: just write to us.",
            date(*on)
        ),
        Saying::CancellationSet { on: None } => "Your subscription will end with the period that is running. Until then you can also change your mind: just write to us.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("Your subscription was already set to end on {}. You can use it until then, and there is nothing more to do.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "Your subscription was already set to end. There is nothing more to do.".to_owned(),
        Saying::CancellationWaits => "We have received your cancellation. A colleague will confirm it to you.".to_owned(),
        Saying::CancellationDeclined => "Your subscription has not been cancelled. A colleague will write to you about it.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("We have taken the cancellation back: your subscription does not end on {} and continues as before.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "We have taken the cancellation back: your subscription continues as before.".to_owned(),
        Saying::WhichSubscription(lines) => list("Which of your subscriptions do you mean?", lines, |line| {
            let renews = line.next.map(|next| format!(", renews on {}", date(next))).unwrap_or_default();
            format!("the one{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "More than one account has your e-mail address. Could you tell us the number of a recent invoice?".to_owned(),
        Saying::WhichCard => "Could you tell us the last four digits of the card you paid with?".to_owned(),
        Saying::Verify => "To protect your account, we need to be sure that this request comes from you. Please write to us again from the address on file, or sign in to your account.".to_owned(),
        Saying::NoCustomer => "We could not find an account with this e-mail address. Which address did you use when you signed up?".to_owned(),
        Saying::PersonAnswers => "Thank you for your message. A colleague will look into it and answer you personally.".to_owned(),
        Saying::RestByPerson => "A colleague will come back to you about the rest of your message.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::En)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::En)
}

fn by_card(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" by the card ending in {last4}")).unwrap_or_default()
}

fn to_card(last4: Option<&str>) -> String {
    last4.map(|last4| format!(", to the card ending in {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "a day",
        Interval::Week => "a week",
        Interval::Month => "a month",
        Interval::Year => "a year",
        Interval::Longer => "per billing period",
    };
    format!(" at {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "there were not enough funds.",
        Decline::LimitReached => "the limit of the card was reached. Your bank can tell you more about it.",
        Decline::ExpiredCard => "the card has expired.",
        Decline::WrongSecurityCode => "the security code (CVC) of the card was not right.",
        Decline::WrongDetails => "the payment details were not right.",
        Decline::NeedsAuthentication => "the bank asks you to confirm the payment.",
        Decline::NotSupported => "the card cannot be used for this kind of payment.",
        Decline::TryAgain => "it could not be processed for a technical reason. You can simply try again.",
        Decline::ByBank => "your bank declined it. Only your bank can tell you why, so please ask it.",
        Decline::NotAccepted => "it was not accepted. Please try another card or another way to pay.",
    }
}
