use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join_all;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{Channel, Confirmation};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::epoch::{Epoch, EpochOver, Side};
use crate::link::{CallError, Link, lost, within};
use crate::message::{Envelope, Outgoing};
use crate::publisher::{Job, PublishError};

/// One publishing channel and the task that owns it.
///
/// At most one burst is outstanding, and no result of it is given out before every confirm was looked at: lapin hands
/// a returned message to whichever confirm comes next, so that the confirm of an unroutable message may look like
/// success. Over a whole burst none is missed, as each return precedes the confirm of its own message.
pub(crate) struct Lane {
    link: Arc<Link>,
    channel: Channel,
    config: Arc<Config>,
    jobs: mpsc::Receiver<Job>,
    epoch: Arc<Epoch>,
    closing: CancellationToken,
}

type Outcome = Result<(), PublishError>;

/// Jobs a lane lets callers queue before they wait.
const JOBS_WAITING: usize = 64;

impl Lane {
    pub(crate) async fn open(
        link: Arc<Link>,
        config: Arc<Config>,
        epoch: Arc<Epoch>,
        closing: CancellationToken,
    ) -> Result<(mpsc::Sender<Job>, Self), CallError> {
        let channel = confirming_channel(&link, &config).await?;
        let (sender, jobs) = mpsc::channel(JOBS_WAITING);
        Ok((sender, Self { link, channel, config, jobs, epoch, closing }))
    }

    /// Whether the broker accepts messages. One to a queue that does not exist is dropped and confirmed at once; but
    /// a new connection is told of an alarm only by what it publishes, and the first of it still goes through.
    pub(crate) async fn probe(&self) -> Result<(), CallError> {
        let nowhere = Envelope {
            exchange: ShortString::default(),
            routing_key: "postill.probe.no-such-queue".into(),
            properties: lapin::BasicProperties::default(),
            body: bytes::Bytes::new(),
        };
        for _ in 0..2 {
            let sent = transmit(&self.channel, &nowhere, BasicPublishOptions::default());
            within(self.config.connect_timeout, sent).await?;
        }
        Ok(())
    }

    /// Until the session closes or its epoch is over.
    pub(crate) async fn run(mut self) {
        while let Some(jobs) = self.next_jobs().await {
            let mut callers = Vec::with_capacity(jobs.len());
            let mut messages = Vec::new();
            for job in jobs {
                callers.push((job.answer, job.messages.len()));
                messages.extend(job.messages);
            }
            let mut outcomes = self.publish(messages).await.into_iter();
            for (answer, count) in callers {
                if answer.send(outcomes.by_ref().take(count).collect()).is_err() {
                    tracing::trace!("the caller no longer waits for its confirms");
                }
            }
        }
    }

    /// Waits for one, then takes what is ready until the burst is full.
    async fn next_jobs(&mut self) -> Option<Vec<Job>> {
        let first = tokio::select! {
            biased;
            _ = self.epoch.ended() => return None,
            job = self.jobs.recv() => job?,
            () = self.closing.cancelled() => {
                self.jobs.close();
                self.jobs.recv().await?
            }
        };
        let mut count = first.messages.len();
        let mut jobs = vec![first];
        while count < self.config.burst.get()
            && let Ok(job) = self.jobs.try_recv()
        {
            count += job.messages.len();
            jobs.push(job);
        }
        Some(jobs)
    }

    async fn publish(&mut self, messages: Vec<Outgoing>) -> Vec<Outcome> {
        let sealed: Vec<_> =
            messages.into_iter().map(|message| Envelope::seal(message, &self.config)).collect();
        let envelopes: Vec<&Envelope> = sealed.iter().flatten().collect();
        let mut confirmed = self.burst(&envelopes).await.into_iter();
        let reason = self.epoch.reason();
        let unconfirmed = || Err(PublishError::Unconfirmed { reason: reason.clone() });
        let outcome = |sealed: Result<Envelope, PublishError>| match sealed {
            Ok(_) => confirmed.next().unwrap_or_else(unconfirmed),
            Err(error) => Err(error),
        };
        sealed.into_iter().map(outcome).collect()
    }

    /// The outcome of each. A message that makes the broker close the channel takes the answers to its neighbours
    /// with it, so those that got none are sent again, each alone.
    async fn burst(&mut self, envelopes: &[&Envelope]) -> Vec<Outcome> {
        let verdicts = self.attempt(envelopes).await;
        let mut outcomes = Vec::with_capacity(envelopes.len());
        for (envelope, verdict) in envelopes.iter().zip(verdicts) {
            outcomes.push(match verdict {
                Verdict::Known(outcome) => outcome,
                Verdict::Unanswered(_) => self.alone(envelope).await,
            });
        }
        outcomes
    }

