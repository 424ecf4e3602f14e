//! Applying a mirrored configuration to DRS and EC2 (requirement 001, 3.7): at most 300 servers in a call, the rest by
//! whoever steps the session next.

use std::collections::BTreeMap;

use dr_error::{Error, Result};
use dr_model::ids::{InstanceId, SessionId, SourceServerId};
use dr_model::launch::{LaunchConfiguration, LaunchTemplate, SettingChange};
use dr_model::session::{FailoverSession, MirroredServer, SessionPart, SessionServer};
use dr_model::target::{ALLOW_TAG_KEY, ALLOW_TAG_VALUE, TargetInstance};
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::configuration::run::verify;
use crate::sessions::change;
use crate::sessions::mirror::plan::{is_pending, template, template_changes};
use crate::validation::gather::CONCURRENCY;

/// Servers per call: 300 at two to five calls each, about a minute at 10 calls a second.
pub const SERVERS_PER_CALL: usize = 300;

/// One server to apply: A2, and its part of the configuration.
#[derive(Debug, Clone)]
pub struct Order {
    /// B1.
    pub source_server_id: SourceServerId,
    /// A2.
    pub way_back: SourceServerId,
    /// What is wanted.
    pub mirrored: MirroredServer,
}

/// What became of one server.
#[derive(Debug)]
pub struct Applied {
    /// B1.
    pub source_server_id: SourceServerId,
    /// What was changed, or would be.
    pub changes: Vec<SettingChange>,
    /// It is as it must be now; otherwise why not.
    pub result: Result<()>,
}

/// The next orders of a session, and how many are left after them.
#[must_use]
pub fn next_orders(parts: &[SessionPart]) -> (Vec<Order>, usize) {
    let mut orders: Vec<Order> = parts
        .iter()
        .flat_map(|part| &part.servers)
        .filter(|server| is_pending(server))
        .filter_map(order)
        .collect();
    let left = orders.len().saturating_sub(SERVERS_PER_CALL);
    orders.truncate(SERVERS_PER_CALL);
    (orders, left)
}

fn order(server: &SessionServer) -> Option<Order> {
    Some(Order {
        source_server_id: server.source_server_id.clone(),
        way_back: server.way_back.as_ref()?.source_server_id.clone(),
        mirrored: server.mirrored.clone()?,
    })
}

/// Applies what is still to be applied of a session, if anything; answers how many servers are left after that. Called
/// at every step of the session.
///
/// # Errors
/// What AWS answers where it is not about one server, and what the store answers.
pub async fn go_on(app: &App, session: &FailoverSession, parts: &[SessionPart]) -> Result<usize> {
    let (orders, left) = next_orders(parts);
    if orders.is_empty() {
        return Ok(0);
    }
    let applied = all(app, session, &orders, true).await?;
    Ok(left + record(app, &session.id, session.parts, &orders, &applied).await?)
}

/// Applies orders, or only looks what that would change.
///
/// # Errors
/// What AWS answers where it is not about one server.
pub async fn all(
    app: &App,
    session: &FailoverSession,
    orders: &[Order],
    apply: bool,
) -> Result<Vec<Applied>> {
    let cloud = app.cloud(&session.direction.primary).await?;
    let templates: BTreeMap<String, LaunchTemplate> = cloud
        .ec2
        .default_launch_templates()
        .await?
        .into_iter()
        .map(|template| (template.id.clone(), template))
        .collect();
    let targets = targets_of(&cloud, orders).await?;
    let untagged = tag(&cloud, orders, &targets, apply).await;
    let calls = orders.iter().map(|order| {
        let target = order
            .mirrored
            .target_instance_id
            .as_ref()
            .and_then(|id| targets.get(id));
        let untagged = target.and_then(|target| untagged.get(&target.id));
        one(&cloud, order, target, untagged, &templates, apply)
    });
    Ok(stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await)
}

async fn targets_of(
    cloud: &Cloud,
    orders: &[Order],
) -> Result<BTreeMap<InstanceId, TargetInstance>> {
    let ids: Vec<InstanceId> = orders
        .iter()
        .filter_map(|order| order.mirrored.target_instance_id.clone())
        .collect();
    let found = cloud.ec2.instances(&ids).await?;
    Ok(found
        .into_iter()
        .map(|instance| (instance.id.clone(), instance))
        .collect())
}

/// Allows DRS to launch into the original instances, by the tag that it asks for. Only stopped ones: whoever stopped
/// an instance no longer runs anything in it. Answers the words of EC2 for those that could not be tagged.
async fn tag(
    cloud: &Cloud,
    orders: &[Order],
    targets: &BTreeMap<InstanceId, TargetInstance>,
    apply: bool,
) -> BTreeMap<InstanceId, String> {
    let ids: Vec<String> = orders
        .iter()
        .filter_map(|order| targets.get(order.mirrored.target_instance_id.as_ref()?))
        .filter(|target| needs_tag(target))
        .map(|target| target.id.to_string())
        .collect();
    let wanted = BTreeMap::from([(ALLOW_TAG_KEY.to_owned(), ALLOW_TAG_VALUE.to_owned())]);
    if ids.is_empty() || !apply {
        return BTreeMap::new();
    }
    match cloud.ec2.tag(&ids, &wanted).await {
        Ok(()) => BTreeMap::new(),
        Err(error) => ids
            .iter()
            .filter_map(|id| Some((id.parse().ok()?, error.words())))
            .collect(),
    }
}

