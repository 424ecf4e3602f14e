//! Commands that change the world. They are data, so that the journal can replay them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::drs;
use crate::error::ServiceError;
use crate::events::Rules;
use crate::scenario::{self, Estate};
use crate::world::World;

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
    /// The next launch of a source server fails.
    FailLaunch {
        /// The source server.
        server: String,
        /// What the job's log says about it.
        raw_error: String,
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
        Command::StallServer { server } => {
            on_server(world, server, |found| {
                found.replication.stalled_since.get_or_insert(now);
            })?;
            drs::tell_stall(world, server, "STALLED");
        }
        Command::ResumeServer { server } => {
            on_server(world, server, |found| {
                found.replication.stalled_since = None
            })?;
            drs::tell_stall(world, server, "NOT_STALLED");
        }
        Command::FailLaunch { server, raw_error } => on_server(world, server, |found| {
            found.fail_launch = Some(raw_error.clone());
        })?,
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
        Command::Deny { role_arn, actions } => {
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            if !crate::iam::deny(world, role_arn, &actions) {
                return Err(missing("role", role_arn));
            }
        }
        Command::Scenario { estate } => {
            let built = scenario::build(world, estate)?;
            return Ok(Done {
                facts: json!(built),
            });
        }
    }
    Ok(Done {
        facts: json!({ "done": true }),
    })
}

fn missing(kind: &str, id: &str) -> ServiceError {
    ServiceError::new(404, "NotInThisWorld", format!("there is no {kind} {id}"))
}

fn on_server(
    world: &mut World,
    id: &str,
    change: impl FnOnce(&mut drs::SourceServer),
) -> Result<(), ServiceError> {
    let found = world
        .places
        .values_mut()
        .flat_map(|regions| regions.values_mut())
        .find_map(|place| place.drs.servers.get_mut(id));
    match found {
        Some(server) => {
            change(server);
            Ok(())
        }
        None => Err(missing("source server", id)),
    }
}
