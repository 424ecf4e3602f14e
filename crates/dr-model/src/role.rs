//! Who may do what: five roles, and the permissions each holds. The only table of its kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a caller must hold for an operation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See everything.
    Read,
    /// Create, change and delete protection groups, instance pairs and recovery plans.
    ManagePlans,
    /// Change the DRS launch configuration of source servers.
    ConfigureLaunch,
    /// Start a drill.
    StartDrill,
    /// Start a real recovery.
    StartRecovery,
    /// Pause, resume and cancel executions.
    ControlExecution,
    /// Terminate or release what a drill launched.
    TerminateInstances,
    /// Register, change and remove target accounts.
    ManageAccounts,
    /// Prepare a way home: make, change and split failover sessions, replicate back, repair agents, mirror, re-protect.
    ManageSessions,
    /// Install the replication agent on machines that have none.
    InstallAgents,
    /// Remove what a real recovery launched, and undo a failback.
    CleanUp,
}

/// A role of a signed-in user, as the token's `cognito:groups` names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees everything, changes nothing.
    ReadOnly,
    /// Runs drills and controls what runs.
    Operator,
    /// Owns groups, pairs and plans.
    PlanManager,
    /// Runs real recoveries.
    RecoveryManager,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, least powerful first.
    pub const ALL: [Role; 5] = [
        Role::ReadOnly,
        Role::Operator,
        Role::PlanManager,
        Role::RecoveryManager,
        Role::Admin,
    ];

    /// The name as tokens and people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::ReadOnly => "read-only",
            Role::Operator => "operator",
            Role::PlanManager => "plan-manager",
            Role::RecoveryManager => "recovery-manager",
            Role::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether this role holds a permission.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Role::ReadOnly => permission == P::Read,
            Role::Operator => matches!(
                permission,
                P::Read | P::StartDrill | P::ControlExecution | P::TerminateInstances
            ),
            Role::PlanManager => matches!(
                permission,
                P::Read | P::ManagePlans | P::ConfigureLaunch | P::StartDrill | P::InstallAgents
            ),
            Role::RecoveryManager => {
                permission != P::ManageAccounts && permission != P::ManagePlans
            }
            Role::Admin => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    #[test]
    fn only_recovery_managers_and_admins_start_a_real_recovery() {
        let who: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|r| r.allows(Permission::StartRecovery))
            .collect();
        assert_eq!(who, [Role::RecoveryManager, Role::Admin]);
    }

    #[test]
    fn who_may_recover_may_also_bring_home_and_clean_up_and_nobody_else_may() {
        for role in Role::ALL {
            let recovers = role.allows(Permission::StartRecovery);
            assert_eq!(
                role.allows(Permission::ManageSessions),
                recovers,
                "{role:?}"
            );
            assert_eq!(role.allows(Permission::CleanUp), recovers, "{role:?}");
        }
        assert!(Role::PlanManager.allows(Permission::InstallAgents));
        assert!(!Role::Operator.allows(Permission::InstallAgents));
    }

    #[test]
    fn everybody_reads_and_names_round_trip() {
        for role in Role::ALL {
            assert!(role.allows(Permission::Read));
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
