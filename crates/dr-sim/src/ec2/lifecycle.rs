//! Start, stop, terminate: all or nothing over the ids of a call, as EC2 does it.

use super::fault::{flag, missing, refused, unknown_ids};
use super::resources::{Instance, InstanceState};
use super::{State, answer, here};
use crate::agents::Host;
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::Params;
use crate::world::World;

/// `StartInstances`.
pub(super) fn start(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let may_start = |i: &Instance| match i.state {
        InstanceState::Stopped | InstanceState::Pending | InstanceState::Running => Ok(()),
        _ => Err(wrong_state(i, "started")),
    };
    change(world, call, params, may_start, |world, call, id| {
        let World { places, dice, .. } = world;
        if let Some(ec2) = state_in(places, call)
            && ec2
                .instances
                .get(id)
                .is_some_and(|i| i.state == InstanceState::Stopped)
        {
            ec2.begin_start(dice, id, call.now);
        }
    })
}

/// `StopInstances`. A forced stop and hibernation are stops like any other here.
pub(super) fn stop(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    flag(params, "Force")?;
    let may_stop = |i: &Instance| match i.state {
        _ if !i.ebs_root => Err(refused(
            "UnsupportedOperation",
            format!(
                "The instance '{}' does not have an 'ebs' root device type and cannot be stopped",
                i.id
            ),
        )),
        InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => Ok(()),
        InstanceState::Pending => Err(refused(
            "IncorrectInstanceState",
            format!(
                "The instance '{}' is not in a state from which it can be stopped.",
                i.id
            ),
        )),
        _ => Err(wrong_state(i, "stopped")),
    };
    change(world, call, params, may_stop, |world, call, id| {
        let World { places, dice, .. } = world;
        if let Some(ec2) = state_in(places, call)
            && ec2
                .instances
                .get(id)
                .is_some_and(|i| i.state == InstanceState::Running)
        {
            ec2.begin_stop(dice, id, call.now);
        }
    })
}

/// `TerminateInstances`.
pub(super) fn terminate(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let may_end = |i: &Instance| {
        if i.termination_protected {
            return Err(refused(
                "OperationNotPermitted",
                format!(
                    "The instance '{}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
                    i.id
                ),
            ));
        }
        Ok(())
    };
    change(world, call, params, may_end, |world, call, id| {
        let World { places, dice, .. } = world;
        if let Some(ec2) = state_in(places, call) {
            ec2.begin_termination(dice, id, call.now);
        }
    })
}

/// `RebootInstances`: they go on running, their status checks begin again.
pub(super) fn reboot(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let may_reboot = |i: &Instance| match i.state {
        InstanceState::Running => Ok(()),
        _ => Err(wrong_state(i, "rebooted")),
    };
    change(world, call, params, may_reboot, |world, call, id| {
        let host = Host {
            account: call.caller.account.clone(),
            region: call.region.clone(),
            id: id.to_owned(),
        };
        crate::ssm::reboot(world, &host, call.now);
    })?;
    Ok(answer(call, |xml| {
        xml.text("return", true);
    }))
}

fn wrong_state(instance: &Instance, verb: &str) -> ServiceError {
    refused(
        "IncorrectInstanceState",
        format!(
            "The instance '{}' is not in a state from which it can be {verb}.",
            instance.id
        ),
    )
}

fn state_in<'a>(
    places: &'a mut std::collections::BTreeMap<
        String,
        std::collections::BTreeMap<String, crate::world::Place>,
    >,
    call: &Call,
) -> Option<&'a mut State> {
    let place = places
        .get_mut(&call.caller.account)?
        .get_mut(&call.region)?;
    Some(&mut place.ec2)
}

/// Checks all ids first, then acts on each and answers with previous and current states.
fn change(
    world: &mut World,
    call: &Call,
    params: &Params,
    may: impl Fn(&Instance) -> ServiceResult<()>,
    act: impl Fn(&mut World, &Call, &str),
) -> ServiceResult<Answer> {
    let ids = params.list("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    let ec2 = here(world, call);
    let unknown: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| !ec2.instances.contains_key(*id))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown_ids(
            "InvalidInstanceID.NotFound",
            "instance",
            &unknown,
        ));
    }
    let mut before = Vec::with_capacity(ids.len());
    for instance in ids.iter().filter_map(|id| ec2.instances.get(*id)) {
        may(instance)?;
        before.push((instance.id.clone(), instance.state));
    }
    for (id, _) in &before {
        act(world, call, id);
    }
    let ec2 = here(world, call);
    Ok(answer(call, |xml| {
        xml.list("instancesSet", "item", before, |xml, (id, previous)| {
            let current = ec2.instances.get(&id).map_or(previous, |i| i.state);
            xml.text("instanceId", &id);
            for (tag, state) in [("currentState", current), ("previousState", previous)] {
                xml.element(tag, |xml| {
                    xml.text("code", state.code()).text("name", state.word());
                });
            }
        });
    }))
}
