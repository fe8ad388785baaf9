//! How dead mail and orders about it are shown.

use domain::{Clock, SystemClock, Timestamp};
use serde_json::{Value, json};
use store::{DeadDeed, DeadGroup, DeadMail, DeadOrder, DeadOrderState, DeadTarget};

use super::choice::Choice;
use super::doing::Given;
use crate::cli::DeadName;
use crate::dead_queue::Unlisted;
use crate::terminal::{self, Cell, FAINT, GOOD, STRONG, WARN, moment, styled};

/// Enough to tell mails apart, and to name one.
const SHOWN_OF_ID: usize = 12;

const HOW: &str = "
`postill dead show GROUP` lists the mails of a group;
`postill dead requeue GROUP` and `postill dead drop GROUP --reason TEXT` say what they would do, and do it with --yes";

/// Tables: the groups, what is not listed, and orders of late.
pub(super) fn list(groups: &[DeadGroup], unlisted: &Unlisted, orders: &[DeadOrder]) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let mut rows: Vec<Vec<Cell>> = groups.iter().map(|group| group_row(group, now)).collect();
    rows.extend(unlisted_rows(unlisted));
    if rows.is_empty() {
        terminal::note(&styled(GOOD, "no mail is dead"))?;
    } else {
        terminal::result_table(&["group", "workspace", "run", "mails", "last", "first", "why"], &rows)?;
        terminal::note(HOW)?;
    }
    if !orders.is_empty() {
        terminal::note("\norders of late:")?;
        for order in orders {
            terminal::note(&format!("  {}  {}", styled(FAINT, &moment(order.ordered_at, now)), told(order)))?;
        }
    }
    Ok(())
}

fn group_row(group: &DeadGroup, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::plain(group.id.as_str()),
        Cell::plain(group.workspace.as_str()),
        Cell::plain(group.run.as_str()),
        Cell::new(group.mails.to_string(), STRONG),
        Cell::plain(moment(group.newest, now)),
        Cell::plain(moment(group.oldest, now)),
        Cell::plain(format!("{}: {}", group.code, group.sentence)),
    ]
}

fn unlisted_rows(unlisted: &Unlisted) -> Vec<Vec<Cell>> {
    let row = |((workspace, code), count): (&(domain::WorkspaceId, String), &u32)| {
        vec![
            Cell::new(DeadName::UNLISTED, WARN),
            Cell::plain(workspace.as_str()),
            Cell::plain("-"),
            Cell::new(count.to_string(), STRONG),
            Cell::plain("-"),
            Cell::plain("-"),
            Cell::plain(format!("{code}: in the queue, and not dead in the ledger")),
        ]
    };
    unlisted.messages.iter().map(row).collect()
}

/// For programs: the same groups.
pub(super) fn json_list(groups: &[DeadGroup], unlisted: &Unlisted) -> anyhow::Result<()> {
    groups.iter().try_for_each(|group| terminal::result(&group_json(group).to_string()))?;
    self::unlisted(unlisted, true)
}

/// What lies there and the ledger does not list.
pub(super) fn unlisted(unlisted: &Unlisted, json: bool) -> anyhow::Result<()> {
    if !json && unlisted.count() == 0 {
        return Ok(terminal::note(&styled(GOOD, "everything in the dead queue is listed"))?);
    }
    if !json {
        let rows = unlisted_rows(unlisted);
        return Ok(terminal::result_table(
            &["group", "workspace", "run", "mails", "last", "first", "why"],
            &rows,
        )?);
    }
    for ((workspace, code), count) in &unlisted.messages {
        let line =
            json!({ "group": DeadName::UNLISTED, "workspace": workspace, "code": code, "mails": count });
        terminal::result(&line.to_string())?;
    }
    Ok(())
}

fn group_json(group: &DeadGroup) -> Value {
    json!({
        "group": group.id.as_str(),
        "workspace": group.workspace,
        "run": group.run,
        "code": group.code,
        "sentence": group.sentence,
        "mails": group.mails,
        "oldest": group.oldest,
        "newest": group.newest,
    })
}

/// A group with its mails, the last to die first.
pub(super) fn group(group: &DeadGroup, mails: &[DeadMail], json: bool) -> anyhow::Result<()> {
    if json {
        return Ok(mails.iter().try_for_each(|mail| terminal::result(&mail_json(mail).to_string()))?);
    }
    let now = SystemClock.now();
    terminal::note(&format!(
        "{} {} of {}: {}",
        group.mails,
        mails_word(group.mails),
        group.workspace,
        group.sentence
    ))?;
    let row = |mail: &DeadMail| {
        vec![
            Cell::plain(short(mail)),
            Cell::plain(mail.attempts.to_string()),
            Cell::plain(moment(mail.first_seen_at, now)),
            Cell::plain(moment(mail.died_at, now)),
            Cell::plain(&mail.sentence),
        ]
    };
    let rows: Vec<Vec<Cell>> = mails.iter().map(row).collect();
    terminal::result_table(&["mail", "attempts", "came", "died", "why"], &rows)?;
    if mails.len() < group.mails as usize {
        terminal::note(&format!("only the last {} are shown", mails.len()))?;
    }
    Ok(())
}

