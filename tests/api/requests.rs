//! The table: for every operation a request that is valid in the [`World`] of these tests. An operation that
//! is missing does not compile.

use chrono::TimeDelta;
use dr_api::Operation;
use dr_testkit::TestApp;
use dr_tests::{Fleet, PRIMARY, RECOVERY, admin, direction, fleet, places, start};
use serde_json::{Value, json};

use crate::way_home::{self, Home};

/// An account that no estate has.
pub const NEW_ACCOUNT: &str = "777788889999";

/// What the requests are about: a fleet with its pairs, a configuration run, a drill that is over, a group
/// and a plan that nothing needs.
#[derive(Debug, Clone)]
pub struct World {
    pub fleet: Fleet,
    pub group_id: String,
    pub pair: Value,
    pub free_target: String,
    pub spare_group_id: String,
    pub spare_plan_id: String,
    pub config_id: String,
    pub execution_id: String,
    pub home: Home,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl World {
    /// Everything but the drill: the execution is one that was asked for and not begun.
    pub async fn prepared(app: &TestApp) -> Self {
        let fleet = fleet(app).await;
        let group_id = fleet.group_ids[0].clone();
        let path = format!("/protection-groups/{group_id}/instance-pairs");
        let pairs = admin(app, "GET", &path, Value::Null).await;
        let mut matching = places();
        matching["fuzzy_matching_tolerance"] = json!(0.2);
        let matched = admin(app, "POST", "/drs/instances/match", matching).await;
        let free = &matched["unmatched_targets"][0]["target_instance_id"];
        let path = format!("/protection-groups/{group_id}/configure-allow-launching");
        let configured = admin(app, "POST", &path, json!({})).await;
        let spare = json!({ "name": "spare", "direction": direction(), "selection": { "tags": { "Tier": "web" } } });
        let spare = admin(app, "POST", "/protection-groups", spare).await;
        let waves = json!([{ "name": "one", "group_ids": [group_id] }]);
        let plan = json!({ "name": "spare", "waves": waves });
        let plan = admin(app, "POST", "/recovery-plans", plan).await;
        let more = json!({ "skip_invalid_servers": true });
        let started = start(app, &fleet, "DRILL", more).await;
        Self {
            fleet,
            group_id,
            pair: pairs["pairs"][0].clone(),
            free_target: text(free),
            spare_group_id: text(&spare["id"]),
            spare_plan_id: text(&plan["id"]),
            config_id: text(&configured["config_id"]),
            execution_id: text(&started["execution_id"]),
            home: Home::nowhere(),
        }
    }

    /// With the drill over.
    pub async fn build(app: &TestApp) -> Self {
        let world = Self::prepared(app).await;
        app.run_until_terminal(&world.execution_id, TimeDelta::hours(3))
            .await;
        world
    }

    fn pair_ref(&self) -> Value {
        json!({
            "source_server_id": self.pair["source_server_id"],
            "target_instance_id": self.pair["target_instance_id"],
        })
    }
}

/// An object of both objects' fields.
pub fn with(mut base: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// The table.
pub fn valid(operation: Operation, world: &World) -> Value {
    match operation {
        Operation::CreateTargetAccount
        | Operation::ListTargetAccounts
        | Operation::GetTargetAccount
        | Operation::UpdateTargetAccount
        | Operation::DeleteTargetAccount
        | Operation::ValidateTargetAccount => account(operation),
        Operation::CreateProtectionGroup
        | Operation::ListProtectionGroups
        | Operation::GetProtectionGroup
        | Operation::UpdateProtectionGroup
        | Operation::DeleteProtectionGroup
        | Operation::PreviewSelection => group(operation, world),
        Operation::ConfigureInstancePairs
        | Operation::ListInstancePairs
        | Operation::UpdateInstancePair
        | Operation::DeleteInstancePair => pair(operation, world),
        Operation::ConfigureAllowLaunching
        | Operation::RevertAllowLaunching
        | Operation::ListConfigurations
        | Operation::GetConfiguration => configuration(operation, world),
        Operation::CreateRecoveryPlan
        | Operation::ListRecoveryPlans
        | Operation::GetRecoveryPlan
        | Operation::UpdateRecoveryPlan
        | Operation::DeleteRecoveryPlan => plan(operation, world),
        Operation::StartExecution
        | Operation::ExecuteFailover
        | Operation::ListExecutions
        | Operation::GetExecution
        | Operation::ListExecutionServers
        | Operation::GetExecutionTimeline
        | Operation::PauseExecution
        | Operation::ResumeExecution
        | Operation::CancelExecution
        | Operation::TerminateExecutionInstances => execution(operation, world),
        Operation::MatchInstances
        | Operation::ValidateInstancePairs
        | Operation::ValidateIpPreservation
        | Operation::GetAllowLaunchingStatus
        | Operation::ListSourceServers
        | Operation::GetQuotas => query(operation, world),
        Operation::ListFailoverSessions
        | Operation::GetFailoverSession
        | Operation::ListFailoverSessionServers
        | Operation::CreateFailoverSession
        | Operation::UpdateFailoverSession
        | Operation::SplitFailoverSession
        | Operation::RefreshFailoverSession => way_home::session(operation, &world.home),
        Operation::CheckReadiness
        | Operation::InstallAgents
        | Operation::GetAgentStatus
        | Operation::MirrorConfig
        | Operation::GetMirrorStatus
        | Operation::StartReverseReplication
        | Operation::GetReverseReplicationStatus
        | Operation::ExecuteFailback
        | Operation::CommitFailback
        | Operation::GoBack
        | Operation::ReProtect
        | Operation::GetCleanupInventory
        | Operation::Cleanup => way_home::step(operation, &world.home),
        Operation::ListAgentCandidates
        | Operation::InstallAgent
        | Operation::GetAgentInstallation
        | Operation::ListAgentInstallations
        | Operation::RetryAgentInstallation => way_home::agent(operation, &world.home),
        Operation::GetReplicationStatus
        | Operation::ListReplicationStatus
        | Operation::GetReplicationDashboard
        | Operation::GetLagHistory
        | Operation::RefreshInventory
        | Operation::ListRecoveryPoints => way_home::replication(operation, &world.home),
        Operation::ValidateReverseReplication
        | Operation::ExecuteAllowLaunchingFailback
        | Operation::ListRecoveryInstances
        | Operation::ReverseRecoveryInstance
        | Operation::FailbackRecoveryInstance
        | Operation::TerminateRecoveryInstance => way_home::instance(operation, &world.home),
    }
}

fn account(operation: Operation) -> Value {
    match operation {
        Operation::CreateTargetAccount => json!({
            "account_id": NEW_ACCOUNT,
            "name": "Another",
            "role_arn": format!("arn:aws:iam::{NEW_ACCOUNT}:role/DROrchestratorRole"),
            "regions": ["eu-central-1"],
            "description": "For tests",
        }),
        Operation::ListTargetAccounts => json!({ "limit": 50 }),
        Operation::UpdateTargetAccount => json!({
            "account_id": RECOVERY.0,
            "name": "Recovery",
            "role_arn": format!("arn:aws:iam::{}:role/DROrchestratorRole", RECOVERY.0),
            "regions": [RECOVERY.1],
            "description": "Renamed",
        }),
        Operation::DeleteTargetAccount => json!({ "account_id": NEW_ACCOUNT }),
        _ => json!({ "account_id": RECOVERY.0 }),
    }
}

fn group(operation: Operation, world: &World) -> Value {
    let tags = json!({ "tags": { "Tier": "web" } });
    match operation {
        Operation::CreateProtectionGroup => json!({
            "name": "chosen",
            "description": "One server",
            "direction": direction(),
            "selection": { "server_ids": [world.pair["source_server_id"]] },
        }),
        Operation::ListProtectionGroups => json!({ "limit": 50 }),
        Operation::UpdateProtectionGroup => json!({
            "group_id": world.spare_group_id,
            "name": "spare group",
            "description": "Renamed",
            "selection": tags,
        }),
        Operation::DeleteProtectionGroup => json!({ "group_id": world.spare_group_id }),
        Operation::PreviewSelection => json!({ "direction": direction(), "selection": tags }),
        _ => json!({ "group_id": world.group_id }),
    }
}

fn pair(operation: Operation, world: &World) -> Value {
    match operation {
        Operation::ConfigureInstancePairs => json!({
            "group_id": world.group_id,
            "pairs": [world.pair_ref()],
            "fuzzy_matching_tolerance": 0.2,
            "ignore_special_characters": false,
        }),
        Operation::UpdateInstancePair => json!({
            "group_id": world.group_id,
            "pair_id": world.pair["id"],
            "target_instance_id": world.free_target,
        }),
        Operation::DeleteInstancePair => {
            json!({ "group_id": world.group_id, "pair_id": world.pair["id"] })
        }
        _ => json!({ "group_id": world.group_id, "limit": 50 }),
    }
}

fn configuration(operation: Operation, world: &World) -> Value {
    match operation {
        Operation::ConfigureAllowLaunching => json!({
            "group_id": world.group_id,
            "fuzzy_matching_tolerance": 0.2,
            "validate_prerequisites": true,
            "auto_configure": false,
        }),
        Operation::RevertAllowLaunching => json!({
            "group_id": world.group_id,
            "source_server_ids": [world.pair["source_server_id"]],
        }),
        Operation::ListConfigurations => json!({ "primary_account_id": PRIMARY.0, "limit": 50 }),
        _ => json!({ "config_id": world.config_id }),
    }
}

fn plan(operation: Operation, world: &World) -> Value {
    let waves = json!([{
        "name": "first", "group_ids": [world.group_id], "pause_before": true, "on_failure": "PAUSE",
    }]);
    match operation {
        Operation::CreateRecoveryPlan => json!({
            "name": "another",
            "description": "One wave",
            "waves": waves,
            "rto_target_seconds": 3600,
            "pause_timeout_seconds": 600,
        }),
        Operation::ListRecoveryPlans => json!({ "limit": 50 }),
        Operation::UpdateRecoveryPlan => json!({
            "plan_id": world.spare_plan_id,
            "name": "spare plan",
            "description": "Renamed",
            "waves": waves,
            "rto_target_seconds": 3600,
            "pause_timeout_seconds": 600,
        }),
        Operation::DeleteRecoveryPlan => json!({ "plan_id": world.spare_plan_id }),
        _ => json!({ "plan_id": world.fleet.plan_id }),
    }
}

fn execution(operation: Operation, world: &World) -> Value {
    let id = json!({ "execution_id": world.execution_id });
    match operation {
        Operation::StartExecution => json!({
            "plan_id": world.fleet.plan_id,
            "execution_type": "DRILL",
            "skip_invalid_servers": true,
            "dry_run": true,
        }),
        Operation::ExecuteFailover => with(
            places(),
            json!({
                "wave": "first",
                "is_drill": true,
                "pairs": [world.pair_ref()],
                "group_ids": [world.fleet.group_ids[1]],
                "rto_target_seconds": 1800,
                "wait_for_completion": false,
                "skip_invalid_servers": true,
                "dry_run": true,
            }),
        ),
        Operation::ListExecutions => json!({ "execution_type": "DRILL", "limit": 50 }),
        Operation::ListExecutionServers => with(id, json!({ "wave": 1, "limit": 50 })),
        Operation::GetExecutionTimeline => with(id, json!({ "wave": 1, "limit": 50 })),
        Operation::CancelExecution => with(id, json!({ "reason": "A test" })),
        Operation::TerminateExecutionInstances => with(
            id,
            json!({ "confirm": false, "also_terminate_instance_ids": [] }),
        ),
        _ => id,
    }
}

fn query(operation: Operation, world: &World) -> Value {
    let recovery = json!({ "account_id": RECOVERY.0, "region": RECOVERY.1 });
    match operation {
        Operation::MatchInstances => with(
            places(),
            json!({
                "fuzzy_matching_tolerance": 0.2,
                "ignore_special_characters": true,
                "group_id": world.group_id,
            }),
        ),
        Operation::ValidateInstancePairs => with(
            places(),
            json!({
                "validation_type": "failover",
                "pairs": [world.pair_ref()],
                "include_launch_configuration": true,
            }),
        ),
        Operation::ValidateIpPreservation => json!({ "group_id": world.group_id }),
        Operation::ListSourceServers => with(
            recovery,
            json!({ "replication_state": "CONTINUOUS", "name_contains": "WEB", "limit": 50 }),
        ),
        Operation::GetQuotas => recovery,
        _ => json!({ "execution_id": world.execution_id }),
    }
}
