//! Who may look now: events of DRS come one per server, and a thousand of them are one reason to look. A claim is
//! an item in the table of executions.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{AwsClass, Error, Result, retry};

use crate::call::failed;
use crate::item::{Key, expiry, number};
use crate::schema::attribute;
use crate::store::Store;

/// Sort key of a claim.
const LOOK: &str = "look";
/// Time of the last claim, in milliseconds since 1970.
const AT: &str = "claimed_at";

impl Store {
    /// [`Self::claim_look_at`] what events of DRS are about.
    ///
    /// Needs `dynamodb:UpdateItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn claim_look(&self, seconds: u32) -> Result<bool> {
        self.claim_look_at("event", seconds).await
    }

    /// Claims the right to look at something, such as `session#<id>`, unless somebody claimed it less than `seconds`
    /// ago. One write, whoever wins.
    ///
    /// Needs `dynamodb:UpdateItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn claim_look_at(&self, what: &str, seconds: u32) -> Result<bool> {
        let key = Key::new(attribute::EXECUTION_ID, format!("look#{what}"))
            .and(attribute::TIMESTAMP, LOOK);
        let now = self.clock.now().timestamp_millis();
        let before = now - i64::from(seconds) * 1000;
        // What is over is looked at no more.
        let keep = chrono::Duration::seconds(i64::from(seconds)) + chrono::Duration::days(1);
        let ttl = expiry(self.clock.now(), keep);
        let (now, before): (AttributeValue, AttributeValue) = (number(now), number(before));
        let claimed = retry(&*self.clock, || async {
            self.client
                .update_item()
                .table_name(&self.tables.executions)
                .set_key(Some(key.to_item()))
                .update_expression("SET #at = :now, #ttl = :ttl")
                .condition_expression("attribute_not_exists(#at) OR #at <= :before")
                .expression_attribute_names("#at", AT)
                .expression_attribute_names("#ttl", attribute::TTL)
                .expression_attribute_values(":ttl", ttl.clone())
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
