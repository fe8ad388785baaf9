//! What postill refunded before on these charges, as Stripe lists it: the ledger may be new, or restored from a backup.

use domain::ids::ChargeId;
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Charge, Refund};

use super::super::gather::{Gathered, Owned};
use super::super::payment_status;
use super::super::wording::{card_of, progress_of, stands};
use super::super::{Case, Found};
use crate::action::{Effect, Request};
use crate::facts::FactSheet;
use crate::finding::Finding;

/// How many refunded charges are looked into. Each costs a request; who has more of them is a person's business.
const LOOKED_INTO: usize = 10;

/// Refunds that postill made, newest charge first.
pub(super) struct Earlier<'a> {
    refunds: Vec<Made<'a>>,
    /// Whether every refund of every charge was seen.
    pub(super) complete: bool,
}

struct Made<'a> {
    charge: &'a Owned<Charge>,
    refund: Refund,
    request_id: Option<String>,
}

impl<'a> Earlier<'a> {
    /// Lists the refunds of every charge that has some.
    pub(super) async fn read(case: &Case<'_>, charges: &'a Gathered<Charge>) -> Result<Self, CallError> {
        let refunded: Vec<&Owned<Charge>> =
            charges.items.iter().filter(|owned| owned.object.refunded_amount().minor > 0).collect();
        let looked_into = refunded.iter().take(LOOKED_INTO).copied();
        let lists =
            try_join_all(looked_into.clone().map(|owned| case.reader.refunds_of_charge(&owned.object.id)))
                .await?;
        let mut earlier = Self { refunds: Vec::new(), complete: refunded.len() <= LOOKED_INTO };
        for (charge, got) in looked_into.zip(lists) {
            let request_id = got.request_id.map(|id| id.to_string());
            earlier.complete &= got.value.complete;
            let ours = got.value.items.into_iter().filter(|refund| refund.action.is_some());
            let made = |refund| Made { charge, refund, request_id: request_id.clone() };
            earlier.refunds.extend(ours.map(made));
        }
        Ok(earlier)
    }

    /// The refund that this very mail led to, when the ledger does not know of it any more.
    pub(super) fn of_this_mail(&self, case: &Case<'_>) -> Option<Found> {
        let action = case.action.as_ref()?;
        let made = self.refunds.iter().find(|made| made.refund.action.as_ref() == Some(action))?;
        let charge = &made.charge.object;
        let mut sheet = FactSheet::new(case.language(), case.now);
        payment_status::state(&mut sheet, charge, made.charge.request_id.as_deref());
        payment_status::state_refund(&mut sheet, &made.refund, made.request_id.as_deref());
        Some(Found {
            request: Request::Refund {
                charge: charge.id.clone(),
                amount: made.refund.amount(),
                charged_at: charge.created,
                card: card_of(charge),
            },
            effect: Effect::Refunded {
                refund: made.refund.id.clone(),
                amount: Some(made.refund.amount()),
                progress: progress_of(&made.refund),
                issued: Some(made.refund.created),
                request_id: made.request_id.clone(),
            },
            basis: Finding::answered("").about(&made.charge.owner.id).facts(sheet.into_facts()),
        })
    }

    /// The refunds on `charge` that other mails led to, and that stand.
    pub(super) fn on(&self, charge: &ChargeId) -> Vec<&Refund> {
        let here = self.refunds.iter().filter(|made| made.charge.object.id == *charge);
        here.map(|made| &made.refund).filter(|refund| stands(refund)).collect()
    }
}
