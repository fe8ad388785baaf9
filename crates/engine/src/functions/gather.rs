//! Reading one kind of object for all of the sender's customers.

use domain::Timestamp;
use domain::ids::CustomerId;
use futures_util::future::try_join_all;
use stripe_client::{CallError, Got, Listing};

use super::Case;
use crate::customer::OnFile;

/// An object of Stripe's, whose it is, and the request that read it.
#[derive(Debug, Clone)]
pub(super) struct Owned<T> {
    pub(super) object: T,
    pub(super) owner: OnFile,
    pub(super) request_id: Option<String>,
}

/// The objects of one kind that the sender's customers have, newest first.
pub(super) struct Gathered<T> {
    pub(super) items: Vec<Owned<T>>,
    /// Whether these are all. Nothing may be concluded from what is *not* among them when they are not.
    pub(super) complete: bool,
}

/// Reads a list for each customer and makes one of them.
pub(super) async fn gather<'c, T, F>(
    case: &'c Case<'_>,
    created: fn(&T) -> Timestamp,
    list: impl Fn(&'c CustomerId) -> F,
) -> Result<Gathered<T>, CallError>
where
    F: Future<Output = Result<Got<Listing<T>>, CallError>>,
{
    let with_account = || case.customers.iter().filter_map(|payer| Some((payer, payer.id.customer()?)));
    let lists = try_join_all(with_account().map(|(_, id)| list(id))).await?;
    let mut gathered = Gathered { items: Vec::new(), complete: true };
    for ((owner, _), got) in with_account().zip(lists) {
        let request_id = got.request_id.map(|id| id.to_string());
        gathered.complete &= got.value.complete;
        let own = |object| Owned { object, owner: owner.clone(), request_id: request_id.clone() };
        gathered.items.extend(got.value.items.into_iter().map(own));
    }
    gathered.items.sort_by_key(|owned| std::cmp::Reverse(created(&owned.object)));
    Ok(gathered)
}
