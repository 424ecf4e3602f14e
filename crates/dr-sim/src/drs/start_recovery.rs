//! `StartRecovery`: all or nothing is accepted; what comes after is the job's life.

use serde::Deserialize;
use serde_json::json;

use super::job::{Job, Participant};
use super::lifecycle::{self, Step};
use super::replication::{Phase, unseen_since};
use super::state::{LastLaunch, Tags};
use super::{Reply, find, input, quotas, snapshots, status, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    source_servers: Option<Vec<Requested>>,
    is_drill: Option<bool>,
    tags: Option<Tags>,
}

#[derive(Debug, Deserialize)]
struct Requested {
    #[serde(rename = "sourceServerID")]
    source_server_id: Option<String>,
    #[serde(rename = "recoverySnapshotID")]
    recovery_snapshot_id: Option<String>,
}

/// `StartRecovery`.
pub fn start(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let requested = input::required("sourceServers", request.source_servers)?;
    // 200 by the model, 100 by the quota of a job.
    input::count("sourceServers", &requested, 1, 200)?;
    let tags = request.tags.unwrap_or_default();
    input::tags(&tags)?;
    let drill = request.is_drill.unwrap_or(false);
    let participants = participants(world, call, &requested)?;
    let (account, region) = (call.caller.account.clone(), call.region.clone());
    quotas::room_for_job(world, &account, &region, participants.len())?;

    let id = format!("drsjob-{}", world.dice.alphanumeric(17));
    let job = Job {
        arn: words::arn(&region, &account, "job", &id),
        id: id.clone(),
        kind: "LAUNCH".to_owned(),
        initiated_by: if drill {
            "START_DRILL"
        } else {
            "START_RECOVERY"
        }
        .to_owned(),
        started_by: call.caller.arn.clone(),
        created: call.now,
        ended: None,
        status: "PENDING".to_owned(),
        participants,
        tags,
        log: Vec::new(),
    };
    let view = job.view();
    let state = find::state(world, call);
    for participant in &job.participants {
        if let Some(server) = state.servers.get_mut(&participant.server) {
            server.last_launch = Some(LastLaunch {
                at: call.now,
                job_id: id.clone(),
                drill,
                status: "PENDING".to_owned(),
            });
        }
    }
    state.open_job(job);
    // A job is picked up within seconds.
    let wait = world.dice.between(2, 6);
    lifecycle::schedule(
        world,
        &account,
        &region,
        call.now,
        wait,
        Step::Begin { job: id },
    );
    status(202, json!({ "job": view }))
}

fn participants(
    world: &World,
    call: &Call,
    requested: &[Requested],
) -> ServiceResult<Vec<Participant>> {
    let Some(place) = world.at(&call.caller.account, &call.region) else {
        return Err(input::invalid("sourceServers", "no server replicates here"));
    };
    let state = &place.drs;
    let mut participants: Vec<Participant> = Vec::with_capacity(requested.len());
    let mut seen = std::collections::BTreeSet::new();
    for one in requested {
        let field = "sourceServers.sourceServerID";
        let id = input::required(field, one.source_server_id.as_deref())?;
        input::drs_id(field, "s-", id)?;
        if !seen.insert(id) {
            return Err(input::invalid(field, format!("{id} is named twice")));
        }
        let server = state
            .servers
            .get(id)
            .ok_or_else(|| find::unknown("SourceServer", id))?;
        find::idle(state, id)?;
        if matches!(
            server.replication.phase,
            Phase::Stopped | Phase::Disconnected
        ) {
            return Err(find::conflict(
                "SourceServer",
                id,
                format!("Source server {id} is not replicating and has no recovery snapshot."),
            ));
        }
        let mut participant = Participant::pending(id);
        if let Some(wanted) = &one.recovery_snapshot_id {
            input::drs_id("sourceServers.recoverySnapshotID", "pit-", wanted)?;
            let point = snapshots::points(server, unseen_since(world, server, call.now), call.now)
                .into_iter()
                .find(|point| point.id == *wanted)
                .ok_or_else(|| find::unknown("RecoverySnapshot", wanted))?;
            participant.point_at = Some(point.at);
            participant.point = Some(point.id);
        }
        participants.push(participant);
    }
    Ok(participants)
}
