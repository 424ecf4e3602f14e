//! `TerminateRecoveryInstances`: a job that terminates EC2 instances and forgets their records.

use serde::Deserialize;
use serde_json::json;

use super::job::{Job, Participant};
use super::lifecycle::{self, Step};
use super::{Reply, find, input, ok, quotas, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

#[derive(Debug, Deserialize)]
struct Request {
    #[serde(rename = "recoveryInstanceIDs")]
    ids: Option<Vec<String>>,
}

/// `TerminateRecoveryInstances`.
pub fn start(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let ids = input::required("recoveryInstanceIDs", request.ids)?;
    input::count("recoveryInstanceIDs", &ids, 1, 200)?;
    let state = find::state(world, call);
    let mut participants = Vec::with_capacity(ids.len());
    let mut seen = std::collections::BTreeSet::new();
    for id in &ids {
        input::instance_id("recoveryInstanceIDs", id)?;
        if !seen.insert(id) {
            return Err(input::invalid(
                "recoveryInstanceIDs",
                format!("{id} is named twice"),
            ));
        }
        let instance = state
            .instances
            .get(id)
            .ok_or_else(|| find::unknown("RecoveryInstance", id))?;
        find::idle(state, &instance.source_server_id)?;
        participants.push(Participant {
            instance: Some(id.clone()),
            ..Participant::pending(&instance.source_server_id)
        });
    }
    let (account, region) = (call.caller.account.clone(), call.region.clone());
    quotas::room_for_job(world, &account, &region, participants.len())?;

    let id = format!("drsjob-{}", world.dice.alphanumeric(17));
    let job = Job {
        arn: words::arn(&region, &account, "job", &id),
        id: id.clone(),
        kind: "TERMINATE".to_owned(),
        initiated_by: "TERMINATE_RECOVERY_INSTANCES".to_owned(),
        started_by: call.caller.arn.clone(),
        created: call.now,
        ended: None,
        status: "PENDING".to_owned(),
        participants,
        tags: std::collections::BTreeMap::new(),
        log: Vec::new(),
    };
    let view = job.view();
    find::state(world, call).open_job(job);
    let wait = world.dice.between(2, 6);
    lifecycle::schedule(
        world,
        &account,
        &region,
        call.now,
        wait,
        Step::Begin { job: id },
    );
    ok(json!({ "job": view }))
}
