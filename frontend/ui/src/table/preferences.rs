//! How a person wants to see a table, kept in this browser.

use std::collections::BTreeSet;

/// Page sizes to choose from; the last shows everything, drawn as far as it is seen.
pub const PAGE_SIZES: [usize; 4] = [20, 50, 100, 100_000];

/// How a person wants to see a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// Rows on a page.
    pub page_size: usize,
    /// Ids of columns that are not shown.
    pub hidden: BTreeSet<String>,
}

impl Preferences {
    /// As the table's author meant it.
    pub fn usual<'a>(hidden: impl Iterator<Item = &'a str>) -> Self {
        Self {
            page_size: PAGE_SIZES.first().copied().unwrap_or(20),
            hidden: hidden.map(str::to_owned).collect(),
        }
    }

    /// From its stored form, `20;region,lag`; none where it is not one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (size, hidden) = text.split_once(';')?;
        let page_size = size.parse().ok().filter(|size| PAGE_SIZES.contains(size))?;
        Some(Self {
            page_size,
            hidden: hidden
                .split(',')
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Its stored form.
    #[must_use]
    pub fn write(&self) -> String {
        format!(
            "{};{}",
            self.page_size,
            self.hidden.iter().cloned().collect::<Vec<_>>().join(",")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Preferences;

    #[test]
    fn preferences_survive_their_stored_form_and_nonsense_is_none() {
        let preferences = Preferences {
            page_size: 50,
            hidden: ["lag".to_owned(), "region".to_owned()].into(),
        };
        assert_eq!(Preferences::read(&preferences.write()), Some(preferences));
        assert_eq!(Preferences::read("7;"), None);
        assert_eq!(Preferences::read(""), None);
    }
}
