//! The table of operations: the only list of routes, direct names, handlers and permissions there is.

use dr_model::role::Permission;

/// HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or does.
    Post,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Which Lambda function serves an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandlerName {
    /// Accounts, groups, pairs, plans, launch configuration.
    DataManagement,
    /// Executions.
    Execution,
    /// Everything that only reads AWS.
    Query,
}

impl HandlerName {
    /// Every handler.
    pub const ALL: [HandlerName; 3] = [Self::DataManagement, Self::Execution, Self::Query];

    /// Its name: of the crate, of the function, of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataManagement => "data-management",
            Self::Execution => "execution",
            Self::Query => "query",
        }
    }
}

/// One REST route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path template: `/executions/{execution_id}`.
    pub path: &'static str,
    /// Status of a successful answer.
    pub success: u16,
}

const fn get(path: &'static str) -> Route {
    Route {
        method: Method::Get,
        path,
        success: 200,
    }
}
const fn post(path: &'static str) -> Route {
    Route {
        method: Method::Post,
        path,
        success: 200,
    }
}
const fn create(path: &'static str) -> Route {
    Route {
        method: Method::Post,
        path,
        success: 201,
    }
}
/// A POST that starts something long: 202 with an id.
const fn accept(path: &'static str) -> Route {
    Route {
        method: Method::Post,
        path,
        success: 202,
    }
}
const fn put(path: &'static str) -> Route {
    Route {
        method: Method::Put,
        path,
        success: 200,
    }
}
const fn delete(path: &'static str) -> Route {
    Route {
        method: Method::Delete,
        path,
        success: 200,
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $handler:ident, $permission:ident, [$($route:expr),+], $summary:literal;)*) => {
        /// Every operation, by any door.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$doc])* #[doc = $summary] $variant,)*
        }

        impl Operation {
            /// The whole table.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant,)*];

            /// The name for direct invocation, and the `operationId`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The function that serves it.
            #[must_use]
            pub fn handler(self) -> HandlerName {
                match self { $(Self::$variant => HandlerName::$handler,)* }
            }

            /// What a signed-in caller must hold. Starting a real recovery needs more: see the execution handler.
            #[must_use]
            pub fn permission(self) -> Permission {
                match self { $(Self::$variant => Permission::$permission,)* }
            }

            /// Its REST routes; all of them do the same.
            #[must_use]
            pub fn routes(self) -> &'static [Route] {
                match self { $(Self::$variant => const { &[$($route),+] },)* }
            }

            /// What it does, in a line.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

