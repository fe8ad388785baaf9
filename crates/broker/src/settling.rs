use std::sync::Arc;
use std::time::Duration;

use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::delivery::Settlement;
use crate::epoch::{Epoch, Side};
use crate::link::{CallError, within};
use crate::window::{Acknowledgement, Window};

/// Sends everything that is settled on one channel, which nobody else settles on.
pub(crate) struct Settling {
    channel: Channel,
    commands: mpsc::UnboundedReceiver<Command>,
    window: Window,
    epoch: Arc<Epoch>,
    closing: CancellationToken,
    straggler_after: Duration,
    /// So many stragglers are acknowledged soon.
    many_stragglers: usize,
    settle_timeout: Duration,
}

/// The part of the prefetch window that stragglers may take up: what is settled and not acknowledged keeps the broker from delivering others.
const STRAGGLERS_SHARE: u16 = 8;
/// What many stragglers wait for all the same. Batches that are settled a few milliseconds out of turn are ranges by then, which is far
/// cheaper, and of many acknowledgements one by one a channel that closes at once would forget some.
const SOON: Duration = Duration::from_millis(50);

/// Settled at once, however many came in between: whatever is ready becomes one range.
const COMMANDS_AT_ONCE: usize = 1024;

impl Settling {
    pub(crate) fn on(
        channel: Channel,
        config: &Config,
        epoch: Arc<Epoch>,
        closing: CancellationToken,
    ) -> (Settler, Self) {
        // Bounded by the prefetch of the channel, two commands a delivery.
        let (sender, commands) = mpsc::unbounded_channel();
        let settling = Self {
            channel,
            commands,
            window: Window::default(),
            epoch,
            closing,
            straggler_after: config.straggler_after,
            many_stragglers: usize::from(config.prefetch.get() / STRAGGLERS_SHARE).max(1),
            settle_timeout: config.settle_timeout,
        };
        (Settler(sender), settling)
    }

    /// Until the session closes or its epoch is over. Returns how many deliveries were handed out and never settled.
    pub(crate) async fn run(mut self) -> usize {
        let mut commands = Vec::with_capacity(COMMANDS_AT_ONCE);
        loop {
            let straggler = self.window.oldest_straggler().map(|since| since + self.patience());
            let is_fed = !(self.commands.is_closed() && self.commands.is_empty());
            tokio::select! {
                _ = self.epoch.ended() => return self.window.in_hand(),
                _ = self.commands.recv_many(&mut commands, COMMANDS_AT_ONCE), if is_fed => {}
                () = sleep_until(straggler.unwrap_or_else(Instant::now)), if straggler.is_some() => {}
                () = self.closing.cancelled() => break,
            }
            let sent = self.settle(&mut commands).await;
            self.end_epoch_on_failure(sent);
        }
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            commands.push(command);
        }
        let sent = self.settle(&mut commands).await;
        self.end_epoch_on_failure(sent);
        let unsettled = self.window.in_hand();
        let closed = self.finish().await;
        self.end_epoch_on_failure(closed);
        unsettled
    }

    fn end_epoch_on_failure(&self, sent: Result<(), CallError>) {
        if let Err(error) = sent {
            self.epoch.end(error.ends_epoch(Side::In));
        }
    }

    async fn settle(&mut self, commands: &mut Vec<Command>) -> Result<(), CallError> {
        let now = Instant::now();
        for command in commands.drain(..) {
            match command {
                Command::HandOut(tag) => self.window.hand_out(tag),
                Command::Settle(tag, Settlement::Done) => self.window.done(tag, now),
                Command::Settle(tag, Settlement::Return) => {
                    self.window.returned(tag);
                    give_back(&self.channel, tag, self.settle_timeout).await?;
                }
            }
        }
        self.acknowledge(Duration::MAX, now).await
    }

    /// How long stragglers wait.
    fn patience(&self) -> Duration {
        let is_crowded = self.window.stragglers() >= self.many_stragglers;
        if is_crowded { self.straggler_after.min(SOON) } else { self.straggler_after }
    }

    async fn acknowledge(&mut self, at_most: Duration, now: Instant) -> Result<(), CallError> {
        let range = self.window.take_range();
        let stragglers = self.window.take_stragglers(self.patience().min(at_most), now);
        for acknowledgement in range.into_iter().chain(stragglers) {
            let (tag, multiple) = match acknowledgement {
                Acknowledgement::UpTo(tag) => (tag, true),
                Acknowledgement::One(tag) => (tag, false),
            };
            within(self.settle_timeout, self.channel.basic_ack(tag, BasicAckOptions { multiple })).await?;
        }
        Ok(())
    }

    /// Sends what was settled up to now, and closes the channel.
    async fn finish(&mut self) -> Result<(), CallError> {
        for tag in self.window.give_up() {
            give_back(&self.channel, tag, self.settle_timeout).await?;
        }
        self.acknowledge(Duration::ZERO, Instant::now()).await?;
        within(self.settle_timeout, self.channel.close(200, "closed".into())).await
    }
}

async fn give_back(channel: &Channel, tag: u64, limit: Duration) -> Result<(), CallError> {
    let options = BasicNackOptions { multiple: false, requeue: true };
    within(limit, channel.basic_nack(tag, options)).await
}

/// Where the settlements of one channel are handed in.
#[derive(Clone, Debug)]
pub(crate) struct Settler(mpsc::UnboundedSender<Command>);

#[derive(Debug)]
enum Command {
    HandOut(u64),
    Settle(u64, Settlement),
}

impl Settler {
    /// Before the delivery is handed out, so that this comes before the settlement of any later one.
    pub(crate) fn hand_out(&self, tag: u64) {
        self.send(Command::HandOut(tag));
    }

    pub(crate) fn settle(&self, tag: u64, settlement: Settlement) {
        self.send(Command::Settle(tag, settlement));
    }

    fn send(&self, command: Command) {
        if let Err(discarded) = self.0.send(command) {
            tracing::trace!(command = ?discarded.0, "discarded: the session it belongs to is over");
        }
    }
}
