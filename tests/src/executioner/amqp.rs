//! Frames of AMQP 0-9-1: type (1), channel (2), size (4), payload, end (1).

use super::proxy::{Cut, Cutter};
use super::{Piece, Then};

const GREETING: &[u8] = b"AMQP";
const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEAD: usize = 7;

const PUBLISH: (u16, u16) = (60, 40);
const DELIVER: (u16, u16) = (60, 60);
/// Of the worker: acknowledged. Of the broker: confirmed.
const ACK: (u16, u16) = (60, 80);
const REJECT: (u16, u16) = (60, 90);
const NACK: (u16, u16) = (60, 120);

/// What a worker sends.
#[derive(Debug, Default)]
pub(super) struct Frames {
    greeted: bool,
}

impl Cutter for Frames {
    fn cut(&mut self, buffer: &mut Vec<u8>) -> Option<Cut> {
        if !self.greeted && buffer.len() >= 8 && buffer.starts_with(GREETING) {
            self.greeted = true;
            return Some(Cut { bytes: buffer.drain(..8).collect(), piece: None });
        }
        let bytes = frame(buffer)?;
        let piece = name(&bytes).map(|(name, then)| Piece { name: format!("rabbitmq: {name}"), then });
        Some(Cut { bytes, piece })
    }
}

/// A message is published when its last frame has come: only that one is confirmed.
fn name(frame: &[u8]) -> Option<(String, Then)> {
    Some(match (*frame.first()?, method(frame)) {
        (METHOD, Some(PUBLISH)) => ("publish, its method".to_owned(), Then::AnswerOnly),
        (HEADER, _) => ("publish, its header".to_owned(), Then::AnswerOnly),
        (BODY, _) => ("publish, its body".to_owned(), Then::Answer),
        (METHOD, Some(ACK)) => ("acknowledge".to_owned(), Then::Nothing),
        (METHOD, Some((class, method))) => (format!("method {class}.{method}"), Then::AnswerOnly),
        (_, _) => return None,
    })
}

/// Takes one whole frame out of the buffer.
pub(super) fn frame(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let size = number(buffer, 3, 4)?;
    let length = HEAD + usize::try_from(size).ok()? + 1;
    (buffer.len() >= length).then(|| buffer.drain(..length).collect())
}

/// What a broker sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FromBroker {
    Confirm,
    Delivery { channel: u16, tag: u64 },
    Else,
}

pub(super) fn from_broker(frame: &[u8]) -> FromBroker {
    match method(frame) {
        Some(ACK | NACK) => FromBroker::Confirm,
        Some(DELIVER) => delivery(frame).unwrap_or(FromBroker::Else),
        Some(_) | None => FromBroker::Else,
    }
}

/// The tag stands behind the name of the consumer, which is a byte of length and the name.
fn delivery(frame: &[u8]) -> Option<FromBroker> {
    let consumer = usize::from(*frame.get(HEAD + 4)?);
    let tag = number(frame, HEAD + 5 + consumer, 8)?;
    Some(FromBroker::Delivery { channel: channel(frame)?, tag })
}

/// What a worker is done with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) channel: u16,
    pub(super) tag: u64,
    pub(super) also_before: bool,
}

pub(super) fn settled(frame: &[u8]) -> Option<Settled> {
    let multiple = match method(frame)? {
        ACK | NACK => frame.get(HEAD + 12)? & 1 == 1,
        REJECT => false,
        _ => return None,
    };
    Some(Settled { channel: channel(frame)?, tag: number(frame, HEAD + 4, 8)?, also_before: multiple })
}

fn method(frame: &[u8]) -> Option<(u16, u16)> {
    let is_method = frame.first() == Some(&METHOD);
    let part = |at| u16::try_from(number(frame, HEAD + at, 2)?).ok();
    is_method.then(|| Some((part(0)?, part(2)?)))?
}

fn channel(frame: &[u8]) -> Option<u16> {
    u16::try_from(number(frame, 1, 2)?).ok()
}

/// The number that stands in so many bytes from there, the highest first.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
