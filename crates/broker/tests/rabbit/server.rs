//! A RabbitMQ to test against: the one of `POSTILL_TEST_AMQP_URL` and `POSTILL_TEST_RABBITMQ_API`, or a private one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use broker::AmqpUrl;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::sleep;

/// One for all tests of this program. Tests that stop, freeze or starve a broker start their own.
pub(crate) async fn shared() -> &'static Server {
    static SHARED: OnceCell<Server> = OnceCell::const_new();
    SHARED.get_or_init(Server::shared).await
}

pub(crate) struct Server {
    authority: String,
    api: String,
    private: Option<Private>,
}

/// The largest message a private broker takes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

impl Server {
    async fn shared() -> Self {
        match (setting("POSTILL_TEST_AMQP_URL"), setting("POSTILL_TEST_RABBITMQ_API")) {
            (Some(url), Some(api)) => {
                let authority = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
                let api = api.trim_start_matches("http://").split('/').next().unwrap();
                let api = api.rsplit('@').next().unwrap().to_owned();
                Self { authority: authority.to_owned(), api, private: None }
            }
            _ => Self::private().await,
        }
    }

    pub(crate) async fn private() -> Self {
        let mut private = Private::prepare();
        private.start().await;
        let authority = format!("guest:guest@127.0.0.1:{}", private.amqp_port);
        let api = format!("127.0.0.1:{}", private.api_port);
        Self { authority, api, private: Some(private) }
    }

    pub(crate) fn url(&self, vhost: &str) -> AmqpUrl {
        format!("amqp://{}/{vhost}", self.authority).parse().unwrap()
    }

    pub(crate) fn url_as(&self, user: &str, password: &str, vhost: &str) -> AmqpUrl {
        let address = self.authority.rsplit('@').next().unwrap();
        format!("amqp://{user}:{password}@{address}/{vhost}").parse().unwrap()
    }

    pub(crate) fn create_vhost(&self, vhost: &str) {
        let user = self.authority.split(':').next().unwrap();
        self.request("PUT", &format!("/api/vhosts/{vhost}"), "");
        let all = r#"{"configure":".*","write":".*","read":".*"}"#;
        self.request("PUT", &format!("/api/permissions/{vhost}/{user}"), all);
    }

    pub(crate) fn delete_vhost(&self, vhost: &str) {
        self.request("DELETE", &format!("/api/vhosts/{vhost}"), "");
    }

    pub(crate) fn create_user(&self, user: &str, password: &str) {
        let body = format!(r#"{{"password":"{password}","tags":""}}"#);
        self.request("PUT", &format!("/api/users/{user}"), &body);
    }

    fn request(&self, method: &str, path: &str, body: &str) {
        let credentials = BASE64_STANDARD.encode(self.authority.split('@').next().unwrap());
        let mut socket = TcpStream::connect(&self.api).unwrap();
        let length = body.len();
        write!(
            socket,
            "{method} {path} HTTP/1.0\r\nauthorization: Basic {credentials}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 2") || answer.starts_with("HTTP/1.0 2"),
            "{method} {path}: {answer}"
        );
    }

    fn mine(&self) -> &Private {
        self.private.as_ref().expect("only a private broker may be disturbed")
    }

    /// As a power cut: nothing is closed, nothing is flushed.
    pub(crate) fn kill(&self) {
        self.mine().signal("-KILL");
    }

    pub(crate) fn freeze(&self) {
        self.mine().signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.mine().signal("-CONT");
    }

    pub(crate) async fn start_again(&mut self) {
        self.private.as_mut().expect("only a private broker may be restarted").start().await;
    }

    /// A memory alarm, or its end.
    pub(crate) fn set_memory_limit(&self, fraction: &str) {
        let private = self.mine();
        let mut ctl = Command::new(private.sbin.join("rabbitmqctl"));
        let done =
            private.environment(&mut ctl).args(["-q", "set_vm_memory_high_watermark", fraction]).status();
        assert!(done.unwrap().success());
    }
}

struct Private {
    sbin: PathBuf,
    folder: TempDir,
    amqp_port: u16,
    api_port: u16,
    dist_port: u16,
    epmd_port: u16,
    vm: Option<Running>,
    _epmd: Running,
}

/// A process that dies with this one: its shell kills it when the pipe to it closes.
struct Running {
    shell: Child,
    pid: u32,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut pid = String::new();
        BufReader::new(shell.stdout.as_mut().unwrap()).read_line(&mut pid).unwrap();
        Self { shell, pid: pid.trim().parse().unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

impl Private {
    fn prepare() -> Self {
        let sbin = installed();
        let [amqp_port, api_port, dist_port, epmd_port] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "listeners.tcp.local = 127.0.0.1:{amqp_port}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = \
             {api_port}\nmanagement_agent.disable_metrics_collector = true\nmax_message_size = {MAX_MESSAGE_BYTES}\n\
             disk_free_limit.absolute = 50MB\nlog.file.level = warning\n"
        );
        fs::write(folder.path().join("rabbitmq.conf"), config).unwrap();
        fs::write(folder.path().join("enabled_plugins"), "[rabbitmq_management].").unwrap();
        let script =
            format!("epmd -port {epmd_port} </dev/null >/dev/null 2>&1 & echo $!; cat; kill -KILL $!");
        let epmd = Running::start(Command::new("sh").args(["-c", &script]));
        Self { sbin, folder, amqp_port, api_port, dist_port, epmd_port, vm: None, _epmd: epmd }
    }

    async fn start(&mut self) {
        let server = self.sbin.join("rabbitmq-server");
        let log = self.folder.path().join("console.log");
        let script = r#""$0" -noinput </dev/null >>"$1" 2>&1 & echo $!; cat; kill -KILL $! 2>/dev/null"#;
        let mut shell = Command::new("sh");
        self.environment(shell.args(["-c", script]).arg(server).arg(&log));
        self.vm = Some(Running::start(&mut shell));
        let deadline = Instant::now() + Duration::from_mins(2);
        while !greets(self.amqp_port) {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < deadline, "rabbitmq-server did not start: {}", said());
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = |name: &str| self.folder.path().join(name);
        command
            .env("HOME", self.folder.path())
            .env("RABBITMQ_NODENAME", format!("test{}@localhost", self.amqp_port))
            .env("RABBITMQ_NODE_PORT", self.amqp_port.to_string())
            .env("RABBITMQ_DIST_PORT", self.dist_port.to_string())
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", path("data"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_SCHEMA_DIR", path("schema"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", path("generated"))
            .env("RABBITMQ_ALLOW_INPUT", "1")
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+sbwt none +sbwtdcpu none +sbwtdio none")
    }

    fn signal(&self, signal: &str) {
        let pid = self.vm.as_ref().unwrap().pid.to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

/// The port is open seconds before the broker can be used; it can when it answers AMQP.
fn greets(port: u16) -> bool {
    let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut first = [0];
    socket.write_all(b"AMQP\x00\x00\x09\x01").is_ok() && socket.read_exact(&mut first).is_ok()
}

fn installed() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    let sbins = versions.map(|version| version.path().join("sbin"));
    let found = sbins.max().filter(|sbin: &PathBuf| Path::exists(&sbin.join("rabbitmq-server")));
    found.expect(
        "no RabbitMQ: apt-get install rabbitmq-server, or set POSTILL_TEST_AMQP_URL and _RABBITMQ_API",
    )
}

fn free_ports() -> [u16; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

#[allow(clippy::disallowed_methods, reason = "where the tests find a broker is not a setting of the program")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
