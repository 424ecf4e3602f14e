//! Simulated SNS: topics, and everything that was published to them, to be looked at.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{self, Params};
use crate::world::World;

/// XML namespace of the API version.
const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// Topics on a page (API reference).
const PAGE: usize = 100;
/// Bytes of a message (API reference): 256 KiB.
const MESSAGE_BYTES: usize = 262_144;
/// Messages that are kept, so that a long run does not grow without end.
const KEPT: usize = 10_000;

/// Topics of an account in a region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Topic names by ARN.
    pub topics: BTreeMap<String, String>,
    /// What was published, oldest first.
    pub published: Vec<Published>,
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Its id.
    pub message_id: String,
    /// Topic.
    pub topic_arn: String,
    /// Subject.
    pub subject: Option<String>,
    /// Text.
    pub message: String,
    /// String attributes.
    pub attributes: BTreeMap<String, String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &["CreateTopic", "ListTopics", "Publish"];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    carry_out(world, call).unwrap_or_else(|error| query::error(call, &error))
}

fn carry_out(world: &mut World, call: &Call) -> ServiceResult<Answer> {
    let params = Params::parse(call)?;
    match call.operation.as_str() {
        "CreateTopic" => create_topic(world, call, &params),
        "ListTopics" => list_topics(world, call, &params),
        "Publish" => publish(world, call, &params),
        other => Err(ServiceError::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version 2010-03-31"),
        )),
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new(
        400,
        "InvalidParameter",
        format!("Invalid parameter: {}", message.into()),
    )
}

/// `CreateTopic`: making one that exists answers the one that exists.
fn create_topic(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let name = params.get("Name").ok_or_else(|| invalid("Topic Name"))?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    if name.is_empty() || name.len() > 256 || !stem.chars().all(allowed) {
        return Err(invalid("Topic Name"));
    }
    let arn = format!("arn:aws:sns:{}:{}:{name}", call.region, call.caller.account);
    let sns = &mut world.place(&call.caller.account, &call.region).sns;
    sns.topics.insert(arn.clone(), name.to_owned());
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.text("TopicArn", &arn);
    }))
}

/// `ListTopics`; the token is the last ARN of the page before.
fn list_topics(world: &World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let after = params.get("NextToken").unwrap_or_default();
    let arns: Vec<&String> = world
        .at(&call.caller.account, &call.region)
        .map(|place| {
            place
                .sns
                .topics
                .keys()
                .filter(|arn| arn.as_str() > after)
                .collect()
        })
        .unwrap_or_default();
    let next = (arns.len() > PAGE).then(|| arns.get(PAGE - 1)).flatten();
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.list("Topics", "member", arns.iter().take(PAGE), |xml, arn| {
            xml.text("TopicArn", arn);
        });
        xml.maybe("NextToken", next);
    }))
}

/// `Publish` to a topic.
fn publish(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let arn = params
        .get("TopicArn")
        .or_else(|| params.get("TargetArn"))
        .ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let message = params.get("Message").unwrap_or_default();
    if message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if message.len() > MESSAGE_BYTES {
        return Err(invalid("Message too long"));
    }
    let subject = params.get("Subject");
    if subject.is_some_and(|s| s.is_empty() || s.chars().count() > 100 || s.contains('\n')) {
        return Err(invalid("Subject"));
    }
    let (account, region) = (&call.caller.account, &call.region);
    if !world
        .at(account, region)
        .is_some_and(|place| place.sns.topics.contains_key(arn))
    {
        return Err(ServiceError::new(404, "NotFound", "Topic does not exist"));
    }
    let mut attributes = BTreeMap::new();
    for entry in params.structures("MessageAttributes.entry") {
        if let (Some(name), Some(value)) = (entry.get("Name"), entry.get("Value.StringValue")) {
            attributes.insert(name.to_owned(), value.to_owned());
        }
    }
    let published = Published {
        message_id: world.dice.uuid(),
        topic_arn: arn.to_owned(),
        subject: subject.map(str::to_owned),
        message: message.to_owned(),
        attributes,
        at: call.now,
    };
    let message_id = published.message_id.clone();
    let kept = &mut world.place(account, region).sns.published;
    if kept.len() >= KEPT {
        kept.remove(0);
    }
    kept.push(published);
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.text("MessageId", &message_id);
    }))
}
