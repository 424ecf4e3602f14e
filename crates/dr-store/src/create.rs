//! Making the tables on one machine. In AWS, CloudFormation makes them.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use dr_error::{Error, Result};
use std::collections::BTreeSet;

use crate::call::failed;
use crate::schema::TableSchema;
use crate::store::Store;

impl Store {
    /// Makes every table that is not there. Safe to repeat.
    ///
    /// Needs `dynamodb:CreateTable`, `dynamodb:UpdateTimeToLive`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn create_all(&self) -> Result<()> {
        for table in self.schema.iter() {
            if self.create_table(table).await? {
                self.set_ttl(table).await?;
            }
        }
        Ok(())
    }

    /// Whether it was made now.
    async fn create_table(&self, table: &TableSchema) -> Result<bool> {
        let mut names = BTreeSet::from([table.partition_key]);
        names.extend(table.sort_key);
        for index in &table.indexes {
            names.insert(index.partition_key);
            names.extend(index.sort_key);
        }
        let attributes = names
            .into_iter()
            .map(|name| {
                AttributeDefinition::builder()
                    .attribute_name(name)
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .map_err(Error::internal)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut indexes = Vec::new();
        for index in &table.indexes {
            indexes.push(
                GlobalSecondaryIndex::builder()
                    .index_name(index.name)
                    .set_key_schema(Some(keys(index.partition_key, index.sort_key)?))
                    .projection(
                        Projection::builder()
                            .projection_type(ProjectionType::KeysOnly)
                            .build(),
                    )
                    .build()
                    .map_err(Error::internal)?,
            );
        }
        let sent = self
            .client
            .create_table()
            .table_name(&table.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(Some(keys(table.partition_key, table.sort_key)?))
            .set_global_secondary_indexes(Some(indexes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed("CreateTable", &error)),
        }
    }

    async fn set_ttl(&self, table: &TableSchema) -> Result<()> {
        let Some(attribute) = table.ttl_attribute else {
            return Ok(());
        };
        let wanted = TimeToLiveSpecification::builder()
            .attribute_name(attribute)
            .enabled(true)
            .build()
            .map_err(Error::internal)?;
        self.client
            .update_time_to_live()
            .table_name(&table.name)
            .time_to_live_specification(wanted)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failed("UpdateTimeToLive", &error))
    }
}

fn keys(partition: &str, sort: Option<&str>) -> Result<Vec<KeySchemaElement>> {
    std::iter::once((partition, KeyType::Hash))
        .chain(sort.map(|sort| (sort, KeyType::Range)))
        .map(|(name, kind)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .map_err(Error::internal)
        })
        .collect()
}
