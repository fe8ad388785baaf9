//! A server that does what a test says with each request, and remembers what it was asked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: String,
    },
    /// The connection ends without a byte.
    Reset,
    /// The head of a 200, half a body, and the end of the connection.
    Half,
    /// No byte ever comes.
    Hang,
}

impl Reply {
    pub(crate) fn ok(body: impl ToString) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.to_string() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value));
        }
        self
    }
}

type Handler = Arc<Mutex<dyn FnMut(&Asked) -> Reply + Send>>;

impl Server {
    /// Answers each request with what `handler` says.
    pub(crate) async fn with(handler: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, handler): (_, Handler) = (Arc::clone(&asked), Arc::new(Mutex::new(handler)));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, Arc::clone(&handler), Arc::clone(&log)));
            }
        });
        Self { url, asked, _tasks: tasks }
    }

    /// Answers the first request with the first reply, and so on; the last is given to all that follow.
    pub(crate) async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: Vec<Reply> = replies.into_iter().collect();
        replies.reverse();
        Self::with(move |_| if replies.len() > 1 { replies.pop().unwrap() } else { replies[0].clone() }).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, handler: Handler, log: Arc<Mutex<Vec<Asked>>>) {
    while let Some(asked) = next_request(&mut socket).await {
        log.lock().unwrap().push(asked.clone());
        let reply = (handler.lock().unwrap())(&asked);
        match reply {
            Reply::Answer { status, headers, body } => {
                let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    write!(text, "{name}: {value}\r\n").unwrap();
                }
                socket.write_all(format!("{text}\r\n{body}").as_bytes()).await.unwrap();
            }
            Reply::Reset => return,
            Reply::Half => {
                let head = "HTTP/1.1 200 X\r\nrequest-id: req_half\r\ncontent-length: 100\r\n\r\n{\"id\":";
                socket.write_all(head.as_bytes()).await.unwrap();
                return;
            }
            Reply::Hang => std::future::pending().await,
        }
    }
}

async fn next_request(socket: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let mut asked = parse_head(std::str::from_utf8(&bytes[..end]).unwrap());
            let length = asked.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                read_more(socket, &mut body).await?;
            }
            asked.body = String::from_utf8(body).unwrap();
            return Some(asked);
        }
        read_more(socket, &mut bytes).await?;
    }
}

fn parse_head(head: &str) -> Asked {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Asked { method, target, headers, body: String::new() }
}

async fn read_more(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    match socket.read_buf(bytes).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}
