//! Commands that change the world. They are data, so that the journal can replay them.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{outage, ssm};
use crate::drs;
use crate::error::ServiceError;
use crate::events::Rules;
use crate::scenario::{self, Estate};
use crate::world::{Place, World};

/// A change of the world that no AWS call makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Replication of a source server stalls: its agent is no longer seen.
    StallServer {
        /// The source server.
        server: String,
    },
    /// A stall ends.
    ResumeServer {
        /// The source server.
        server: String,
    },
    /// Replication of a source server stalls for some time, and goes on by itself.
    StallFor {
        /// The source server.
        server: String,
        /// How long.
        seconds: u32,
    },
    /// Replication of a source server stalls with an error of DRS, until it is resumed: one that
    /// begins with `FAILED_TO_` shows at that step of the initiation.
    BreakReplication {
        /// The source server.
        server: String,
        /// `DataReplicationErrorString`, for example `FAILED_TO_AUTHENTICATE_WITH_SERVICE`.
        error: String,
    },
    /// The machine of a source server runs on without its agent: it is not seen until a new agent
    /// is there.
    LoseAgent {
        /// The source server.
        server: String,
    },
    /// The agent of a source server disconnects from DRS, as when it was uninstalled.
    DisconnectAgent {
        /// The source server.
        server: String,
    },
    /// What the machine of a source server writes from now on. More than the copy's speed
    /// (14 MiB/s) makes a backlog and lag that grow.
    WriteLoad {
        /// The source server.
        server: String,
        /// Bytes per second.
        bytes_per_second: u64,
    },
    /// The agent of a recovery instance initialises for this long from now on: ReverseReplication
    /// answers ConflictException.
    HoldReversal {
        /// The recovery instance.
        instance: String,
        /// How long.
        seconds: u32,
    },
    /// How long the agents of recovery instances that are launched from now on initialise.
    AgentTakes {
        /// Account of the recovery instances.
        account: String,
        /// Their region.
        region: String,
        /// How long; without, the usual 2 to 4 minutes.
        seconds: Option<u32>,
    },
    /// How fast data is copied by replications into an account and region that begin from now on;
    /// rescans are eight times as fast.
    CopySpeed {
        /// Account.
        account: String,
        /// Region.
        region: String,
        /// Bytes per second of each server; without, the usual 14 MiB/s.
        bytes_per_second: Option<u64>,
    },
    /// What leads out of the networks of an account and region.
    Network {
        /// Account.
        account: String,
        /// Region.
        region: String,
        /// Whether the route tables have a default route.
        default_route: bool,
        /// Whether the security groups let anything out.
        egress: bool,
    },
    /// The next launch of a source server fails.
    FailLaunch {
        /// The source server.
        server: String,
        /// What the job's log says about it.
        raw_error: String,
    },
    /// The next launch of a source server does not fail after all.
    AllowLaunch {
        /// The source server.
        server: String,
    },
    /// A region is away until [`Command::EndOutage`]: its services do not answer, and what replicates out
    /// of it or into it stalls.
    Outage {
        /// The region.
        region: String,
    },
    /// An outage ends, and the stalls that it caused.
    EndOutage {
        /// The region.
        region: String,
    },
    /// What goes wrong with events from now on.
    Events {
        /// The rules.
        rules: Rules,
    },
    /// Applied value of a service quota.
    SetQuota {
        /// Account.
        account: String,
        /// Region.
        region: String,
        /// Service code.
        service: String,
        /// Quota code.
        quota_code: String,
        /// New value.
        value: f64,
    },
    /// A principal may assume a role.
    Trust {
        /// The role.
        role_arn: String,
        /// Who may assume it.
        principal_arn: String,
        /// The external id that must be given.
        external_id: Option<String>,
    },
    /// A role may no longer do these actions.
    Deny {
        /// The role.
        role_arn: String,
        /// Actions, `ec2:StartInstances`; patterns with `*` too.
        actions: Vec<String>,
    },
    /// Something goes wrong on a machine that Systems Manager manages.
    SsmFault {
        /// Its `i-` or `mi-` id.
        instance: String,
        /// What.
        fault: crate::ssm::Fault,
    },
    /// Takes all of that away from a machine.
    SsmHeal {
        /// Its `i-` or `mi-` id.
        instance: String,
    },
    /// Builds an estate.
    Scenario {
        /// The estate.
        estate: Estate,
    },
}

/// What a command gives back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Done {
    /// Facts about what was done, for people and scripts.
    pub facts: Value,
}

