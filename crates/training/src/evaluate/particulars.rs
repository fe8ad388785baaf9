//! Whether amounts and references are read exactly.

use domain::{Currency, Function, Label, Money, Reference};
use serde::Serialize;

use super::{Graded, count};

/// What was read of what is written, in mails. Amounts and "all of it" count in mails that ask for a refund or want to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Particulars {
    /// Mails that name an amount.
    pub amounts: u32,
    /// Of these, those whose amount and currency are read exactly.
    pub amounts_right: u32,
    /// Mails in which an amount was read.
    pub amounts_read: u32,
    /// Mails that ask for all.
    pub full: u32,
    /// Of these, those so read.
    pub full_right: u32,
    /// Mails read so.
    pub full_read: u32,
    /// Mails, of any label, that name an id or a number.
    pub references: u32,
    /// Of these, those whose first one is read exactly.
    pub references_right: u32,
    /// Mails in which one was read.
    pub references_read: u32,
    /// Mails that have particulars at all.
    pub mails: u32,
    /// Of these, those in which each is exact.
    pub mails_right: u32,
}

impl Particulars {
    pub(super) fn of(graded: &[Graded<'_>]) -> Self {
        let read: Vec<Read<'_>> = graded.iter().map(Read::of).collect();
        let of_money = || read.iter().filter(|each| is_of_money(each.graded.mail.label));
        let amounts = || of_money().filter(|each| each.graded.mail.amount.is_some());
        let full = || of_money().filter(|each| each.graded.mail.full);
        let references = || read.iter().filter(|each| each.graded.mail.reference.is_some());
        let with_any = || read.iter().filter(|each| each.has_any());
        Self {
            amounts: count(amounts()),
            amounts_right: count(amounts().filter(|each| each.is_amount_right())),
            amounts_read: count(of_money().filter(|each| each.amount.is_some())),
            full: count(full()),
            full_right: count(full().filter(|each| each.graded.read.slots.full)),
            full_read: count(of_money().filter(|each| each.graded.read.slots.full)),
            references: count(references()),
            references_right: count(references().filter(|each| each.is_reference_right())),
            references_read: count(read.iter().filter(|each| each.reference.is_some())),
            mails: count(with_any()),
            mails_right: count(with_any().filter(|each| each.is_all_right())),
        }
    }
}

fn is_of_money(label: Label) -> bool {
    matches!(label, Label::Ask(Function::Refund | Function::PaymentLink))
}

struct Read<'a> {
    graded: &'a Graded<'a>,
    amount: Option<Money>,
    reference: Option<&'a str>,
}

impl<'a> Read<'a> {
    fn of(graded: &'a Graded<'a>) -> Self {
        let slots = &graded.read.slots;
        let amount = slots.amount.as_ref().and_then(|amount| amount.told(Currency::USD));
        Self { graded, amount, reference: slots.references.first().map(Reference::as_str) }
    }

    fn has_any(&self) -> bool {
        let mail = self.graded.mail;
        mail.amount.is_some() || mail.full || mail.reference.is_some()
    }

    fn is_amount_right(&self) -> bool {
        self.amount == self.graded.mail.amount
    }

    fn is_reference_right(&self) -> bool {
        self.reference == self.graded.mail.reference.as_deref()
    }

    /// What a mail does not name does not count.
    fn is_all_right(&self) -> bool {
        let mail = self.graded.mail;
        (mail.amount.is_none() || self.is_amount_right())
            && (!mail.full || self.graded.read.slots.full)
            && (mail.reference.is_none() || self.is_reference_right())
    }
}
