//! Makes, or shows, groups and plan for the way home.

use std::collections::BTreeMap;

use dr_api::mirror::{MirrorConfigRequest, MirrorServer, MirrorView, MirroredGroupView};
use dr_api::sessions::SessionRequest;
use dr_engine::App;
use dr_engine::sessions::mirror::{self, GroupOutcome, Options, Outcome, ServerOutcome};
use dr_error::Result;
use dr_model::action::{ActionSide, ActionTarget};
use dr_model::ids::{InstanceId, SourceServerId};
use dr_model::plan::Wave;
use dr_model::session::MappedBy;

use super::get::read;

pub async fn serve(app: &App, request: MirrorConfigRequest) -> Result<MirrorView> {
    let options = Options {
        reverse_waves: request.reverse_waves,
        dry_run: request.dry_run,
    };
    view(app, mirror::run(app, &request.session_id, options).await?).await
}

pub async fn status(app: &App, request: SessionRequest) -> Result<MirrorView> {
    view(app, mirror::status(app, &request.session_id).await?).await
}

async fn view(app: &App, outcome: Outcome) -> Result<MirrorView> {
    let (_, servers) = read(app, &outcome.session.id).await?;
    let mapped: BTreeMap<SourceServerId, MappedBy> = servers
        .into_iter()
        .filter_map(|server| Some((server.source_server_id, server.way_back?.mapped_by)))
        .collect();
    Ok(shown(outcome, &mapped))
}

fn shown(outcome: Outcome, mapped: &BTreeMap<SourceServerId, MappedBy>) -> MirrorView {
    let dropped = outcome.dropped_waves.iter();
    let warnings = dropped.map(|wave| {
        format!("Wave {wave} has nothing to bring home: the plan for the way home is without it")
    });
    let problems = outcome.servers.iter().filter_map(|server| {
        let problem = server.mirrored.problem.as_ref()?;
        Some(format!("{}: {problem}", server.name))
    });
    let plan = outcome.plan.as_ref();
    let named = plan
        .into_iter()
        .flat_map(|plan| &plan.waves)
        .flat_map(named);
    let warnings = warnings.chain(problems).chain(named).collect();
    let unmapped = outcome.unmapped.into_iter().map(|one| MirrorServer {
        mapped_by: mapped.get(&one.source_server_id).copied(),
        source_server_id: one.source_server_id,
        name: one.name,
        way_back: None,
        mirrored: None,
        changes: Vec::new(),
        reason_not: Some(one.reason),
        remediation: Some(one.remediation),
    });
    let servers = outcome.servers.into_iter().map(|one| server(one, mapped));
    let servers = servers.chain(unmapped).collect();
    let (plan_id, plan_name, waves) = match outcome.plan {
        Some(plan) => (Some(plan.id), Some(plan.name), plan.waves),
        None => (None, None, Vec::new()),
    };
    MirrorView {
        is_mirrored: outcome.session.is_mirrored(),
        session_id: outcome.session.id,
        status: outcome.session.status,
        dry_run: outcome.is_dry_run,
        mirrored_groups: outcome.groups.into_iter().map(group).collect(),
        mirrored_plan_id: plan_id,
        mirrored_plan_name: plan_name,
        waves,
        servers,
        remaining: outcome.remaining,
        warnings,
    }
}

/// Actions on instances by their ids: an id is of one region, and nothing says which instance stands for it at home.
fn named(wave: &Wave) -> Vec<String> {
    let before = wave
        .actions_before
        .iter()
        .map(|one| (ActionSide::Before, one));
    let after = wave
        .actions_after
        .iter()
        .map(|one| (ActionSide::After, one));
    before
        .chain(after)
        .filter_map(|(side, action)| {
            let ActionTarget::Instances(ids) = &action.on else {
                return None;
            };
            let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
            Some(format!(
                "The action {} {} wave {} runs on {}: ids cannot be mapped to the other region and are kept as they \
                 are. Name the instances at home in the plan for the way home",
                action.name,
                side.as_str(),
                wave.name,
                ids.join(", ")
            ))
        })
        .collect()
}

fn group(outcome: GroupOutcome) -> MirroredGroupView {
    MirroredGroupView {
        original_id: outcome.original_id,
        mirrored_id: outcome.group.id,
        name: outcome.group.name,
    }
}

fn server(outcome: ServerOutcome, mapped: &BTreeMap<SourceServerId, MappedBy>) -> MirrorServer {
    MirrorServer {
        mapped_by: mapped.get(&outcome.source_server_id).copied(),
        source_server_id: outcome.source_server_id,
        name: outcome.name,
        way_back: Some(outcome.way_back),
        mirrored: Some(outcome.mirrored),
        changes: outcome.changes,
        reason_not: None,
        remediation: None,
    }
}

#[cfg(test)]
mod tests {
    use dr_model::plan::Wave;
    use serde_json::json;

    use super::named;

    #[test]
    fn instances_that_actions_name_are_told_to_whoever_mirrors() {
        // Requirement 001, 4.4: kept, and what of them cannot be mapped is said.
        let wave: Result<Wave, _> = serde_json::from_value(json!({
            "name": "Web", "group_ids": [],
            "actions_before": [{
                "name": "drain", "document_name": "own", "on": { "instance_ids": ["i-0123456789abcdef0"] },
            }],
            "actions_after": [{ "name": "check", "document_name": "own", "on": "WAVE" }],
        }));
        let told = wave.map(|wave| named(&wave)).unwrap_or_default();
        assert_eq!(told.len(), 1, "{told:?}");
        for word in [
            "drain before wave Web",
            "i-0123456789abcdef0",
            "cannot be mapped",
        ] {
            assert!(told.iter().all(|one| one.contains(word)), "{told:?}");
        }
    }
}
