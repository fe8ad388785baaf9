//! Dead letters: what ended in the dead queue and why, and what a person wants done with it. The queue itself is out of reach here: an order is
//! stored, and a worker carries it out.

mod line;
mod remedy;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::{Digest, Role, Timestamp, TypedReason};
use serde::Deserialize;
use store::{DeadDeed, DeadGroup, DeadGroupId, DeadMail, DeadOrdered, DeadTarget};

use super::{go_to, page, refused};
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::refusal::Refusal;
use crate::visitor::{At, Posted};
use line::{GroupLine, MailLine, OrderLine};

/// Mails of a group on a page.
const MAILS: u32 = 50;
/// Orders that are looked through for those of a group.
const ORDERS: u32 = 100;
/// Orders that are shown.
const ORDERS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "dead.html")]
struct List {
    frame: Frame,
    groups: Vec<GroupLine>,
    orders: Vec<OrderLine>,
}

#[derive(Template)]
#[template(path = "dead_group.html")]
struct One {
    frame: Frame,
    group: GroupLine,
    mails: Vec<MailLine>,
    /// Whether the page begins with the last to die.
    is_newest: bool,
    /// Behind this place there are more.
    older: Option<String>,
    orders: Vec<OrderLine>,
    refusal: Option<Refusal>,
}

impl One {
    /// Whether something about the whole group is ordered and not carried out.
    fn is_ordered(&self) -> bool {
        self.orders.iter().any(|order| order.is_open && order.mail.is_none())
    }
}

/// Which part of a group is shown.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
}

pub(crate) async fn list(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    let (frame, groups, orders) = tokio::try_join!(
        Frame::of(&desk, &at, Place::Dead),
        async { Ok(desk.ledger.dead_groups(Some(&at.workspace)).await?) },
        async { Ok(desk.ledger.dead_orders(Some(&at.workspace), ORDERS).await?) },
    )?;
    let now = desk.engine.clock.now();
    page(&List {
        frame,
        groups: groups.into_iter().map(|group| GroupLine::of(group, now)).collect(),
        orders: orders.into_iter().take(ORDERS_SHOWN).map(|order| OrderLine::of(order, now)).collect(),
    })
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Complaint> {
    let group = found(&desk, &at, &id).await?;
    page(&filled(&desk, &at, group, asked, None).await?)
}

pub(crate) async fn requeue(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    order(&desk, &at, &id, &form, DeadDeed::Requeue).await
}

pub(crate) async fn drop(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let Ok(reason) = form.text("reason").parse::<TypedReason>() else {
        let group = found(&desk, &at, &id).await?;
        let refusal =
            Refusal::new("Dropping needs a reason: 1 to 500 characters on one line.", "Nothing was changed.");
        return refused(&filled(&desk, &at, group, Asked::default(), Some(refusal)).await?);
    };
    order(&desk, &at, &id, &form, DeadDeed::Drop { reason: reason.as_str().to_owned() }).await
}

async fn order(desk: &Desk, at: &At, id: &str, form: &Posted, deed: DeadDeed) -> Result<Response, Complaint> {
    let group = found(desk, at, id).await?;
    let target = target(desk, at, form, &group).await?;
    let refusal = match desk.ledger.order_dead(&target, &deed, at.name()).await? {
        DeadOrdered::Made(_) => None,
        // The same form sent twice.
        DeadOrdered::Before(order) if order.deed == deed && order.actor == at.name() => None,
        DeadOrdered::Before(order) => Some(Refusal::new(
            format!("{} was quicker: an order about these mails is not carried out yet.", order.actor),
            "A worker does so within seconds. Look again then. Nothing was changed.",
        )),
        DeadOrdered::Grown { mails } => Some(Refusal::new(
            format!("These are {mails} mails by now, more than you saw."),
            "Look at them once more. Nothing was changed.",
        )),
        DeadOrdered::Nothing => Some(Refusal::new(
            "None of the mails that you saw is dead any more.",
            "Somebody has put them back or dropped them. Nothing was changed.",
        )),
    };
    match refusal {
        None => Ok(go_to(&at.path(Place::Dead.path()))),
        Some(refusal) => refused(&filled(desk, at, group, Asked::default(), Some(refusal)).await?),
    }
}

/// What the form is about, as the person saw it: those alone that had died by then, and no more.
async fn target(desk: &Desk, at: &At, form: &Posted, group: &DeadGroup) -> Result<DeadTarget, Complaint> {
    if !form.text("mail").is_empty() {
        return Ok(DeadTarget::Mail(mail(desk, at, form.text("mail"), group).await?));
    }
    let bad = |_not_a_number| Complaint::BadForm("The form does not say which mails it is about");
    let newest = form.text("newest").parse().map_err(bad)?;
    let newest = Timestamp::from_millisecond(newest).map_err(|_out_of_range| Complaint::NoSuchPage)?;
    let mails = form.text("mails").parse().map_err(bad)?;
    let mut seen = group.clone();
    (seen.newest, seen.mails) = (newest, mails);
    Ok(DeadTarget::Group(seen))
}

/// One of this group.
async fn mail(desk: &Desk, at: &At, digest: &str, group: &DeadGroup) -> Result<DeadMail, Complaint> {
    let digest: Digest = digest.parse().map_err(|_no_digest| Complaint::NoSuchPage)?;
    let mails = desk.ledger.dead_mails_starting(Some(&at.workspace), &digest.to_string()).await?;
    mails.into_iter().find(|mail| mail.group == group.id).ok_or(Complaint::NoSuchPage)
}

/// One of this workspace.
async fn found(desk: &Desk, at: &At, id: &str) -> Result<DeadGroup, Complaint> {
    let id: DeadGroupId = id.parse().map_err(|_no_id| Complaint::NoSuchPage)?;
    let groups = desk.ledger.dead_groups(Some(&at.workspace)).await?;
    groups.into_iter().find(|group| group.id == id).ok_or(Complaint::NoSuchPage)
}

async fn filled(
    desk: &Desk,
    at: &At,
    group: DeadGroup,
    asked: Asked,
    refusal: Option<Refusal>,
) -> Result<One, Complaint> {
    let from = asked.before.map(|text| text.parse()).transpose().map_err(|_no_mark| Complaint::NoSuchPage)?;
    let (frame, mut mails, orders) = tokio::try_join!(
        Frame::of(desk, at, Place::Dead),
        // One more than is shown says whether there are more.
        async { Ok(desk.ledger.dead_mails(&group, from, MAILS + 1).await?) },
        async { Ok(desk.ledger.dead_orders(Some(&at.workspace), ORDERS).await?) },
    )?;
    let is_cut = mails.len() > MAILS as usize;
    mails.truncate(MAILS as usize);
    let now = desk.engine.clock.now();
    let theirs = orders.into_iter().filter(|order| order.group == group.id);
    Ok(One {
        frame,
        is_newest: from.is_none(),
        older: mails.last().filter(|_| is_cut).map(|last| last.mark().to_string()),
        mails: mails.into_iter().map(|mail| MailLine::of(mail, now)).collect(),
        orders: theirs.take(ORDERS_SHOWN).map(|order| OrderLine::of(order, now)).collect(),
        group: GroupLine::of(group, now),
        refusal,
    })
}