    async fn alone(&mut self, envelope: &Envelope) -> Outcome {
        match self.attempt(&[envelope]).await.pop() {
            Some(Verdict::Known(outcome)) => outcome,
            Some(Verdict::Unanswered(source)) if self.is_connected() => Err(PublishError::Refused { source }),
            Some(Verdict::Unanswered(source)) => {
                self.epoch.end(lost(Side::Out, source));
                Err(PublishError::Unconfirmed { reason: self.epoch.reason() })
            }
            None => Err(PublishError::Unconfirmed { reason: self.epoch.reason() }),
        }
    }

    async fn attempt(&mut self, envelopes: &[&Envelope]) -> Vec<Verdict> {
        let answers = match self.reopened().await {
            Ok(()) => self.transmit_all(envelopes).await,
            Err(reason) => Err(reason),
        };
        match answers {
            Ok(answers) => judge(envelopes, answers),
            Err(reason) => {
                self.epoch.end(reason.clone());
                let unconfirmed =
                    || Verdict::Known(Err(PublishError::Unconfirmed { reason: reason.clone() }));
                envelopes.iter().map(|_| unconfirmed()).collect()
            }
        }
    }

    async fn reopened(&mut self) -> Result<(), EpochOver> {
        if !self.channel.status().connected() {
            let opened = confirming_channel(&self.link, &self.config).await;
            self.channel = opened.map_err(|error| error.ends_epoch(Side::Out))?;
        }
        Ok(())
    }

    async fn transmit_all(&self, envelopes: &[&Envelope]) -> Result<Vec<Answer>, EpochOver> {
        let mandatory = BasicPublishOptions { mandatory: true, immediate: false };
        let sent = envelopes.iter().map(|envelope| transmit(&self.channel, envelope, mandatory));
        let mut answers = pin!(join_all(sent));
        let after = self.config.confirm_timeout;
        loop {
            tokio::select! {
                biased;
                answers = &mut answers => return Ok(answers),
                reason = self.epoch.ended() => return Err(reason),
                () = sleep(after) => if !self.epoch.is_blocked() {
                    return Err(EpochOver::ConfirmTimedOut { after });
                },
            }
        }
    }

    fn is_connected(&self) -> bool {
        self.link.connection.status().connected()
    }
}

type Answer = lapin::Result<Confirmation>;

enum Verdict {
    Known(Outcome),
    Unanswered(lapin::Error),
}

/// The one place that publishes. Done when the broker has confirmed.
#[allow(clippy::disallowed_methods, reason = "every caller looks at all confirms of its burst")]
async fn transmit(channel: &Channel, envelope: &Envelope, options: BasicPublishOptions) -> Answer {
    let (exchange, routing_key) = (envelope.exchange.clone(), envelope.routing_key.clone());
    let properties = envelope.properties.clone();
    channel.basic_publish(exchange, routing_key, options, &envelope.body, properties).await?.await
}

pub(crate) async fn confirming_channel(link: &Link, config: &Config) -> Result<Channel, CallError> {
    let channel = link.channel(config.connect_timeout).await?;
    within(config.connect_timeout, channel.confirm_select(ConfirmSelectOptions::default())).await?;
    Ok(channel)
}

/// Which message a return belongs to is told by the message, not by the confirm it came with. Copies that cannot be
/// told apart count as returned together: one that was stored is sent again under the same id, which does no harm.
fn judge(envelopes: &[&Envelope], answers: Vec<Answer>) -> Vec<Verdict> {
    let mut returned: Vec<Identity> = Vec::new();
    let mut verdicts = Vec::with_capacity(answers.len());
    for answer in answers {
        verdicts.push(match answer {
            Ok(Confirmation::Ack(message)) => {
                returned.extend(message.as_ref().map(Identity::of_return));
                Verdict::Known(Ok(()))
            }
            Ok(Confirmation::Nack(message)) => {
                returned.extend(message.as_ref().map(Identity::of_return));
                Verdict::Known(Err(PublishError::Rejected))
            }
            Ok(Confirmation::NotRequested) => Verdict::Known(Err(PublishError::Rejected)),
            Err(error) => Verdict::Unanswered(error),
        });
    }
    if !returned.is_empty() {
        for (envelope, verdict) in envelopes.iter().zip(&mut verdicts) {
            if returned.contains(&Identity::of(envelope)) {
                *verdict = Verdict::Known(Err(envelope.unroutable()));
            }
        }
    }
    verdicts
}

/// What tells the messages of a burst apart.
#[derive(PartialEq)]
struct Identity {
    exchange: ShortString,
    routing_key: ShortString,
    message_id: Option<ShortString>,
}

impl Identity {
    fn of(envelope: &Envelope) -> Self {
        Self {
            exchange: envelope.exchange.clone(),
            routing_key: envelope.routing_key.clone(),
            message_id: envelope.properties.message_id().clone(),
        }
    }

    fn of_return(message: &BasicReturnMessage) -> Self {
        Self {
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
            message_id: message.properties.message_id().clone(),
        }
    }
}