operations! {
    CreateTargetAccount = "create_target_account", DataManagement, ManageAccounts,
        [create("/target-accounts")], "Register an account, with the role to assume in it; generates its external id";
    ListTargetAccounts = "list_target_accounts", DataManagement, Read,
        [get("/target-accounts")], "List registered accounts";
    GetTargetAccount = "get_target_account", DataManagement, Read,
        [get("/target-accounts/{account_id}")], "Get a registered account";
    UpdateTargetAccount = "update_target_account", DataManagement, ManageAccounts,
        [put("/target-accounts/{account_id}")], "Change a registered account";
    DeleteTargetAccount = "delete_target_account", DataManagement, ManageAccounts,
        [delete("/target-accounts/{account_id}")], "Remove a registered account";
    ValidateTargetAccount = "validate_target_account", DataManagement, Read,
        [post("/target-accounts/{account_id}/validate")], "Assume the account's role and check DRS in each of its regions";

    CreateProtectionGroup = "create_protection_group", DataManagement, ManagePlans,
        [create("/protection-groups")], "Create a protection group of servers by id or by tags";
    ListProtectionGroups = "list_protection_groups", DataManagement, Read,
        [get("/protection-groups")], "List protection groups";
    GetProtectionGroup = "get_protection_group", DataManagement, Read,
        [get("/protection-groups/{group_id}")], "Get a protection group";
    UpdateProtectionGroup = "update_protection_group", DataManagement, ManagePlans,
        [put("/protection-groups/{group_id}")], "Change a protection group";
    DeleteProtectionGroup = "delete_protection_group", DataManagement, ManagePlans,
        [delete("/protection-groups/{group_id}")], "Delete a protection group that no plan uses";
    PreviewSelection = "preview_selection", DataManagement, Read,
        [post("/protection-groups/preview")], "See which servers a selection by ids or tags resolves to now";

    ConfigureInstancePairs = "configure_instance_pairs", DataManagement, ManagePlans,
        [post("/protection-groups/{group_id}/instance-pairs")], "Match a group's servers to instances, or take given pairs, and save them";
    ListInstancePairs = "list_instance_pairs", DataManagement, Read,
        [get("/protection-groups/{group_id}/instance-pairs")], "List the instance pairs of a group";
    UpdateInstancePair = "update_instance_pair", DataManagement, ManagePlans,
        [put("/protection-groups/{group_id}/instance-pairs/{pair_id}")], "Point a pair to another instance";
    DeleteInstancePair = "delete_instance_pair", DataManagement, ManagePlans,
        [delete("/protection-groups/{group_id}/instance-pairs/{pair_id}")], "Delete a pair";
    ConfigureAllowLaunching = "configure_allow_launching", DataManagement, ConfigureLaunch,
        [post("/protection-groups/{group_id}/configure-allow-launching"), post("/drs/recovery/configure-allow-launching")],
        "Preview, or apply, the DRS launch configuration that launching into the paired instances needs";
    RevertAllowLaunching = "revert_allow_launching", DataManagement, ConfigureLaunch,
        [post("/protection-groups/{group_id}/revert-allow-launching")], "Restore the launch configuration that applying replaced";
    ListConfigurations = "list_configurations", DataManagement, Read,
        [get("/drs/recovery/configurations")], "List configuration runs, newest first";
    GetConfiguration = "get_configuration", DataManagement, Read,
        [get("/drs/recovery/configurations/{config_id}")], "Get a configuration run, server by server";

    CreateRecoveryPlan = "create_recovery_plan", DataManagement, ManagePlans,
        [create("/recovery-plans")], "Create a recovery plan";
    ListRecoveryPlans = "list_recovery_plans", DataManagement, Read,
        [get("/recovery-plans")], "List recovery plans";
    GetRecoveryPlan = "get_recovery_plan", DataManagement, Read,
        [get("/recovery-plans/{plan_id}")], "Get a recovery plan";
    UpdateRecoveryPlan = "update_recovery_plan", DataManagement, ManagePlans,
        [put("/recovery-plans/{plan_id}")], "Change a recovery plan";
    DeleteRecoveryPlan = "delete_recovery_plan", DataManagement, ManagePlans,
        [delete("/recovery-plans/{plan_id}")], "Delete a recovery plan";

    StartExecution = "start_execution", Execution, StartDrill,
        [accept("/executions")], "Start a drill or a recovery of a plan";
    ExecuteFailover = "execute_allow_launching_failover", Execution, StartDrill,
        [accept("/executions/allow-launching/failover"), accept("/drs/recovery/failover")],
        "Start a drill or a recovery of a plain set of pairs";
    ListExecutions = "list_executions", Execution, Read,
        [get("/executions")], "List executions, newest first";
    GetExecution = "get_execution", Execution, Read,
        [get("/executions/{execution_id}")], "Get an execution: waves, progress, time against the RTO target";
    ListExecutionServers = "list_execution_servers", Execution, Read,
        [get("/executions/{execution_id}/servers")], "List an execution's servers with launch status and identity";
    GetExecutionTimeline = "get_execution_timeline", Execution, Read,
        [get("/executions/{execution_id}/timeline")], "Read the job logs of an execution as one timeline";
    PauseExecution = "pause_execution", Execution, ControlExecution,
        [post("/executions/{execution_id}/pause")], "Pause before the next wave";
    ResumeExecution = "resume_execution", Execution, ControlExecution,
        [post("/executions/{execution_id}/resume")], "Go on from a pause";
    CancelExecution = "cancel_execution", Execution, ControlExecution,
        [post("/executions/{execution_id}/cancel")], "Start nothing more and end when what runs is over: DRS cannot cancel a job";
    TerminateExecutionInstances = "terminate_recovery_instances", Execution, TerminateInstances,
        [accept("/executions/{execution_id}/terminate-instances")], "Preview, or do: terminate what a drill launched, and hand pre-provisioned instances back stopped";

    ListFailoverSessions = "list_failover_sessions", Execution, Read,
        [get("/failover-sessions")], "List failover sessions, newest first";
    GetFailoverSession = "get_failover_session", Execution, Read,
        [get("/failover-sessions/{session_id}")], "Get a failover session: where it stands, and what may be done with it";
    ListFailoverSessionServers = "list_failover_session_servers", Execution, Read,
        [get("/failover-sessions/{session_id}/servers")], "List a session's servers, from the original instance to the one that came home";
    CreateFailoverSession = "create_failover_session", Execution, ManageSessions,
        [create("/failover-sessions")], "Make the session of a recovery, or get the one it has";
    UpdateFailoverSession = "update_failover_session", Execution, ManageSessions,
        [put("/failover-sessions/{session_id}")], "Change a session's lag threshold or commit policy";
    SplitFailoverSession = "split_failover_session", Execution, ManageSessions,
        [post("/failover-sessions/{session_id}/split")], "Put some servers of a session into a session of their own";
    RefreshFailoverSession = "refresh_failover_session", Execution, ManageSessions,
        [post("/failover-sessions/{session_id}/refresh")], "Look at a session's live state now, and do what is due";
    CheckReadiness = "check_readiness", Execution, Read,
        [post("/failover-sessions/{session_id}/readiness")], "Check everything that a step of a session needs, with what a copy comes to";
    InstallAgents = "install_agents", Execution, ManageSessions,
        [accept("/failover-sessions/{session_id}/install-agents")], "Preview, or start: repair agents of a session; a full copy follows";
    GetAgentStatus = "get_agent_status", Execution, Read,
        [get("/failover-sessions/{session_id}/agent-status")], "Get how far the repair of each agent is";
    MirrorConfig = "mirror_config", Execution, ManageSessions,
        [post("/failover-sessions/{session_id}/mirror-config")], "Preview, or make: groups and plan for the way home";
    GetMirrorStatus = "get_mirror_status", Execution, Read,
        [get("/failover-sessions/{session_id}/mirror-status")], "Get the groups and the plan for the way home, server by server";
    StartReverseReplication = "start_reverse_replication", Execution, ManageSessions,
        [accept("/failover-sessions/{session_id}/start-reverse-replication")], "Preview, or start: replicate a session's servers back";
    GetReverseReplicationStatus = "get_reverse_replication_status", Execution, Read,
        [get("/failover-sessions/{session_id}/reverse-replication-status")], "Get how far reverse replication is, in all and server by server";
    ExecuteFailback = "execute_failback", Execution, StartDrill,
        [accept("/failover-sessions/{session_id}/execute-failback")], "Start a drill or a real failback of a session with its mirrored plan";
    ExecuteAllowLaunchingFailback = "execute_allow_launching_failback", Execution, StartDrill,
        [accept("/executions/allow-launching/failback"), accept("/drs/recovery/failback")], "Start a drill or a real failback of some recovery instances of a session";
    CommitFailback = "commit_failback", Execution, StartRecovery,
        [post("/failover-sessions/{session_id}/commit")], "Let a failback on trial stand";
    GoBack = "go_back", Execution, CleanUp,
        [accept("/failover-sessions/{session_id}/go-back")], "Undo a failback on trial: stop what came home";
    ReProtect = "re_protect", Execution, ManageSessions,
        [accept("/failover-sessions/{session_id}/re-protect")], "Preview, or start: protect again what came home";
    GetCleanupInventory = "get_cleanup_inventory", Execution, Read,
        [get("/failover-sessions/{session_id}/cleanup")], "List what a session left in the recovery region, what would happen to it and what it costs";
    Cleanup = "cleanup", Execution, CleanUp,
        [accept("/failover-sessions/{session_id}/cleanup")], "Remove what a session left in the recovery region";

    ListAgentCandidates = "list_agent_candidates", Execution, Read,
        [get("/agent/candidates")], "List machines that a replication agent could be installed on";
    InstallAgent = "install_agent", Execution, InstallAgents,
        [accept("/agent/install")], "Install the replication agent on machines";
    GetAgentInstallation = "get_agent_installation", Execution, Read,
        [get("/agent/install/{installation_id}/status")], "Get an installation, machine by machine";
    ListAgentInstallations = "list_agent_installations", Execution, Read,
        [get("/agent/install")], "List installations, newest first";
    RetryAgentInstallation = "retry_agent_installation", Execution, InstallAgents,
        [accept("/agent/install/{installation_id}/retry")], "Try the failed machines of an installation again";

    ReverseRecoveryInstance = "reverse_recovery_instance", Execution, ManageSessions,
        [accept("/recovery-instances/{recovery_instance_id}/reverse-replication")], "Replicate one recovery instance back, within its session";
    FailbackRecoveryInstance = "failback_recovery_instance", Execution, StartDrill,
        [accept("/recovery-instances/{recovery_instance_id}/failback")], "Start a drill or a real failback of one recovery instance, within its session";
    TerminateRecoveryInstance = "terminate_recovery_instance", Execution, CleanUp,
        [accept("/recovery-instances/{recovery_instance_id}/terminate")], "Preview, or do: terminate one recovery instance";
    RefreshInventory = "refresh_inventory", Execution, Read,
        [post("/replication/refresh")], "Read the replication of the estate from DRS again, now";

    MatchInstances = "match_instances_by_name", Query, Read,
        [post("/drs/instances/match"), get("/drs/recovery/instances/match")], "Match servers to instances by name: exact, fuzzy, and unmatched with reasons";
    ValidateInstancePairs = "validate_instance_pairs", Query, Read,
        [post("/drs/instances/validate-pairs"), post("/drs/recovery/validate")], "Check everything that a launch into the paired instances needs";
    ValidateIpPreservation = "validate_ip_preservation", Query, Read,
        [post("/drs/instances/validate-ip")], "Check whether private IPs will be, or were, kept";
    GetAllowLaunchingStatus = "get_allow_launching_status", Query, Read,
        [get("/executions/{execution_id}/allow-launching/status"), get("/drs/executions/{execution_id}/status"), get("/drs/recovery/status/{execution_id}")],
        "Get phase, progress and counts of an execution";
    ListSourceServers = "list_source_servers", Query, Read,
        [get("/drs/source-servers")], "List the protected servers of an account and region";
    GetQuotas = "get_quotas", Query, Read,
        [get("/drs/quotas")], "Get DRS quotas and what of them is in use";
    ValidateReverseReplication = "validate_reverse_replication", Query, Read,
        [post("/drs/recovery/validate-reverse-replication")], "Check the prerequisites of reverse replication of one recovery instance";
    GetReplicationStatus = "get_replication_status", Query, Read,
        [get("/servers/{source_server_id}/replication-status")], "Get the replication of one server live: steps, disks, lag, and what to do about an error";
    ListReplicationStatus = "list_replication_status", Query, Read,
        [get("/servers/replication-status")], "List the replication of the whole estate, from the inventory";
    GetReplicationDashboard = "get_replication_dashboard", Query, Read,
        [get("/replication/dashboard")], "Sum the replication of the estate up: states, objective, alerts, activity";
    GetLagHistory = "get_lag_history", Query, Read,
        [get("/servers/{source_server_id}/lag-history")], "Get a server's lag over the last 24 hours";
    ListRecoveryPoints = "list_recovery_points", Query, Read,
        [get("/servers/{source_server_id}/recovery-points")], "List the points in time that a server can be launched from";
    ListRecoveryInstances = "list_recovery_instances", Query, Read,
        [get("/recovery-instances")], "List recovery instances of an account and region, with their way back";
}

impl Operation {
    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Operation> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.name() == name)
    }

    /// The operation and route behind a method and a path template. O(routes): about 90.
    #[must_use]
    pub fn routed(method: &str, template: &str) -> Option<(Operation, &'static Route)> {
        Self::ALL.iter().find_map(|operation| {
            operation
                .routes()
                .iter()
                .find(|route| route.method.as_str() == method && route.path == template)
                .map(|route| (*operation, route))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Operation;

    #[test]
    fn names_and_routes_are_unique() {
        let mut names = HashSet::new();
        let mut routes = HashSet::new();
        for operation in Operation::ALL {
            assert!(names.insert(operation.name()), "{operation:?}");
            for route in operation.routes() {
                assert!(routes.insert((route.method, route.path)), "{route:?}");
            }
        }
    }
}