/// Carries out a command.
///
/// # Errors
/// What it names does not exist.
pub(crate) fn apply(world: &mut World, command: &Command) -> Result<Done, ServiceError> {
    let now = world.now;
    match command {
        Command::StallServer { server } => stall(world, server, None)?,
        Command::StallFor { server, seconds } => {
            stall(world, server, Some(after(now, *seconds)))?;
        }
        Command::BreakReplication { server, error } => break_off(world, server, error)?,
        Command::ResumeServer { server } => {
            outage::leaves_alone(world, server)?;
            on_server(world, server, |found| found.replication.resume(now))?;
            drs::tell_stall(world, server, "NOT_STALLED");
        }
        Command::LoseAgent { server } => on_server(world, server, |found| {
            found.replication.agent_lost.get_or_insert(now);
        })?,
        Command::DisconnectAgent { server } => on_server(world, server, |found| {
            found.replication.end(drs::Phase::Disconnected);
        })?,
        Command::WriteLoad {
            server,
            bytes_per_second,
        } => on_server(world, server, |found| {
            found.replication.write(now, *bytes_per_second);
        })?,
        Command::HoldReversal { instance, seconds } => hold(world, instance, *seconds)?,
        Command::AgentTakes {
            account,
            region,
            seconds,
        } => world.place(account, region).drs.agent_seconds = *seconds,
        Command::CopySpeed {
            account,
            region,
            bytes_per_second,
        } => world.place(account, region).drs.copy_bytes_per_second = *bytes_per_second,
        Command::Network {
            account,
            region,
            default_route,
            egress,
        } => network(world.place(account, region), *default_route, *egress),
        Command::FailLaunch { server, raw_error } => on_server(world, server, |found| {
            found.fail_launch = Some(raw_error.clone());
        })?,
        Command::AllowLaunch { server } => on_server(world, server, |found| {
            found.fail_launch = None;
        })?,
        Command::Outage { region } => outage::begin(world, region)?,
        Command::EndOutage { region } => outage::end(world, region),
        Command::Events { rules } => world.event_rules = rules.clone(),
        Command::SetQuota {
            account,
            region,
            service,
            quota_code,
            value,
        } => crate::servicequotas::set(world, account, region, service, quota_code, *value),
        Command::Trust {
            role_arn,
            principal_arn,
            external_id,
        } => {
            if !crate::iam::trust(world, role_arn, principal_arn, external_id.as_deref()) {
                return Err(missing("role", role_arn));
            }
        }
        Command::Deny { role_arn, actions } => deny(world, role_arn, actions)?,
        Command::SsmFault { instance, fault } => ssm::inject(world, instance, fault)?,
        Command::SsmHeal { instance } => ssm::heal(world, instance)?,
        Command::Scenario { estate } => {
            let built = scenario::build(world, estate)?;
            return Ok(Done {
                facts: json!(built),
            });
        }
    }
    let facts = json!({ "done": true });
    Ok(Done { facts })
}

fn deny(world: &mut World, role_arn: &str, actions: &[String]) -> Result<(), ServiceError> {
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    if !crate::iam::deny(world, role_arn, &actions) {
        return Err(missing("role", role_arn));
    }
    Ok(())
}

fn network(place: &mut Place, default_route: bool, egress: bool) {
    for vpc in place.ec2.vpcs.values_mut() {
        vpc.no_way_out = !default_route;
    }
    for group in place.ec2.security_groups.values_mut() {
        group.no_egress = !egress;
    }
}

pub(super) fn missing(kind: &str, id: &str) -> ServiceError {
    ServiceError::new(404, "NotInThisWorld", format!("there is no {kind} {id}"))
}

fn after(now: DateTime<Utc>, seconds: u32) -> DateTime<Utc> {
    now + Duration::seconds(i64::from(seconds))
}

fn stall(
    world: &mut World,
    server: &str,
    until: Option<DateTime<Utc>>,
) -> Result<(), ServiceError> {
    let now = world.now;
    outage::leaves_alone(world, server)?;
    on_server(world, server, |found| found.replication.stall(now, until))?;
    drs::tell_stall(world, server, "STALLED");
    Ok(())
}

fn hold(world: &mut World, instance: &str, seconds: u32) -> Result<(), ServiceError> {
    let until = after(world.now, seconds);
    let found = places(world).find_map(|place| place.drs.instances.get_mut(instance));
    let found = found.ok_or_else(|| missing("recovery instance", instance))?;
    found.agent_ready = until;
    Ok(())
}

fn break_off(world: &mut World, server: &str, error: &str) -> Result<(), ServiceError> {
    if drs::error_named(error).is_none() {
        let message = format!("error: DRS has no replication error '{error}'");
        return Err(ServiceError::validation(message));
    }
    stall(world, server, None)?;
    on_server(world, server, |found| {
        found.replication.stalled_by = Some(error.to_owned());
    })
}

fn places(world: &mut World) -> impl Iterator<Item = &mut Place> {
    world
        .places
        .values_mut()
        .flat_map(|regions| regions.values_mut())
}

pub(super) fn on_server(
    world: &mut World,
    id: &str,
    change: impl FnOnce(&mut drs::SourceServer),
) -> Result<(), ServiceError> {
    let found = places(world).find_map(|place| place.drs.servers.get_mut(id));
    match found {
        Some(server) => {
            change(server);
            Ok(())
        }
        None => Err(missing("source server", id)),
    }
}
