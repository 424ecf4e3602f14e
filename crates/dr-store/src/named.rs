//! What groups and plans have in common: a name that is unique, and a list by name.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::item::{Key, text};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// A record that claims its name.
pub(crate) trait Named:
    Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync
{
    /// For people: `protection group`.
    const KIND: &'static str;
    /// Partition of the index that lists them by name.
    const LIST: &'static str;
    /// Attribute of its key.
    const ID: &'static str;
    /// Its table.
    fn table(tables: &Tables) -> &str;
    /// Its id.
    fn id(&self) -> &str;
    /// Its name.
    fn name(&self) -> &str;
    /// Its version.
    fn version(&self) -> u64;
    /// Its version, to be set.
    fn version_mut(&mut self) -> &mut u64;
}

/// Two names are the same whatever their case and the spaces around them.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

impl<T: Named> Record for T {
    const KIND: &'static str = <T as Named>::KIND;

    fn table(tables: &Tables) -> &str {
        <T as Named>::table(tables)
    }

    fn key(&self) -> Key {
        Key::new(T::ID, Named::id(self))
    }

    fn id(&self) -> String {
        Named::id(self).to_owned()
    }

    fn version(&self) -> u64 {
        Named::version(self)
    }

    fn set_version(&mut self, version: u64) {
        *self.version_mut() = version;
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        vec![
            (attribute::KIND, text(T::LIST)),
            (attribute::NAME_KEY, text(name_key(self.name()))),
        ]
    }

    fn claim(&self) -> Option<Key> {
        Some(Key::new(T::ID, format!("name#{}", name_key(self.name()))))
    }

    fn taken(&self) -> Error {
        Error::Conflict {
            code: "NAME_TAKEN",
            message: format!(
                "there is a {} named {:?} already",
                <T as Named>::KIND,
                self.name()
            ),
        }
    }
}

impl Store {
    /// Lists by name.
    pub(crate) async fn by_name<T: Named>(&self, page: &PageRequest) -> Result<Page<T>> {
        let table = <T as Named>::table(&self.tables);
        let all = Partition::of_index(table, index::KIND, T::LIST);
        self.page_of_index(&all, page)
            .await?
            .decoded(<T as Named>::KIND)
    }
}
