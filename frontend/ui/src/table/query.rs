//! What a person asks of a table: text, properties, order, page. Kept in the URL; decided here without a browser.

use std::collections::BTreeSet;

use super::column::{Head, Listed};

/// A property that rows must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The id of the column.
    pub column: String,
    /// The text that it must show, in any case.
    pub value: String,
}

/// What a person asks of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that some shown column must hold, in any case.
    pub text: String,
    /// Properties; of one column any, of several columns all.
    pub properties: Vec<Property>,
    /// The id of the column to sort by.
    pub sort: Option<String>,
    /// The largest first.
    pub is_descending: bool,
    /// The page, from 0.
    pub page: usize,
}

impl Query {
    /// From the URL's parameters; of other names nothing is taken.
    pub fn read<'a>(
        prefix: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut query = Self::default();
        for (name, value) in parameters {
            let Some(name) = name.strip_prefix(prefix) else {
                continue;
            };
            match name {
                "q" => value.clone_into(&mut query.text),
                "page" => {
                    query.page = value
                        .parse::<usize>()
                        .map_or(0, |page| page.saturating_sub(1))
                }
                "sort" => {
                    query.is_descending = value.starts_with('-');
                    query.sort = Some(value.trim_start_matches('-').to_owned());
                }
                _ => {
                    if let Some(column) = name.strip_prefix("is.") {
                        query.properties.push(Property {
                            column: column.to_owned(),
                            value: value.to_owned(),
                        });
                    }
                }
            }
        }
        query
    }

    /// As the URL's parameters; what is as usual is left out.
    #[must_use]
    pub fn write(&self, prefix: &str) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        let mut put =
            |name: &str, value: String| parameters.push((format!("{prefix}{name}"), value));
        if !self.text.is_empty() {
            put("q", self.text.clone());
        }
        for property in &self.properties {
            put(&format!("is.{}", property.column), property.value.clone());
        }
        if let Some(sort) = &self.sort {
            put(
                "sort",
                format!("{}{sort}", if self.is_descending { "-" } else { "" }),
            );
        }
        if self.page > 0 {
            put("page", (self.page + 1).to_string());
        }
        parameters
    }

    /// Whether a parameter of the URL is one of ours.
    #[must_use]
    pub fn owns(prefix: &str, name: &str) -> bool {
        name.strip_prefix(prefix)
            .is_some_and(|name| matches!(name, "q" | "page" | "sort") || name.starts_with("is."))
    }

    /// Nothing is filtered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.text.trim().is_empty() && self.properties.is_empty()
    }

    /// A click on a column's head: sort by it, then the other way, then not at all.
    pub fn turn(&mut self, column: &str) {
        let is_sorted = self.sort.as_deref() == Some(column);
        match (is_sorted, self.is_descending) {
            (true, true) => self.sort = None,
            (true, false) => {
                self.is_descending = true;
                return;
            }
            (false, _) => self.sort = Some(column.to_owned()),
        }
        self.is_descending = false;
    }

    /// The places of the rows that are asked for, in order, all pages.
    pub(super) fn arrange(&self, rows: &dyn Listed, heads: &[Head]) -> Vec<usize> {
        let text = self.text.trim().to_lowercase();
        // A link from another version of the page: a property that is not there hides nothing.
        let columns: BTreeSet<usize> = self
            .properties
            .iter()
            .filter_map(|property| place_of(heads, &property.column))
            .collect();
        let mut found: Vec<usize> = (0..rows.len())
            .filter(|at| {
                (text.is_empty() || holds(rows, *at, heads.len(), &text))
                    && columns
                        .iter()
                        .all(|column| self.has(rows, *at, *column, heads))
            })
            .collect();
        let sorted = self.sort.as_deref().and_then(|id| place_of(heads, id));
        if let Some(column) = sorted {
            found.sort_by_cached_key(|at| rows.sort_key(*at, column));
            if self.is_descending {
                found.reverse();
            }
        }
        found
    }

    /// Whether one of the properties that are asked of a column is the row's.
    fn has(&self, rows: &dyn Listed, at: usize, column: usize, heads: &[Head]) -> bool {
        let shown = rows.text(at, column);
        let id = heads.get(column).map(|head| head.id);
        self.properties
            .iter()
            .any(|one| Some(one.column.as_str()) == id && one.value.eq_ignore_ascii_case(&shown))
    }
}

fn holds(rows: &dyn Listed, at: usize, columns: usize, text: &str) -> bool {
    (0..columns).any(|column| rows.text(at, column).to_lowercase().contains(text))
}

/// Where the column with an id stands.
pub(super) fn place_of(heads: &[Head], id: &str) -> Option<usize> {
    heads.iter().position(|head| head.id == id)
}

/// The rows of one page; the last page where that one is not there any more.
#[must_use]
pub fn page_of(found: &[usize], page: usize, size: usize) -> (usize, &[usize]) {
    let pages = page_count(found.len(), size);
    let page = page.min(pages.saturating_sub(1));
    (
        page,
        found.chunks(size.max(1)).nth(page).unwrap_or_default(),
    )
}

/// How many pages there are; one at least.
#[must_use]
pub fn page_count(rows: usize, size: usize) -> usize {
    rows.div_ceil(size.max(1)).max(1)
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