/// Everything known about one.
pub(super) fn mail(mail: &DeadMail, json: bool) -> anyhow::Result<()> {
    if json {
        return Ok(terminal::result(&mail_json(mail).to_string())?);
    }
    let now = SystemClock.now();
    let at = |time: Timestamp| format!("{}  {time:.0}", moment(time, now));
    let rows = [
        ("mail", mail.arrival.digest.to_string()),
        ("workspace", mail.arrival.workspace.to_string()),
        ("run", mail.arrival.run.as_str().to_owned()),
        ("group", mail.group.to_string()),
        ("why", format!("{}: {}", mail.code, mail.sentence)),
        ("attempts", mail.attempts.to_string()),
        ("came", at(mail.first_seen_at)),
        ("died", at(mail.died_at)),
    ];
    let rows: Vec<Vec<Cell>> =
        rows.into_iter().map(|(name, text)| vec![Cell::new(name, STRONG), Cell::plain(text)]).collect();
    Ok(terminal::result_table(&[], &rows)?)
}

fn mail_json(mail: &DeadMail) -> Value {
    json!({
        "mail": mail.arrival.digest,
        "workspace": mail.arrival.workspace,
        "run": mail.arrival.run,
        "group": mail.group.as_str(),
        "code": mail.code,
        "sentence": mail.sentence,
        "attempts": mail.attempts,
        "first_seen_at": mail.first_seen_at,
        "died_at": mail.died_at,
    })
}

/// What would be done, and that nothing was.
pub(super) fn plan(
    choice: &Choice,
    unlisted: Option<&Unlisted>,
    given: &Given,
    json: bool,
) -> anyhow::Result<()> {
    let would = match given.deed {
        DeadDeed::Requeue => "would put back",
        DeadDeed::Drop { .. } => "would drop",
    };
    let mut all = 0;
    let targets = choice.targets.iter().map(|target| match target {
        DeadTarget::Group(group) => (group.id.to_string(), group.mails, why(&group.code, &group.sentence)),
        DeadTarget::Mail(mail) => (short(mail), 1, why(&mail.code, &mail.sentence)),
    });
    let beside = unlisted.map(|unlisted| {
        (DeadName::UNLISTED.to_owned(), unlisted.count(), "not dead in the ledger".to_owned())
    });
    for (id, mails, why) in targets.chain(beside) {
        all += mails;
        terminal::result(&if json {
            json!({ "id": id, "deed": given.deed.as_str(), "mails": mails, "done": false }).to_string()
        } else {
            format!("{would} {mails} {}  {id}  {}", mails_word(mails), styled(FAINT, &why))
        })?;
    }
    let text = format!("nothing was done: with --yes it concerns these {all} {}", mails_word(all));
    Ok(terminal::note(&styled(WARN, &text))?)
}

/// What an order came to.
pub(super) fn done(order: &DeadOrder, json: bool) -> anyhow::Result<()> {
    if json {
        return Ok(terminal::result(&order_json(order).to_string())?);
    }
    let style = if missing_of(order) == 0 { GOOD } else { WARN };
    Ok(terminal::result(&styled(style, &told(order)))?)
}

/// What became of messages that no order stands for.
pub(super) fn cleared(deed: &DeadDeed, moved: u32, of: u32, json: bool) -> anyhow::Result<()> {
    if json {
        let line = json!({ "id": DeadName::UNLISTED, "deed": deed.as_str(), "mails": of, "moved": moved, "done": true });
        return Ok(terminal::result(&line.to_string())?);
    }
    let style = if moved == of { GOOD } else { WARN };
    Ok(terminal::result(&styled(
        style,
        &format!("{} {moved} of {of} messages that were not listed", did(deed)),
    ))?)
}

fn order_json(order: &DeadOrder) -> Value {
    json!({
        "id": order.mail.map_or_else(|| order.group.to_string(), |mail| mail.to_string()),
        "order": order.id.to_string(),
        "workspace": order.workspace,
        "deed": order.deed.as_str(),
        "mails": order.mails,
        "moved": order.moved,
        "not_found": missing_of(order),
        "done": matches!(order.state, DeadOrderState::Ended { .. }),
    })
}

fn told(order: &DeadOrder) -> String {
    let (mails, why) = (mails_word(order.mails), why(&order.code, &order.sentence));
    let DeadOrder { moved, mails: of, actor, .. } = order;
    let what = match order.state {
        DeadOrderState::Open | DeadOrderState::UnderWay => {
            format!("{} {moved} of {of} {mails} so far", did(&order.deed))
        }
        DeadOrderState::Ended { missing: 0, .. } => format!("{} {moved} of {of} {mails}", did(&order.deed)),
        DeadOrderState::Ended { missing, .. } => {
            format!("{} {moved} of {of} {mails}, {missing} not found in the dead queue", did(&order.deed))
        }
    };
    format!("{what}, for {actor}: {why}")
}

const fn missing_of(order: &DeadOrder) -> u32 {
    match order.state {
        DeadOrderState::Ended { missing, .. } => missing,
        DeadOrderState::Open | DeadOrderState::UnderWay => 0,
    }
}

const fn did(deed: &DeadDeed) -> &'static str {
    match deed {
        DeadDeed::Requeue => "put back",
        DeadDeed::Drop { .. } => "dropped",
    }
}

const fn mails_word(count: u32) -> &'static str {
    if count == 1 { "mail" } else { "mails" }
}

fn why(code: &str, sentence: &str) -> String {
    format!("{code}: {sentence}")
}

fn short(mail: &DeadMail) -> String {
    mail.arrival.digest.to_string().chars().take(SHOWN_OF_ID).collect()
}
