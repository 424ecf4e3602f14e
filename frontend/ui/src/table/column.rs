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

type OfRow<T, V> = Arc<dyn Fn(&T) -> V + Send + Sync>;

/// One column of rows of `T`.
pub struct Column<T> {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) text: OfRow<T, String>,
    pub(super) sort: Option<OfRow<T, SortKey>>,
    pub(super) cell: Option<OfRow<T, AnyView>>,
    pub(super) is_filter: bool,
    pub(super) is_hidden: bool,
    pub(super) is_number: bool,
}

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        Self {
            text: Arc::clone(&self.text),
            sort: self.sort.clone(),
            cell: self.cell.clone(),
            ..*self
        }
    }
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
            id,
            title,
            text: Arc::new(text),
            sort: None,
            cell: None,
            is_filter: false,
            is_hidden: false,
            is_number: false,
        }
    }

    /// Shows a view instead of the plain text: a link, a status.
    #[must_use]
    pub fn cell<V: leptos::prelude::IntoView + 'static>(
        mut self,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Self {
        self.cell = Some(Arc::new(move |row| cell(row).into_any()));
        self
    }

    /// Sorts by something else than the text.
    #[must_use]
    pub fn sort_by(mut self, key: impl Fn(&T) -> SortKey + Send + Sync + 'static) -> Self {
        self.sort = Some(Arc::new(key));
        self
    }

    /// A number: at the right, and sorted as such.
    #[must_use]
    pub fn number(mut self, value: impl Fn(&T) -> Option<f64> + Send + Sync + 'static) -> Self {
        self.is_number = true;
        self.sort_by(move |row| SortKey::number(value(row)))
    }

    /// Offers its values as a property to filter by.
    #[must_use]
    pub fn filter(mut self) -> Self {
        self.is_filter = true;
        self
    }

    /// Not shown until a person asks for it.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    pub(super) fn sort_key(&self, row: &T) -> SortKey {
        match &self.sort {
            Some(sort) => sort(row),
            None => SortKey::Text((self.text)(row).to_lowercase()),
        }
    }

    pub(super) fn view(&self, row: &T) -> AnyView {
        match &self.cell {
            Some(cell) => cell(row),
            None => (self.text)(row).into_any(),
        }
    }
}
