use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::process::{Process, free_port};
use crate::waiting::{wait_for, wait_until};

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
/// How long a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Under which an answer of the driver names an element (W3C `WebDriver`, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Where files are kept, in the folder of the driver.
const DOWNLOADS: &str = "downloads";
/// Keys as a driver is told them (the same, section 17.4.2).
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const CONTROL: char = '\u{e009}';
/// What nobody would press to reach something; round a whole page, whatever is on it.
const TABS: u32 = 200;

/// Whether the browser runs scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As everybody's does.
    On,
    /// Switched off in its settings.
    Off,
}

/// What somebody works a page with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// A mouse, and keys where something is typed.
    Mouse,
    /// Keys alone: whatever is wanted is reached with the tabulator.
    Keyboard,
}

/// How somebody looks at a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// `light` or `dark`, as the system is set.
    pub scheme: &'static str,
    /// Of the window, in CSS pixels.
    pub width: u32,
}

/// A Chromium of its own, without a window, driven as a person would: by what is on the page. Gone with this value.
///
/// It speaks the W3C protocol `WebDriver` itself, a dozen requests: the libraries for it change how `serde_json` orders keys, for all that is built
/// beside them.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    /// The address of the session.
    session: String,
    hands: Hands,
    /// The driver, and in its group the browser.
    process: Process,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // What cannot be killed here is killed by the will of the process.
        self.process.kill_group().ok();
    }
}

impl Browser {
    /// Starts it. Fails, and says what to install, where there is no Chromium with its driver.
    pub async fn open(scripts: Scripts) -> Result<Self> {
        for program in [CHROMIUM, DRIVER] {
            ensure!(
                Path::new(program).exists(),
                "{program} is missing: install the packages chromium and chromium-driver, or use tests/run"
            );
        }
        let mut process = Process::new("browser")?;
        let port = free_port()?;
        let mut command = Command::new(DRIVER);
        command.arg(format!("--port={port}")).env("HOME", process.folder());
        process.start(&mut command)?;
        // Fails when a provider is there already, and then there is one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let sessions = format!("http://127.0.0.1:{port}/session");
        let wanted = capabilities(scripts, process.folder());
        let answer = wait_for("chromedriver to answer", PATIENCE, async || {
            Ok(asked(&client, Method::POST, &sessions, Some(&wanted)).await.ok())
        })
        .await
        .with_context(|| process.last_words())?;
        let id = answer.pointer("/sessionId").and_then(Value::as_str).context("no session")?;
        Ok(Self { session: format!("{sessions}/{id}"), client, hands: Hands::Mouse, process })
    }

    /// The same, worked otherwise.
    #[must_use]
    pub fn with(mut self, hands: Hands) -> Self {
        self.hands = hands;
        self
    }

    /// Opens an address.
    pub async fn go(&self, url: &str) -> Result<()> {
        self.post("url", json!({ "url": url })).await
    }

    /// Where it is.
    pub async fn address(&self) -> Result<String> {
        self.text_at("url").await
    }

