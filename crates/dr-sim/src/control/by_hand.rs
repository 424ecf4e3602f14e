//! A second operator: calls of DRS and EC2 that a person makes beside the product. No fault hits them,
//! nothing throttles them, and the list of calls does not have them.

use bytes::Bytes;
use serde_json::Value;

use super::Control;
use crate::error::ServiceError;
use crate::journal::Journal;
use crate::registry::{self, Answered};
use crate::service::{Call, Caller};

/// User name of that person in every account.
const OPERATOR: &str = "second-operator";

impl Control {
    /// Makes a call of DRS or EC2 in an account and region. Bodies of EC2 are JSON, too:
    /// `{"InstanceId": ["i-1"]}`; its answers are the XML text.
    ///
    /// # Errors
    /// What the service refused, in its words; 501 where neither has the operation.
    pub fn by_hand(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, ServiceError> {
        let found = ["drs", "ec2"]
            .into_iter()
            .filter_map(registry::service)
            .find(|service| service.operations().contains(&operation));
        let Some((service, handle)) = found.and_then(|service| match service.answered {
            Answered::ByWorld { handle, .. } => Some((service, handle)),
            Answered::ByTables | Answered::ByBackend => None,
        }) else {
            let message = format!("neither drs nor ec2 has the operation {operation}");
            return Err(ServiceError::new(501, "NotSimulated", message));
        };
        let body = match (service.name, body) {
            ("ec2", body) => form(operation, body),
            (_, Value::Null) => "{}".to_owned(),
            (_, body) => body.to_string(),
        };
        let now = self.sim.bring_forward();
        let call = Call {
            caller: Caller {
                account: account.to_owned(),
                arn: format!("arn:aws:iam::{account}:user/{OPERATOR}"),
            },
            region: region.to_owned(),
            service: service.name,
            operation: operation.to_owned(),
            content_type: String::new(),
            body: Bytes::from(body),
            now,
            request_id: format!("by-hand-{}", now.timestamp_micros()),
        };
        let answer = self.sim.live(|live| {
            live.world.advance_to(now);
            let answer = handle(&mut live.world, &call);
            live.write(|journal: &mut Journal, world| journal.call(world, &call));
            answer
        });
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status >= 300 {
            let code = answer
                .headers
                .iter()
                .find(|(name, _)| *name == "x-amzn-errortype")
                .map(|(_, code)| code.as_str())
                .or_else(|| text.split("<Code>").nth(1)?.split('<').next())
                .unwrap_or("Refused")
                .to_owned();
            return Err(ServiceError::new(answer.status, code, text));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

/// JSON as EC2 takes it: `{"A": ["x"]}` becomes `A.1=x`.
fn form(operation: &str, body: &Value) -> String {
    let mut pairs = vec![
        ("Action".to_owned(), operation.to_owned()),
        ("Version".to_owned(), "2016-11-15".to_owned()),
    ];
    flatten("", body, &mut pairs);
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

fn flatten(prefix: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let below = |key: &str| match prefix {
        "" => key.to_owned(),
        prefix => format!("{prefix}.{key}"),
    };
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (key, value) in members {
                flatten(&below(key), value, pairs);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                flatten(&below(&(n + 1).to_string()), item, pairs);
            }
        }
        Value::String(text) => pairs.push((prefix.to_owned(), text.clone())),
        other => pairs.push((prefix.to_owned(), other.to_string())),
    }
}
