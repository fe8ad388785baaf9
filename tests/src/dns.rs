//! A name server on loopback that serves texts, and misbehaves when told to.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// The largest answer given over UDP, in bytes; of a longer one only the notice that it is to be fetched over TCP.
const UDP_BYTES: usize = 1_200;
const TXT: u16 = 16;
const A: u16 = 1;
const CNAME: u16 = 5;

/// What is answered for a name. A name that is not known does not exist.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Texts, each split as the format demands, and how long they may be kept, in seconds.
    Texts(Vec<String>, u32),
    /// The name exists, and has no text.
    Empty,
    /// An address instead of a text.
    WrongType,
    /// The name is another's.
    Alias(String),
    /// The server failed.
    Failure,
    /// The server will not say.
    Refusal,
    /// Bytes that are no answer.
    Rubbish,
    /// Nothing at all.
    Silence,
}

/// A name server, gone when dropped.
#[derive(Debug)]
pub struct NameServer {
    /// Where it listens, over UDP and TCP.
    pub address: SocketAddr,
    zone: Arc<Zone>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Zone {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<String>>,
}

impl NameServer {
    /// Starts one that knows nothing yet.
    pub async fn start() -> Result<Self> {
        let (udp, tcp) = sockets().await?;
        let address = udp.local_addr()?;
        let zone = Arc::new(Zone::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, Arc::clone(&zone)));
        tasks.spawn(serve_tcp(tcp, Arc::clone(&zone)));
        Ok(Self { address, zone, _tasks: tasks })
    }

    /// Answers `name`, without a dot at its end, from now on.
    pub fn answers(&self, name: &str, answer: Answer) {
        self.zone.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answer);
    }

    /// Serves one text for an hour.
    pub fn serves(&self, name: &str, text: &str) {
        self.answers(name, Answer::Texts(vec![text.to_owned()], 3_600));
    }

    /// The names that were asked for, oldest first; over TCP again when the answer was too long for UDP.
    pub fn asked(&self) -> Vec<String> {
        self.zone.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The same port for both, which the system picks for one.
async fn sockets() -> Result<(UdpSocket, TcpListener)> {
    for _ in 0..20 {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr()?).await {
            return Ok((udp, tcp));
        }
    }
    bail!("no port is free for both UDP and TCP")
}

async fn serve_udp(socket: UdpSocket, zone: Arc<Zone>) {
    let mut buffer = [0; 4_096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let query = buffer.get(..length).unwrap_or_default();
        let Ok(Some(answer)) = zone.answer(query) else { continue };
        let answer = if answer.len() > UDP_BYTES { truncated(query, &answer) } else { answer };
        if socket.send_to(&answer, from).await.is_err() {
            return;
        }
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Zone>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let zone = Arc::clone(&zone);
        connections.spawn(async move {
            // A client that hangs up is none of the server's business.
            let _hung_up = serve_stream(stream, &zone).await;
        });
    }
}

async fn serve_stream(mut stream: TcpStream, zone: &Zone) -> Result<()> {
    loop {
        let mut query = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut query).await?;
        if let Some(answer) = zone.answer(&query)? {
            stream.write_u16(u16::try_from(answer.len())?).await?;
            stream.write_all(&answer).await?;
        }
    }
}

impl Zone {
    fn answer(&self, query: &[u8]) -> Result<Option<Vec<u8>>> {
        let (name, question) = question(query)?;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records: Vec<Vec<u8>> = Vec::new();
        let mut code = 0;
        match answers.get(&name) {
            None => code = 3,
            Some(Answer::Texts(texts, ttl)) => {
                records.extend(texts.iter().map(|text| record(TXT, *ttl, &txt(text))));
            }
            Some(Answer::Empty) => {}
            Some(Answer::WrongType) => records.push(record(A, 3_600, &[127, 0, 0, 1])),
            Some(Answer::Alias(other)) => {
                records.push(record(CNAME, 3_600, &labels(other)));
                if let Some(Answer::Texts(texts, ttl)) = answers.get(other) {
                    records
                        .extend(texts.iter().map(|text| named_record(&labels(other), TXT, *ttl, &txt(text))));
                }
            }
            Some(Answer::Failure) => code = 2,
            Some(Answer::Refusal) => code = 5,
            Some(Answer::Rubbish) => {
                return Ok(Some([query.get(..2).unwrap_or_default(), &[0xff; 40]].concat()));
            }
            Some(Answer::Silence) => return Ok(None),
        }
        Ok(Some(message(query, &question, code, &records)?))
    }
}

/// The name that is asked for, in lower case, and the question as it stands.
fn question(query: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at).context("a label")?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length).context("a label")?).to_lowercase());
        at += length;
    }
    Ok((labels.join("."), query.get(12..at + 4).context("a type and a class")?.to_vec()))
}

fn message(query: &[u8], question: &[u8], code: u8, records: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut answer = query.get(..2).context("an id")?.to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1]);
    answer.extend(u16::try_from(records.len())?.to_be_bytes());
    answer.extend([0, 0, 0, 0]);
    answer.extend(question);
    answer.extend(records.concat());
    Ok(answer)
}

/// The head of an answer, with the bit that says there is more.
fn truncated(query: &[u8], answer: &[u8]) -> Vec<u8> {
    let question = question(query).map(|(_, question)| question).unwrap_or_default();
    let id = answer.get(..2).unwrap_or_default();
    [id, &[0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0], &question].concat()
}

fn record(kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    named_record(&[0xc0, 12], kind, ttl, data)
}

fn named_record(name: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    [name, &kind.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

fn txt(text: &str) -> Vec<u8> {
    let piece = |piece: &[u8]| [&[u8::try_from(piece.len()).unwrap_or(u8::MAX)], piece].concat();
    text.as_bytes().chunks(255).flat_map(piece).collect()
}

fn labels(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).unwrap_or(u8::MAX)], label.as_bytes()].concat();
    name.split('.').flat_map(label).chain([0]).collect()
}