    /// All words of the page that can be seen, with single blanks.
    pub async fn words(&self) -> Result<String> {
        let body = self.element("css selector", "body").await?;
        let text = self.text_at(&format!("element/{body}/text")).await?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The page as the browser has it.
    pub async fn source(&self) -> Result<String> {
        self.text_at("source").await
    }

    /// Waits until the page shows a text.
    pub async fn sees(&self, text: &str) -> Result<()> {
        let what = format!("the page to show {text:?}");
        let seen = wait_until(&what, PATIENCE, async || {
            Ok(self.words().await.is_ok_and(|words| words.contains(text)))
        });
        if let Err(error) = seen.await {
            let words = self.words().await.unwrap_or_default();
            return Err(error.context(format!("{}\n{words}", self.address().await?)));
        }
        Ok(())
    }

    /// Types into the field with a label, in place of what stands there.
    pub async fn types(&self, label: &str, text: &str) -> Result<()> {
        let path = format!("//*[@id = //label[contains(normalize-space(.), \"{label}\")]/@for]");
        let field = self.element("xpath", &path).await?;
        match self.hands {
            Hands::Mouse => {
                self.post(&format!("element/{field}/clear"), json!({})).await?;
                self.post(&format!("element/{field}/value"), json!({ "text": text })).await
            }
            Hands::Keyboard => {
                self.tabs_to(&field).await.with_context(|| format!("to the field {label:?}"))?;
                self.strikes(&[down(CONTROL), down('a'), up('a'), up(CONTROL)]).await?;
                self.keys(text).await
            }
        }
    }

    /// Presses the first button, or follows the first link, with a text within what a selector selects.
    pub async fn presses(&self, within: &str, text: &str) -> Result<()> {
        let path = format!(
            ".//*[(self::button or self::a or self::summary) and contains(normalize-space(.), \"{text}\")]"
        );
        let place = self.element("css selector", within).await?;
        let wanted = json!({ "using": "xpath", "value": path });
        let found = self.ask(&format!("element/{place}/element"), wanted).await;
        let pressed = name_of(&found.with_context(|| format!("no {text:?} in {within}"))?)?;
        match self.hands {
            Hands::Mouse => self.post(&format!("element/{pressed}/click"), json!({})).await,
            Hands::Keyboard => {
                self.tabs_to(&pressed).await.with_context(|| format!("to {text:?} in {within}"))?;
                self.keys(ENTER).await
            }
        }
    }

    /// Presses the tabulator until an element has the focus.
    async fn tabs_to(&self, element: &str) -> Result<()> {
        for _ in 0..TABS {
            if self.focused().await? == element {
                return Ok(());
            }
            self.keys(TAB).await?;
        }
        bail!("the tabulator does not lead there")
    }

    /// Presses one key after the other, wherever the focus is.
    pub async fn keys(&self, keys: &str) -> Result<()> {
        let strokes: Vec<Value> = keys.chars().flat_map(|key| [down(key), up(key)]).collect();
        self.strikes(&strokes).await
    }

    async fn strikes(&self, strokes: &[Value]) -> Result<()> {
        self.post("actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }))
            .await
    }

    /// What has the focus: its words, or its name.
    pub async fn focus(&self) -> Result<String> {
        let focus = self.focused().await?;
        let words = self.text_at(&format!("element/{focus}/text")).await?;
        if words.is_empty() {
            self.text_at(&format!("element/{focus}/attribute/name")).await
        } else {
            Ok(words)
        }
    }

    /// Waits for a file that the page gave to be kept, and says where it lies.
    pub async fn keeps(&self) -> Result<PathBuf> {
        let folder = self.process.folder().join(DOWNLOADS);
        wait_for("a file to be kept", PATIENCE, async || {
            let files = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
            Ok(files.map(|file| file.path()).find(|path| path.extension() != Some("crdownload".as_ref())))
        })
        .await
    }

    /// From now on pages are looked at like this.
    pub async fn views(&self, view: View) -> Result<()> {
        let scheme = json!({ "name": "prefers-color-scheme", "value": view.scheme });
        self.tells("Emulation.setEmulatedMedia", json!({ "features": [scheme] })).await?;
        let size = json!({ "width": view.width, "height": 1_000, "deviceScaleFactor": 1, "mobile": false });
        self.tells("Emulation.setDeviceMetricsOverride", size).await
    }

    /// What of the page somebody could not see, reach or understand, a line each.
    pub async fn barriers(&self) -> Result<Vec<String>> {
        let script = json!({ "script": include_str!("browser/inspection.js"), "args": [] });
        Ok(serde_json::from_value(self.ask("execute/sync", script).await?)?)
    }

    /// The address of the first link that begins so.
    pub async fn link(&self, beginning: &str) -> Result<String> {
        let link = self.element("css selector", &format!("main a[href^=\"{beginning}\"]")).await?;
        self.text_at(&format!("element/{link}/property/href")).await
    }

    /// A command of Chromium's own protocol.
    async fn tells(&self, command: &str, parameters: Value) -> Result<()> {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    /// Whether a selector finds something.
    pub async fn has(&self, selector: &str) -> Result<bool> {
        let found = self.ask("elements", json!({ "using": "css selector", "value": selector })).await?;
        Ok(found.as_array().is_some_and(|elements| !elements.is_empty()))
    }

    async fn focused(&self) -> Result<String> {
        name_of(&asked(&self.client, Method::GET, &self.at("element/active"), None).await?)
    }

    async fn element(&self, using: &str, value: &str) -> Result<String> {
        let found = self.ask("element", json!({ "using": using, "value": value })).await;
        name_of(&found.with_context(|| format!("nothing is at {value}"))?)
    }

    /// A text; none is the empty one.
    async fn text_at(&self, path: &str) -> Result<String> {
        let answer = asked(&self.client, Method::GET, &self.at(path), None).await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    async fn post(&self, path: &str, body: Value) -> Result<()> {
        self.ask(path, body).await.map(drop)
    }

    async fn ask(&self, path: &str, body: Value) -> Result<Value> {
        asked(&self.client, Method::POST, &self.at(path), Some(&body)).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.session)
    }
}

fn down(key: char) -> Value {
    json!({ "type": "keyDown", "value": key })
}

fn up(key: char) -> Value {
    json!({ "type": "keyUp", "value": key })
}

/// One request to the driver, and the value it answers.
async fn asked(client: &Client, method: Method, url: &str, body: Option<&Value>) -> Result<Value> {
    let request = client.request(method, url);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer: Value = request.send().await?.json().await?;
    let value = answer.get("value").cloned().unwrap_or_default();
    match value.pointer("/error").and_then(Value::as_str) {
        Some(error) => {
            bail!("{error}: {}", value.pointer("/message").and_then(Value::as_str).unwrap_or_default())
        }
        None => Ok(value),
    }
}

fn name_of(element: &Value) -> Result<String> {
    Ok(element.get(ELEMENT).and_then(Value::as_str).context("that is no element")?.to_owned())
}

fn capabilities(scripts: Scripts, folder: &Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
        &profile,
    ];
    let scripts = match scripts {
        Scripts::On => 1,
        Scripts::Off => 2,
    };
    let settings = json!({
        "profile.managed_default_content_settings.javascript": scripts,
        "download.default_directory": folder.join(DOWNLOADS),
    });
    let options = json!({ "binary": CHROMIUM, "args": arguments, "prefs": settings });
    json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } })
}