fn needs_tag(target: &TargetInstance) -> bool {
    target.state == "stopped" && !target.allows_launching()
}

/// One Get, an Update where something differs, and the launch template where that differs.
async fn one(
    cloud: &Cloud,
    order: &Order,
    target: Option<&TargetInstance>,
    untagged: Option<&String>,
    templates: &BTreeMap<String, LaunchTemplate>,
    apply: bool,
) -> Applied {
    let mut changes = Vec::new();
    if let Some(target) = target.filter(|target| needs_tag(target)) {
        changes.push(SettingChange {
            setting: format!("tag:{ALLOW_TAG_KEY} of {}", target.id),
            from: target
                .tags
                .get(ALLOW_TAG_KEY)
                .cloned()
                .unwrap_or_else(|| "none".to_owned()),
            to: ALLOW_TAG_VALUE.to_owned(),
        });
    }
    let result = match untagged {
        Some(words) => Err(Error::Conflict {
            code: "NOT_TAGGED",
            message: format!(
                "The original instance could not be tagged {ALLOW_TAG_KEY} = {ALLOW_TAG_VALUE}: {words}. Tag it, then mirror again"
            ),
        }),
        None => configure(cloud, order, templates, apply, &mut changes).await,
    };
    Applied {
        source_server_id: order.source_server_id.clone(),
        changes,
        result,
    }
}

async fn configure(
    cloud: &Cloud,
    order: &Order,
    templates: &BTreeMap<String, LaunchTemplate>,
    apply: bool,
    changes: &mut Vec<SettingChange>,
) -> Result<()> {
    let previous = cloud.drs.launch_configuration(&order.way_back).await?;
    let wanted_template = previous
        .launch_template_id
        .as_deref()
        .map(|id| template(id, &order.mirrored));
    let of_template = wanted_template
        .as_ref()
        .map(|wanted| template_changes(templates.get(&wanted.id), wanted))
        .unwrap_or_default();
    let wanted = wanted_configuration(&previous, &order.mirrored);
    let of_configuration = previous.changes_to(&wanted);
    let (is_template_new, is_configuration_new) =
        (!of_template.is_empty(), !of_configuration.is_empty());
    changes.extend(of_configuration);
    changes.extend(of_template);
    if !apply {
        return Ok(());
    }
    // The template first: DRS may refuse a target that still runs, and then a new instance is at least placed right.
    if let Some(wanted) = wanted_template.filter(|_| is_template_new) {
        cloud.ec2.set_default_template(&wanted.id, &wanted).await?;
    }
    if is_configuration_new {
        let answered = cloud.drs.update_launch_configuration(&wanted).await?;
        verify(&wanted, &answered)?;
    }
    Ok(())
}

/// Into the original instance, with the copy flags off and no right-sizing; a server without one launches a new one.
fn wanted_configuration(
    previous: &LaunchConfiguration,
    mirrored: &MirroredServer,
) -> LaunchConfiguration {
    match &mirrored.target_instance_id {
        Some(target) => previous.into_target(target),
        None => LaunchConfiguration {
            target_instance_id: None,
            ..previous.clone()
        },
    }
}

/// Writes down what was applied, and why something was not. What may succeed later stays to be done; answers how many
/// servers that are.
///
/// # Errors
/// What the store answers.
pub async fn record(
    app: &App,
    session: &SessionId,
    parts: usize,
    orders: &[Order],
    applied: &[Applied],
) -> Result<usize> {
    let now = app.clock().now();
    let applied: BTreeMap<&SourceServerId, &Applied> = applied
        .iter()
        .map(|one| (&one.source_server_id, one))
        .collect();
    let orders: BTreeMap<&SourceServerId, &Order> = orders
        .iter()
        .map(|order| (&order.source_server_id, order))
        .collect();
    let is_later = |one: &Applied| one.result.as_ref().is_err_and(Error::retryable);
    for one in applied.values() {
        if let Err(error) = &one.result {
            // Requirement 001, 12.1.
            tracing::warn!(%session, server = %one.source_server_id, step = "mirror_config", words = error.words(), "a launch configuration was not set");
        }
    }
    for number in 0..parts {
        change::part(app, session, number, |part| {
            let mut changed = false;
            for server in &mut part.servers {
                let id = &server.source_server_id;
                let (Some(one), Some(order)) = (applied.get(id), orders.get(id)) else {
                    continue;
                };
                let Some(mirrored) = server.mirrored.as_mut().filter(|m| **m == order.mirrored)
                else {
                    // Mirrored anew meanwhile.
                    continue;
                };
                if is_later(one) {
                    continue;
                }
                mirrored.applied_at = Some(now);
                if let Err(error) = &one.result {
                    let known = mirrored.problem.take();
                    mirrored.problem = Some(known.unwrap_or_else(|| {
                        format!(
                            "{}. Put that right, then mirror the configuration again",
                            error.words()
                        )
                    }));
                }
                changed = true;
            }
            changed
        })
        .await?;
    }
    Ok(applied.values().filter(|one| is_later(one)).count())
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
