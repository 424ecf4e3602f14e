//! Who may look now: events of DRS come one per server, and a thousand of them are one reason to look.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{AwsClass, Error, Result, retry};

use crate::call::failed;
use crate::item::{Key, number};
use crate::schema::attribute;
use crate::store::Store;

/// Time of the last claim, in milliseconds since 1970.
const AT: &str = "claimed_at";

impl Store {
    /// Claims the right to look, unless somebody claimed it less than `seconds` ago. One write, whoever wins.
    ///
    /// Needs `dynamodb:UpdateItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn claim_look(&self, seconds: u32) -> Result<bool> {
        let key = Key::new(attribute::EXECUTION_ID, "look").and(attribute::TIMESTAMP, "event");
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or_default();
        let before = now.saturating_sub(u64::from(seconds) * 1000);
        let (now, before): (AttributeValue, AttributeValue) = (number(now), number(before));
        let claimed = retry(&*self.clock, || async {
            self.client
                .update_item()
                .table_name(&self.tables.executions)
                .set_key(Some(key.to_item()))
                .update_expression("SET #at = :now")
                .condition_expression("attribute_not_exists(#at) OR #at <= :before")
                .expression_attribute_names("#at", AT)
                .expression_attribute_values(":now", now.clone())
                .expression_attribute_values(":before", before.clone())
                .send()
                .await
                .map(drop)
                .map_err(|error| failed("UpdateItem", &error))
        })
        .await;
        match claimed {
            Ok(()) => Ok(true),
            Err(Error::Aws(aws)) if aws.class == AwsClass::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}
