//! `postill dead`: what ended in the dead queue, and what a person wants done with it.

mod choice;
mod doing;
mod show;

use std::process::ExitCode;

use broker::{Config, Session};
use domain::WorkspaceId;
use store::{DeadDeed, Ledger};

use crate::cli::{Dead, DeadList, DeadName, DeadVerb, DeadWhich};
use crate::complaint::chain;
use crate::dead_queue::{DeadQueue, Unlisted};
use crate::settings::Settings;
use crate::terminal::{self, WARN, styled};
use crate::{connections, person, rabbitmq};
use choice::Choice;
use doing::{Doing, Given};

/// Orders that are shown beside the groups.
const ORDERS: u32 = 5;
/// Mails of a group that are shown.
const MAILS: u32 = 100;

pub(super) async fn run(arguments: Dead, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let desk = Desk { ledger: &ledger, settings };
    let done = match arguments.change {
        None => desk.list(&arguments.list).await,
        Some(DeadVerb::List(filter)) => desk.list(&filter).await,
        Some(DeadVerb::Show { id, json }) => desk.show(&id, json).await,
        Some(DeadVerb::Requeue { which, into }) => {
            let given = Given { deed: DeadDeed::Requeue, into };
            desk.order(which, given).await
        }
        Some(DeadVerb::Drop { which, reason }) => {
            let deed = DeadDeed::Drop { reason: reason.as_str().to_owned() };
            desk.order(which, Given { deed, into: None }).await
        }
    };
    ledger.close().await;
    done
}

/// A session for the dead queue alone.
struct Reached {
    session: Session,
    queue: DeadQueue,
}

struct Desk<'a> {
    ledger: &'a Ledger,
    settings: &'a Settings,
}

impl Desk<'_> {
    async fn list(&self, filter: &DeadList) -> anyhow::Result<ExitCode> {
        let workspace = filter.workspace.as_ref();
        let groups = self.ledger.dead_groups(workspace).await?;
        let orders = self.ledger.dead_orders(workspace, ORDERS).await?;
        let unlisted = self.unlisted(workspace).await;
        let seen = unlisted.as_ref().ok().cloned().unwrap_or_default();
        if filter.json {
            show::json_list(&groups, &seen)?;
        } else {
            show::list(&groups, &seen, &orders)?;
        }
        if let Err(error) = unlisted {
            let text = format!("what lies in RabbitMQ alone is not shown: {}", chain(error.as_ref()));
            terminal::note(&styled(WARN, &text))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn show(&self, name: &DeadName, json: bool) -> anyhow::Result<ExitCode> {
        match name {
            DeadName::Group(id) => {
                let group = choice::group(self.ledger, None, id).await?;
                let mails = self.ledger.dead_mails(&group, None, MAILS).await?;
                show::group(&group, &mails, json)?;
            }
            DeadName::Mail(start) => {
                let mail = choice::mail(self.ledger, None, start).await?;
                show::mail(&mail, json)?;
            }
            DeadName::Unlisted => show::unlisted(&self.unlisted(None).await?, json)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says what would be done, and with `--yes` does it.
    async fn order(&self, which: DeadWhich, given: Given) -> anyhow::Result<ExitCode> {
        let choice = Choice::of(self.ledger, &which).await?;
        let actor = person::deciding(which.actor)?;
        let workspace = which.workspace.as_ref();
        if choice.is_nothing() {
            terminal::note("there is nothing of that in the dead queue; nothing was done")?;
            return Ok(ExitCode::SUCCESS);
        }
        if !which.yes {
            let unlisted = if choice.unlisted { Some(self.unlisted(workspace).await?) } else { None };
            show::plan(&choice, unlisted.as_ref(), &given, which.json)?;
            return Ok(ExitCode::SUCCESS);
        }
        let reached = self.reach().await?;
        let doing = Doing {
            ledger: self.ledger,
            queue: &reached.queue,
            actor: &actor,
            given: &given,
            json: which.json,
        };
        let done = doing.all(choice, workspace, &self.settings.workspace).await;
        reached.session.close(doing::CLOSING).await;
        done
    }

    async fn unlisted(&self, workspace: Option<&WorkspaceId>) -> anyhow::Result<Unlisted> {
        let reached = self.reach().await?;
        let found = reached.queue.unlisted(workspace).await;
        reached.session.close(doing::CLOSING).await;
        found
    }

    async fn reach(&self) -> anyhow::Result<Reached> {
        let config =
            Config { max_message_bytes: rabbitmq::LARGEST_DELIVERY, ..rabbitmq::config(&self.settings.amqp) };
        let session = Session::open(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
        let queue = DeadQueue::over(&session, &config, self.ledger.clone(), self.settings.workspace.clone());
        Ok(Reached { session, queue })
    }
}
