//! Reading a partition of a table or an index: whole, or by pages.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::Select;
use dr_error::{Error, Result, retry};

use crate::call::failed;
use crate::item::{Item, Key, text, text_of};
use crate::schema::TableSchema;
use crate::store::Store;
use crate::token::{self, Page, PageRequest};

/// A partition, or the part of it whose sort keys begin alike.
#[derive(Debug, Clone)]
pub(crate) struct Partition<'a> {
    pub table: &'a str,
    pub index: Option<&'static str>,
    pub value: String,
    pub prefix: Option<String>,
    pub newest_first: bool,
    /// Answer the table's keys only.
    pub keys_only: bool,
}

impl<'a> Partition<'a> {
    pub fn of_table(table: &'a str, value: impl ToString) -> Self {
        Self {
            table,
            index: None,
            value: value.to_string(),
            prefix: None,
            newest_first: false,
            keys_only: false,
        }
    }

    pub fn of_index(table: &'a str, index: &'static str, value: impl ToString) -> Self {
        Self {
            index: Some(index),
            ..Self::of_table(table, value)
        }
    }

    pub fn starting(mut self, prefix: impl ToString) -> Self {
        self.prefix = Some(prefix.to_string());
        self
    }

    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    pub fn keys_only(mut self) -> Self {
        self.keys_only = true;
        self
    }
}

/// Key attributes of what is queried.
struct Names {
    partition: &'static str,
    sort: Option<&'static str>,
    table: Vec<&'static str>,
    all: Vec<&'static str>,
}

impl Store {
    fn table_schema(&self, table: &str) -> Result<&TableSchema> {
        let found = self.schema.iter().find(|t| t.name == table);
        found.ok_or_else(|| Error::internal(format!("no table {table}")))
    }

    fn names(&self, partition: &Partition<'_>) -> Result<Names> {
        let schema = self.table_schema(partition.table)?;
        let mut table = vec![schema.partition_key];
        table.extend(schema.sort_key);
        let mut all = table.clone();
        let (key, sort) = match partition.index {
            None => (schema.partition_key, schema.sort_key),
            Some(name) => {
                let index = schema.indexes.iter().find(|i| i.name == name);
                let index = index.ok_or_else(|| Error::internal(format!("no index {name}")))?;
                all.push(index.partition_key);
                all.extend(index.sort_key);
                (index.partition_key, index.sort_key)
            }
        };
        all.sort_unstable();
        all.dedup();
        Ok(Names {
            partition: key,
            sort,
            table,
            all,
        })
    }

    /// `dynamodb:Query`: at most `limit` items (all without one) after a key.
    pub(crate) async fn query(
        &self,
        partition: &Partition<'_>,
        limit: Option<usize>,
        mut after: Option<Item>,
    ) -> Result<Vec<Item>> {
        let names = self.names(partition)?;
        let mut items = Vec::new();
        loop {
            let missing = limit.map(|limit| limit.saturating_sub(items.len()));
            let (found, next) = self.query_once(partition, &names, missing, after).await?;
            items.extend(found);
            after = next;
            if after.is_none() || limit.is_some_and(|limit| items.len() >= limit) {
                return Ok(items);
            }
        }
    }

    async fn query_once(
        &self,
        partition: &Partition<'_>,
        names: &Names,
        limit: Option<usize>,
        after: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let mut placeholders =
            HashMap::from([("#partition".to_owned(), names.partition.to_owned())]);
        let mut values = HashMap::from([(":partition".to_owned(), text(&partition.value))]);
        let mut condition = "#partition = :partition".to_owned();
        if let (Some(prefix), Some(sort)) = (&partition.prefix, names.sort) {
            condition.push_str(" AND begins_with(#sort, :prefix)");
            placeholders.insert("#sort".to_owned(), sort.to_owned());
            values.insert(":prefix".to_owned(), text(prefix));
        }
        let projection = partition.keys_only.then(|| {
            let shown = names.table.iter().enumerate().map(|(n, name)| {
                placeholders.insert(format!("#k{n}"), (*name).to_owned());
                format!("#k{n}")
            });
            shown.collect::<Vec<_>>().join(", ")
        });
        let limit = limit.and_then(|limit| i32::try_from(limit).ok());
        let answer = retry(&*self.clock, || async {
            self.client
                .query()
                .table_name(partition.table)
                .set_index_name(partition.index.map(ToOwned::to_owned))
                .key_condition_expression(&condition)
                .set_expression_attribute_names(Some(placeholders.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .set_projection_expression(projection.clone())
                .set_select(projection.as_ref().map(|_| Select::SpecificAttributes))
                .scan_index_forward(!partition.newest_first)
                // An index cannot be read consistently.
                .consistent_read(partition.index.is_none())
                .set_limit(limit)
                .set_exclusive_start_key(after.clone())
                .send()
                .await
                .map_err(|error| failed("Query", &error))
        })
        .await?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((answer.items.unwrap_or_default(), next))
    }

    /// One page. Reads one item more than it shows, so that no token leads to an empty page.
    pub(crate) async fn page(
        &self,
        partition: &Partition<'_>,
        request: &PageRequest,
    ) -> Result<Page<Item>> {
        let limit = request.checked_limit()?;
        let names = self.names(partition)?;
        let list = format!(
            "{}/{}/{}",
            partition.table,
            partition.index.unwrap_or_default(),
            partition.value
        );
        let start = (names.partition, partition.value.as_str());
        let after = request
            .next_token
            .as_deref()
            .map(|given| token::decode(&list, &names.all, start, given))
            .transpose()?;
        let mut items = self.query(partition, Some(limit + 1), after).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_token = match items.last() {
            Some(last) if more => Some(token::encode(&list, &names.all, last)?),
            _ => None,
        };
        Ok(Page { items, next_token })
    }

    /// One page of an index of keys, as the items themselves in the same order. Items that are gone by
    /// now are left out.
    pub(crate) async fn page_of_index(
        &self,
        partition: &Partition<'_>,
        request: &PageRequest,
    ) -> Result<Page<Item>> {
        let page = self.page(partition, request).await?;
        let items = self.items_behind(partition.table, &page.items).await?;
        Ok(Page {
            items,
            next_token: page.next_token,
        })
    }

    /// The items whose keys an index answered, in that order.
    pub(crate) async fn items_behind(&self, table: &str, found: &[Item]) -> Result<Vec<Item>> {
        let schema = self.table_schema(table)?;
        let (partition, sort) = (schema.partition_key, schema.sort_key);
        let key_of = |item: &Item| -> Option<Key> {
            let key = Key::new(partition, text_of(item, partition)?);
            match sort {
                None => Some(key),
                Some(sort) => Some(key.and(sort, text_of(item, sort)?)),
            }
        };
        let keys: Vec<Key> = found.iter().filter_map(key_of).collect();
        let mut items: HashMap<Key, Item> = self
            .get_many(table, &keys)
            .await?
            .into_iter()
            .filter_map(|item| Some((key_of(&item)?, item)))
            .collect();
        Ok(keys.iter().filter_map(|key| items.remove(key)).collect())
    }
}
