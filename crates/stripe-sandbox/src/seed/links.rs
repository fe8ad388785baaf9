//! What the objects of a seed say about each other: a refund counts on its charge, a dispute marks it, a payment intent
//! knows its latest charge. Derived here, so that a seed states each fact once.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::auth::Mode;
use crate::document::Document;
use crate::kind::Kind;
use crate::resources::refunds::{self, RefundBehaviour};

use super::problem::{FieldProblem, SeedError};

pub(super) fn settle(mode: Mode, documents: &mut HashMap<Kind, Vec<Document>>) -> Result<(), SeedError> {
    check_refund_behaviours(mode, documents)?;
    name_latest_charges(documents);
    mark_disputed(documents);
    count_refunds(mode, documents)
}

fn check_refund_behaviours(mode: Mode, documents: &HashMap<Kind, Vec<Document>>) -> Result<(), SeedError> {
    let charges = documents.get(&Kind::Charge).map_or(&[][..], Vec::as_slice);
    for (position, charge) in charges.iter().enumerate() {
        let Some(named) = charge.text("metadata.refund_behaviour") else { continue };
        if RefundBehaviour::named(named).is_none() {
            let what = format!("one of {}", RefundBehaviour::NAMES.join(", "));
            let field = "metadata.refund_behaviour".to_owned();
            return Err(at(mode, Kind::Charge, position, charge, field, FieldProblem::MustBe(what)));
        }
    }
    Ok(())
}

fn name_latest_charges(documents: &mut HashMap<Kind, Vec<Document>>) {
    let charges = documents.get(&Kind::Charge).map_or(&[][..], Vec::as_slice);
    let mut latest: HashMap<String, (i64, String)> = HashMap::new();
    for charge in charges {
        let Some(intent) = charge.text("payment_intent") else { continue };
        let created = charge.integer("created").unwrap_or_default();
        let known = latest.entry(intent.to_owned()).or_insert((created, charge.id().to_owned()));
        if created >= known.0 {
            *known = (created, charge.id().to_owned());
        }
    }
    for intent in documents.entry(Kind::PaymentIntent).or_default() {
        if let Some((_, charge)) = latest.remove(intent.id()) {
            intent.fill("latest_charge", charge);
        }
    }
}

fn mark_disputed(documents: &mut HashMap<Kind, Vec<Document>>) {
    let disputes = documents.get(&Kind::Dispute).map_or(&[][..], Vec::as_slice);
    let disputed: HashSet<String> =
        disputes.iter().filter_map(|row| row.text("charge")).map(str::to_owned).collect();
    for charge in documents.entry(Kind::Charge).or_default() {
        if disputed.contains(charge.id()) {
            charge.set("disputed", true);
        }
    }
}

/// A refund without currency or payment intent takes its charge's; the charge's `amount_refunded` is at least their sum.
fn count_refunds(mode: Mode, documents: &mut HashMap<Kind, Vec<Document>>) -> Result<(), SeedError> {
    let mut refunds = documents.remove(&Kind::Refund).unwrap_or_default();
    let charges = documents.entry(Kind::Charge).or_default();
    let place: HashMap<String, usize> =
        charges.iter().enumerate().map(|(place, charge)| (charge.id().to_owned(), place)).collect();
    let mut counted: HashMap<usize, i64> = HashMap::new();
    for (position, refund) in refunds.iter_mut().enumerate() {
        let at_charge = refund.text("charge").and_then(|id| place.get(id)).copied();
        let Some((at_charge, charge)) = at_charge.and_then(|at| Some((at, charges.get(at)?))) else {
            continue;
        };
        refund.fill("currency", charge.text("currency").unwrap_or_default());
        refund.fill("payment_intent", charge.at("payment_intent").cloned().unwrap_or_default());
        let sum = counted.entry(at_charge).or_default();
        if refunds::counts(refund) {
            *sum += refund.integer("amount").unwrap_or_default();
        }
        let amount = charge.integer("amount").unwrap_or_default();
        if *sum > amount {
            let problem = FieldProblem::OverRefunded(amount);
            return Err(at(mode, Kind::Refund, position, refund, "amount".to_owned(), problem));
        }
    }
    for (position, charge) in charges.iter_mut().enumerate() {
        let counted = counted.get(&position).copied().unwrap_or_default();
        let refunded = charge.integer("amount_refunded").unwrap_or_default().max(counted);
        let amount = charge.integer("amount").unwrap_or_default();
        charge.set("amount_refunded", refunded);
        charge.set("refunded", amount > 0 && refunded >= amount);
    }
    documents.insert(Kind::Refund, refunds);
    Ok(())
}

fn at(
    mode: Mode,
    kind: Kind,
    position: usize,
    document: &Document,
    field: String,
    problem: FieldProblem,
) -> SeedError {
    let named = Map::from_iter([("id".to_owned(), Value::from(document.id()))]);
    SeedError::at(mode, kind, position, &named, field, problem)
}
