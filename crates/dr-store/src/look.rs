//! Who may look now: events of DRS come one per server, and a thousand of them are one reason to look. A claim is
//! an item in the table of executions.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{AwsClass, Error, Result, retry};

use crate::call::failed;
use crate::item::{Key, expiry, number};
use crate::schema::attribute;
use crate::store::Store;

/// Sort key of a claim.
const LOOK: &str = "look";
/// Claims of this process are remembered for an hour: longer than anybody's pause between looks.
const REMEMBERED_MS: i64 = 3_600_000;
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
    /// ago. One write, whoever wins; none while a claim of this process stands.
    ///
    /// Needs `dynamodb:UpdateItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn claim_look_at(&self, what: &str, seconds: u32) -> Result<bool> {
        let now = self.clock.now().timestamp_millis();
        let before = now - i64::from(seconds) * 1000;
        // The condition below, on what is known already: later claims of others only make it fail longer.
        if self.claims().get(what).is_some_and(|at| *at > before) {
            return Ok(false);
        }
        let claimed = self.write_claim(what, now, before, seconds).await?;
        if claimed {
            let mut claims = self.claims();
            claims.retain(|_, at| *at > now - REMEMBERED_MS);
            claims.insert(what.to_owned(), now);
        }
        Ok(claimed)
    }

    fn claims(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        // Whole entries are inserted and removed: what a panic left is whole.
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_claim(&self, what: &str, now: i64, before: i64, seconds: u32) -> Result<bool> {
        let key = Key::new(attribute::EXECUTION_ID, format!("look#{what}"))
            .and(attribute::TIMESTAMP, LOOK);
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
