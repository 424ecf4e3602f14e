//! Where results go: tables and lines for people, the API's own answers for scripts.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use console::Term;

use crate::text::clean;

/// How a cell is meant. Only verdicts are coloured; the word always says it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Neither.
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// Not as it should be.
    Bad,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell with a meaning.
    pub fn toned(text: impl ToString, tone: Tone) -> Self {
        Self {
            text: clean(&text.to_string()),
            tone,
        }
    }

    /// Yes is good, no is bad.
    #[must_use]
    pub fn good_if(is_good: bool) -> Self {
        if is_good {
            Self::toned("yes", Tone::Good)
        } else {
            Self::toned("no", Tone::Bad)
        }
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// A row of cells.
#[macro_export]
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$($crate::screen::Cell::from($cell)),*] };
}

/// Standard output and standard error.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Columns of the terminal; none when standard output is not one.
    width: Option<u16>,
    colour: bool,
    json: bool,
}

impl Screen {
    /// That of this process. `NO_COLOR` (no-color.org) and a dumb terminal turn colours off.
    #[must_use]
    pub fn of_process() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
        let width = is_terminal.then(|| Term::stdout().size().1);
        let colour = is_terminal && set("NO_COLOR").is_none() && !is_dumb;
        Self::new(
            Box::new(io::stdout()),
            Box::new(io::stderr()),
            width,
            colour,
        )
    }

    /// Writes to these. `width` makes it a terminal.
    #[must_use]
    pub fn new(
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        width: Option<u16>,
        colour: bool,
    ) -> Self {
        Self {
            out,
            err,
            width,
            colour,
            json: false,
        }
    }

    pub(crate) fn for_scripts(&mut self, json: bool) {
        self.json = json;
    }

    /// Scripts read it: nothing but the API's answers on standard output.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A person looks at it as it comes.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.width.is_some() && !self.json
    }

    /// An answer of the API, as it is, on one line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn answer(&mut self, raw: &str) -> io::Result<()> {
        writeln!(self.out, "{}", raw.trim_end())?;
        self.out.flush()
    }

    /// A line for a person.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", clean(text))?;
        self.out.flush()
    }

    /// Something about the result that is not the result: on standard error, and not for scripts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        writeln!(self.err, "{}", clean(text))
    }

    /// Lines that were made harmless already, on standard output.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn block(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{text}")?;
        self.out.flush()
    }

    /// A failure, on standard error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn failure(&mut self, text: &str) -> io::Result<()> {
        write!(self.err, "{text}")
    }

    /// A table; a line that says `nothing` when there are no rows.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn table(
        &mut self,
        headings: &[&str],
        rows: Vec<Vec<Cell>>,
        nothing: &str,
    ) -> io::Result<()> {
        if rows.is_empty() {
            return self.line(nothing);
        }
        let text = self.drawn(headings, rows);
        self.block(&text)
    }

    /// Names and values under each other.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn facts(&mut self, facts: Vec<(&str, Cell)>) -> io::Result<()> {
        let rows = facts
            .into_iter()
            .map(|(name, value)| vec![Cell::from(name), value])
            .collect();
        let text = self.drawn(&[], rows);
        self.block(&text)
    }

    fn drawn(&self, headings: &[&str], rows: Vec<Vec<Cell>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.force_no_tty();
        if self.colour {
            table.enforce_styling();
        }
        if let Some(width) = self.width {
            table.set_width(width);
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if !headings.is_empty() {
            table.set_header(headings.iter().map(|name| name.to_uppercase()));
        }
        for row in rows {
            table.add_row(row.into_iter().map(drawn_cell));
        }
        if let Some(width) = self.width {
            keep_ids_whole(&mut table, width);
        }
        // Nothing to the left of the first column, two spaces between columns.
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((if index == 0 { 0 } else { 1 }, 1));
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Where there is room, only columns of running text are wrapped: an id in two pieces cannot be copied.
fn keep_ids_whole(table: &mut Table, width: u16) {
    /// Columns up to this wide are kept whole whatever they hold: a status, a count, a time.
    const SHORT: u16 = 22;
    /// What a column of running text needs at least, in characters.
    const LEAST_TEXT: u16 = 16;
    /// Spaces around a column.
    const PADDING: u16 = 2;
    let widths = table.column_max_content_widths();
    let whole: Vec<bool> = table
        .column_iter()
        .zip(&widths)
        .map(|(column, content)| {
            let is_text = table
                .column_cells_iter(column.index)
                .flatten()
                .any(|cell| cell.content().contains(' '));
            *content <= SHORT || !is_text
        })
        .collect();
    let needed = widths.iter().zip(&whole).map(|(content, whole)| {
        let text = if *whole { *content } else { LEAST_TEXT };
        text.saturating_add(PADDING)
    });
    if needed.fold(0, u16::saturating_add) > width {
        return;
    }
    for (column, _) in table
        .column_iter_mut()
        .zip(whole)
        .filter(|(_, whole)| *whole)
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
}

fn drawn_cell(cell: Cell) -> comfy_table::Cell {
    let drawn = comfy_table::Cell::new(cell.text);
    match cell.tone {
        Tone::Plain => drawn,
        Tone::Good => drawn.fg(comfy_table::Color::Green),
        Tone::Doubtful => drawn.fg(comfy_table::Color::Yellow),
        Tone::Bad => drawn.fg(comfy_table::Color::Red),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Cell, Screen, Tone};

    fn drawn(width: Option<u16>, colour: bool) -> String {
        let screen = Screen::new(Box::new(io::sink()), Box::new(io::sink()), width, colour);
        let rows = vec![
            row!["web-01\u{1b}[2J", Cell::toned("LAUNCHED", Tone::Good)],
            row![
                "a name that is rather longer than that",
                Cell::good_if(false)
            ],
        ];
        screen.drawn(&["name", "status"], rows)
    }

    #[test]
    fn a_table_in_a_pipe_has_a_line_for_each_row_and_neither_colours_nor_control_characters() {
        let text = drawn(None, false);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.starts_with("NAME  "), "{text:?}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn an_id_is_kept_whole_while_the_text_beside_it_is_wrapped() {
        let screen = Screen::new(Box::new(io::sink()), Box::new(io::sink()), Some(70), false);
        let id = "exec-00000000-0000-4000-8000-000000000001";
        let reason = "a long reason that does not fit beside an id on such a narrow terminal";
        let text = screen.drawn(&["id", "why"], vec![row![id, reason]]);
        assert!(text.contains(id), "{text}");
        assert!(text.lines().count() > 2, "{text}");
    }

    #[test]
    fn a_table_on_a_terminal_keeps_to_its_width_and_colours_verdicts() {
        let text = drawn(Some(30), true);
        assert!(text.contains("\u{1b}["), "{text:?}");
        assert!(text.lines().count() > 3, "{text}");
        for line in text.lines() {
            let width = console::measure_text_width(line);
            assert!(width <= 30, "{width}: {line:?}");
        }
    }
}
