//! Requests of HTTP/1.1 with a length, one after the other.

use super::proxy::{Cut, Cutter};
use super::{Piece, Then};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What a worker asks of Stripe.
#[derive(Debug)]
pub(super) struct Requests;

impl Cutter for Requests {
    fn cut(&mut self, buffer: &mut Vec<u8>) -> Option<Cut> {
        let head = buffer.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD)?;
        let text = String::from_utf8_lossy(buffer.get(..head)?).into_owned();
        let length = head + END_OF_HEAD.len() + length_of_body(&text);
        if buffer.len() < length {
            return None;
        }
        let piece = Piece { name: format!("stripe: {}", name(&text)?), then: Then::Answer };
        Some(Cut { bytes: buffer.drain(..length).collect(), piece: Some(piece) })
    }
}

fn length_of_body(head: &str) -> usize {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or_default()
}

/// `GET /v1/subscriptions/{id}`: without its parameters, and alike for every object.
fn name(head: &str) -> Option<String> {
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?.split('?').next()?);
    let part = |part: &str| {
        if part.contains('_') && part.contains(char::is_numeric) {
            "{id}".to_owned()
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = path.split('/').map(part).collect();
    Some(format!("{method} {}", parts.join("/")))
}
