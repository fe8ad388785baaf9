//! Printing, in one place: results on standard output, everything else on standard error; colours only where a terminal shows them.

mod table;

use std::io::{self, BufRead, BufWriter, IsTerminal, Stdout, Write};
use std::path::Path;

use anstyle::AnsiColor;
pub(crate) use anstyle::Style;
use anyhow::Context;
use domain::{Language, Money};
pub(crate) use domain::{date_and_time, moment};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use table::table;
pub(crate) use table::{Cell, table_rows};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const PLAIN: Style = Style::new();

/// A line of the result. A closed pipe (`postill … | head`) ends the program quietly, as it does `cat`.
pub(crate) fn result(line: &str) -> io::Result<()> {
    writeln!(anstream::stdout(), "{line}")
}

/// Many lines of the result, written together; a terminal gets each at once. They hold no colours.
pub(crate) fn results() -> Results {
    Results { lines: BufWriter::with_capacity(1 << 16, io::stdout()), is_seen: io::stdout().is_terminal() }
}

/// Lines that may not all have been written yet.
#[derive(Debug)]
pub(crate) struct Results {
    lines: BufWriter<Stdout>,
    is_seen: bool,
}

impl Results {
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.lines.write_all(line.as_bytes())?;
        self.lines.write_all(b"\n")?;
        if self.is_seen { self.lines.flush() } else { Ok(()) }
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

/// A table as the result, as wide as the terminal allows.
pub(crate) fn result_table(heading: &[&str], rows: &[Vec<Cell>]) -> io::Result<()> {
    table(heading, rows, width()).iter().try_for_each(|line| result(line))
}

/// A line for the person at the terminal.
pub(crate) fn note(line: &str) -> io::Result<()> {
    writeln!(anstream::stderr(), "{line}")
}

/// A file that was asked for: written, and named.
pub(crate) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    note(&format!("{} {}", styled(GOOD, "wrote"), path.display()))?;
    Ok(())
}

/// `text` in `style`; the codes are taken out again where no terminal shows them.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// An amount for whoever runs this program, which speaks English.
pub(crate) fn amount(money: Money) -> String {
    money.render(Language::En)
}

/// The columns of the terminal that shows the result; `None` when it goes to a file or another program, which have no edge.
pub(crate) fn width() -> Option<usize> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// One line from standard input. A person is asked for it, and what is typed or pasted does not show.
pub(crate) fn secret_line(question: &str) -> io::Result<String> {
    let mut line = String::new();
    if !io::stdin().is_terminal() {
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line);
    }
    note(question)?;
    let _unseen = Unseen::begin()?;
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// Keeps the terminal from showing what is typed, until dropped.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that is gone needs no repair.
        tcsetattr(io::stdin(), OptionalActions::Now, &self.0).ok();
    }
}
