//! What a column shows, and how it is sorted and filtered.

use std::cmp::Ordering;
use std::sync::Arc;

use leptos::prelude::{AnyView, IntoAny as _};

/// What a column is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    /// As a person sorts words: in any case.
    Text(String),
    /// As a number.
    Number(f64),
    /// Not known: at the end.
    Unknown,
}

impl SortKey {
    /// A number, or not known.
    #[must_use]
    pub fn number(value: Option<f64>) -> Self {
        value.map_or(Self::Unknown, Self::Number)
    }
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Unknown, Self::Unknown) => Ordering::Equal,
            (Self::Number(_), _) | (Self::Text(_), Self::Unknown) => Ordering::Less,
            (Self::Unknown, _) | (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

type OfRow<T, V> = Box<dyn Fn(&T) -> V + Send + Sync>;

/// What is known of a column without its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) is_filter: bool,
    pub(super) is_hidden: bool,
    pub(super) is_number: bool,
}

/// One column of rows of `T`.
pub struct Column<T> {
    pub(super) head: Head,
    text: OfRow<T, String>,
    sort: Option<OfRow<T, SortKey>>,
    cell: Option<OfRow<T, AnyView>>,
}

impl<T: 'static> Column<T> {
    /// A column that shows a text. The text is also what is filtered and sorted by, and what tells a changed row from
    /// an unchanged one, so a `cell` must not show what the text does not hold.
    pub fn new(
        id: &'static str,
        title: &'static str,
        text: impl Fn(&T) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            head: Head {
                id,
                title,
                is_filter: false,
                is_hidden: false,
                is_number: false,
            },
            text: Box::new(text),
            sort: None,
            cell: None,
        }
    }

    /// Shows a view instead of the plain text: a link, a status.
    #[must_use]
    pub fn cell<V: leptos::prelude::IntoView + 'static>(
        mut self,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Self {
        self.cell = Some(Box::new(move |row| cell(row).into_any()));
        self
    }

    /// Sorts by something else than the text.
    #[must_use]
    pub fn sort_by(mut self, key: impl Fn(&T) -> SortKey + Send + Sync + 'static) -> Self {
        self.sort = Some(Box::new(key));
        self
    }

    /// A number: at the right, and sorted as such.
    #[must_use]
    pub fn number(mut self, value: impl Fn(&T) -> Option<f64> + Send + Sync + 'static) -> Self {
        self.head.is_number = true;
        self.sort_by(move |row| SortKey::number(value(row)))
    }

    /// Offers its values as a property to filter by.
    #[must_use]
    pub fn filter(mut self) -> Self {
        self.head.is_filter = true;
        self
    }

    /// Not shown until a person asks for it.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.head.is_hidden = true;
        self
    }
}

/// The rows of a table, whatever they are: all of a table but its columns is compiled once, not for each type of row.
pub(super) trait Listed: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// What a row is known by; none where there is no such row.
    fn key(&self, at: usize) -> Option<String>;
    /// What a column shows of a row; nothing where there is no such row or column.
    fn text(&self, at: usize, column: usize) -> String;
    /// What the row is sorted by.
    fn sort_key(&self, at: usize, column: usize) -> SortKey;
    /// The cell.
    fn view(&self, at: usize, column: usize) -> AnyView;
}

/// How rows of `T` are read.
pub(super) struct Reading<T> {
    pub(super) columns: Vec<Column<T>>,
    pub(super) key: fn(&T) -> String,
}

/// Rows, and how they are read.
pub(super) struct Read<T> {
    pub(super) rows: Arc<Vec<T>>,
    pub(super) reading: Arc<Reading<T>>,
}

impl<T> Read<T> {
    fn cell(&self, at: usize, column: usize) -> Option<(&T, &Column<T>)> {
        self.rows.get(at).zip(self.reading.columns.get(column))
    }
}

impl<T: Send + Sync + 'static> Listed for Read<T> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn key(&self, at: usize) -> Option<String> {
        self.rows.get(at).map(self.reading.key)
    }

    fn text(&self, at: usize, column: usize) -> String {
        let cell = self.cell(at, column);
        cell.map(|(row, column)| (column.text)(row))
            .unwrap_or_default()
    }

    fn sort_key(&self, at: usize, column: usize) -> SortKey {
        match self.cell(at, column) {
            Some((
                row,
                Column {
                    sort: Some(sort), ..
                },
            )) => sort(row),
            Some((row, column)) => SortKey::Text((column.text)(row).to_lowercase()),
            None => SortKey::Unknown,
        }
    }

    fn view(&self, at: usize, column: usize) -> AnyView {
        match self.cell(at, column) {
            Some((
                row,
                Column {
                    cell: Some(cell), ..
                },
            )) => cell(row),
            _ => self.text(at, column).into_any(),
        }
    }
}
