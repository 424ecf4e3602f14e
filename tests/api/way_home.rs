//! The table, as far as the way home goes: sessions, agents, replication, recovery instances.

use dr_api::Operation;
use dr_tests::{PRIMARY, RECOVERY, places};
use serde_json::{Value, json};

use crate::requests::with;

/// What requests of the way home are about: things of nobody, until a world makes its own.
#[derive(Debug, Clone)]
pub struct Home {
    pub session_id: String,
    pub server_id: String,
    pub recovery_instance_id: String,
    pub installation_id: String,
    pub recovery_execution_id: String,
    pub machine_id: String,
}

impl Home {
    /// Ids that are well formed, of things that nobody made.
    pub fn nowhere() -> Self {
        let id = |prefix: &str| format!("{prefix}-01234567-89ab-4cde-8f01-23456789abcd");
        Self {
            session_id: id("fs"),
            server_id: "s-0123456789abcdef0".to_owned(),
            recovery_instance_id: "i-0123456789abcdef0".to_owned(),
            installation_id: id("ai"),
            recovery_execution_id: id("exec"),
            machine_id: "i-0123456789abcdef1".to_owned(),
        }
    }
}

pub fn session(operation: Operation, home: &Home) -> Value {
    let id = json!({ "session_id": home.session_id });
    match operation {
        Operation::ListFailoverSessions => json!({
            "status": "FAILOVER_COMPLETE",
            "region": RECOVERY.1,
            "execution_id": home.recovery_execution_id,
            "limit": 50,
        }),
        Operation::ListFailoverSessionServers => with(
            id,
            json!({ "stage": "RECOVERED", "has_error": false, "limit": 50 }),
        ),
        Operation::CreateFailoverSession => json!({ "execution_id": home.recovery_execution_id }),
        Operation::UpdateFailoverSession => with(
            id,
            json!({
                "lag_threshold_seconds": 90,
                "commit_policy": {
                    "window_minutes": 30,
                    "when_healthy": "COMMIT",
                    "when_unhealthy": "WAIT",
                    "probes": [{ "tcp": { "host": "localhost", "port": 443 } }],
                },
                "clear_commit_policy": false,
            }),
        ),
        Operation::SplitFailoverSession => {
            with(id, json!({ "source_server_ids": [home.server_id] }))
        }
        _ => id,
    }
}

pub fn step(operation: Operation, home: &Home) -> Value {
    let id = json!({ "session_id": home.session_id });
    let one = json!([home.server_id]);
    let more = match operation {
        Operation::CheckReadiness => {
            json!({ "action": "start_reverse_replication", "source_server_ids": one })
        }
        Operation::InstallAgents => {
            json!({ "source_server_ids": one, "confirm": "full copy", "dry_run": true })
        }
        Operation::GetAgentStatus | Operation::GetReverseReplicationStatus => {
            json!({ "limit": 50 })
        }
        Operation::MirrorConfig => json!({ "reverse_waves": false, "dry_run": true }),
        Operation::StartReverseReplication => {
            json!({ "source_server_ids": one, "skip_checks": false, "dry_run": true })
        }
        Operation::ExecuteFailback => json!({
            "execution_type": "DRILL",
            "source_server_ids": one,
            "skip_invalid_servers": true,
            "dry_run": true,
        }),
        Operation::GoBack => json!({ "confirm": "go back" }),
        Operation::ReProtect => json!({ "source_server_ids": one, "dry_run": true }),
        Operation::Cleanup => json!({
            "confirm": "clean up",
            "source_server_ids": one,
            "terminate_instance_ids": [home.recovery_instance_id],
            "delete_detached_volumes": true,
            "accept_unprotected": "unprotected",
        }),
        _ => json!({}),
    };
    with(id, more)
}

pub fn agent(operation: Operation, home: &Home) -> Value {
    let primary = json!({ "account_id": PRIMARY.0, "region": PRIMARY.1 });
    match operation {
        Operation::ListAgentCandidates => {
            with(primary, json!({ "include_on_premises": true, "limit": 50 }))
        }
        Operation::InstallAgent => with(
            primary,
            json!({
                "machine_ids": [home.machine_id],
                "target_region": RECOVERY.1,
                "tags": { "Tier": "web" },
            }),
        ),
        Operation::ListAgentInstallations => json!({ "limit": 50 }),
        _ => json!({ "installation_id": home.installation_id }),
    }
}

pub fn replication(operation: Operation, home: &Home) -> Value {
    let recovery = json!({ "account_id": RECOVERY.0, "region": RECOVERY.1 });
    let server = with(
        recovery.clone(),
        json!({ "source_server_id": home.server_id }),
    );
    match operation {
        Operation::ListReplicationStatus => with(
            recovery,
            json!({
                "state": "CONTINUOUS",
                "direction": "FAILOVER",
                "alerts_only": false,
                "name_contains": "WEB",
                "rpo_seconds": 900,
                "limit": 50,
            }),
        ),
        Operation::GetReplicationDashboard => json!({ "rpo_seconds": 900 }),
        Operation::RefreshInventory => recovery,
        Operation::ListRecoveryPoints => with(server, json!({ "limit": 50 })),
        _ => server,
    }
}

pub fn instance(operation: Operation, home: &Home) -> Value {
    let recovery = json!({ "account_id": RECOVERY.0, "region": RECOVERY.1 });
    let id = json!({ "recovery_instance_id": home.recovery_instance_id });
    match operation {
        Operation::ListRecoveryInstances => with(recovery, json!({ "limit": 50 })),
        Operation::ValidateReverseReplication => with(id, places()),
        Operation::ExecuteAllowLaunchingFailback => with(
            places(),
            json!({
                "recovery_instance_ids": [home.recovery_instance_id],
                "validate_prerequisites": true,
                "wait_for_reverse_replication": true,
                "target_lag_seconds": 60,
                "wait_for_completion": false,
                "is_drill": true,
                "dry_run": true,
            }),
        ),
        Operation::ReverseRecoveryInstance => with(id, json!({ "target_region": PRIMARY.1 })),
        Operation::FailbackRecoveryInstance => {
            with(id, json!({ "is_drill": true, "dry_run": true }))
        }
        _ => with(
            with(id, recovery),
            json!({ "confirm": "terminate", "dry_run": true }),
        ),
    }
}
