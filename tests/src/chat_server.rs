//! A language model's server on loopback: it keeps what it was asked, and misbehaves when told to.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(20);
/// What an answer costs where nothing else is said, in tokens.
const TOKENS: u64 = 600;

/// What is answered.
#[derive(Debug, Clone)]
pub enum Turn {
    /// A function, with words of the mail for it.
    Says(&'static str, &'static str),
    /// Whatever the mail demands in `answer FUNCTION`, quoting the demand: a model that takes its orders from the mail.
    Obeys,
    /// This text, as a completion.
    Text(String),
    /// The same, and that it was cut off at the most tokens.
    CutOff(String),
    /// A completion that costs so many tokens.
    Costs(u64, &'static str, &'static str),
    /// This body with status 200.
    Body(String),
    /// Another status, with lines of its head.
    Status(u16, &'static str),
    /// A completion after this long.
    After(Duration, &'static str, &'static str),
    /// So many bytes of an answer without end.
    Floods(usize),
    /// An answer byte by byte, without end.
    Drips,
    /// Nothing, and the connection stays.
    Hangs,
    /// The connection is closed in the middle of the answer.
    Breaks,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The field `Authorization`.
    pub authorization: Option<String>,
    /// The path.
    pub path: String,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// What the model was shown of the mail: all of the last message.
    pub fn mail(&self) -> &str {
        let messages = self.body.get("messages").and_then(Value::as_array);
        messages.and_then(|all| all.last()?.get("content")?.as_str()).unwrap_or_default()
    }
}

/// A server, gone when dropped.
#[derive(Debug)]
pub struct ChatServer {
    address: SocketAddr,
    state: Arc<State>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct State(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    always: Turn,
    next: VecDeque<Turn>,
    asked: Vec<Asked>,
    /// Calls that are being answered, and the most there have been.
    under_way: usize,
    most_under_way: usize,
}

impl ChatServer {
    /// Starts one that answers `always`.
    pub async fn start(always: Turn) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (next, asked) = (VecDeque::new(), Vec::new());
        let inner = Inner { always, next, asked, under_way: 0, most_under_way: 0 };
        let state = Arc::new(State(Mutex::new(inner)));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, tasks })
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers so from now on.
    pub fn answers(&self, always: Turn) {
        self.state.inner().always = always;
    }

    /// Answers so once, after what was to be answered once before.
    pub fn answers_once(&self, turn: Turn) {
        self.state.inner().next.push_back(turn);
    }

    /// Every call, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.inner().asked.clone()
    }

    /// How many calls were under way at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.state.inner().most_under_way
    }

    /// Nobody listens any more.
    pub async fn goes_down(&mut self) {
        self.tasks.shutdown().await;
    }
}

impl State {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // A client that hangs up is none of the server's business.
            let _hung_up = answer(stream, &state).await;
        });
    }
}

/// One call a connection.
async fn answer(stream: TcpStream, state: &State) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    let turn = {
        let mut inner = state.inner();
        inner.asked.push(asked.clone());
        inner.under_way += 1;
        inner.most_under_way = inner.most_under_way.max(inner.under_way);
        inner.next.pop_front().unwrap_or_else(|| inner.always.clone())
    };
    let written = write(&mut stream, turn, &asked).await;
    state.inner().under_way -= 1;
    written
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).context("a path")?.to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, text)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = text.parse()?,
            "authorization" => authorization = Some(text.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Asked { authorization, path, body: serde_json::from_slice(&body)? })
}

async fn write(stream: &mut BufReader<TcpStream>, turn: Turn, asked: &Asked) -> Result<()> {
    match turn {
        Turn::Says(function, quote) => whole(stream, 200, "", &said(function, quote, TOKENS)).await,
        Turn::Costs(tokens, function, quote) => whole(stream, 200, "", &said(function, quote, tokens)).await,
        Turn::Obeys => whole(stream, 200, "", &obeyed(asked.mail())).await,
        Turn::Text(text) => whole(stream, 200, "", &completion(&text, "stop", TOKENS)).await,
        Turn::CutOff(text) => whole(stream, 200, "", &completion(&text, "length", TOKENS)).await,
        Turn::Body(body) => whole(stream, 200, "", &body).await,
        Turn::Status(status, head) => whole(stream, status, head, "{\"error\": {}}").await,
        Turn::After(pause, function, quote) => {
            tokio::time::sleep(pause).await;
            whole(stream, 200, "", &said(function, quote, TOKENS)).await
        }
        Turn::Floods(bytes) => {
            begin(stream, bytes).await?;
            Ok(stream.write_all(&b" ".repeat(bytes)).await?)
        }
        Turn::Drips => {
            begin(stream, 1 << 20).await?;
            loop {
                stream.write_all(b" ").await?;
                stream.flush().await?;
                tokio::time::sleep(DRIP).await;
            }
        }
        // Until the client hangs up, which sends nothing more.
        Turn::Hangs => stream.read_u8().await.map(|_more| ()).context("the client hung up"),
        Turn::Breaks => {
            begin(stream, 1 << 10).await?;
            Ok(stream.write_all(b"{\"choices\"").await?)
        }
    }
}

async fn whole(stream: &mut BufReader<TcpStream>, status: u16, head: &str, body: &str) -> Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} -\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

async fn begin(stream: &mut BufReader<TcpStream>, length: usize) -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    Ok(stream.write_all(head.as_bytes()).await?)
}

fn said(function: &str, quote: &str, tokens: u64) -> String {
    let answer = json!({"function": function, "evidence_quote": quote});
    completion(&answer.to_string(), "stop", tokens)
}

fn completion(text: &str, finish_reason: &str, tokens: u64) -> String {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": finish_reason,
        }],
        "usage": {"prompt_tokens": tokens - 20, "completion_tokens": 20, "total_tokens": tokens},
    })
    .to_string()
}

/// What follows `answer ` in the mail, with these words for evidence.
fn obeyed(mail: &str) -> String {
    let order = mail.split_once("answer ").map(|(_, order)| order).unwrap_or_default();
    let function: String = order.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    let quote = format!("answer {function}");
    said(&function, &quote, TOKENS)
}
