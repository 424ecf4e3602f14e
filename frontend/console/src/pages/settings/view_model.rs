//! What the settings say of roles, checks and versions.

use dr_model::check::Check;
use dr_model::role::{Permission, Role};
use ui::Status;

use crate::words::severity;

/// Every permission, least powerful first.
const PERMISSIONS: [Permission; 11] = [
    Permission::Read,
    Permission::StartDrill,
    Permission::ControlExecution,
    Permission::TerminateInstances,
    Permission::ManagePlans,
    Permission::ConfigureLaunch,
    Permission::InstallAgents,
    Permission::StartRecovery,
    Permission::ManageSessions,
    Permission::CleanUp,
    Permission::ManageAccounts,
];

/// A permission in words.
fn words(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "See everything",
        Permission::ManagePlans => {
            "Make, change and delete protection groups, instance pairs and recovery plans"
        }
        Permission::ConfigureLaunch => "Change the launch configuration of source servers",
        Permission::StartDrill => "Start drills",
        Permission::StartRecovery => "Start real recoveries and failbacks",
        Permission::ControlExecution => "Pause, resume and cancel executions",
        Permission::TerminateInstances => "End drills: terminate or hand back what they launched",
        Permission::ManageAccounts => "Register, change and remove target accounts",
        Permission::ManageSessions => {
            "Prepare the way home: replicate back, repair agents, mirror, re-protect"
        }
        Permission::InstallAgents => "Install replication agents",
        Permission::CleanUp => "Remove what a recovery launched, and undo a failback",
    }
}

/// What these roles permit, and what they do not.
#[must_use]
pub fn permissions(roles: &[Role]) -> Vec<(Status, String)> {
    let line = |permission: Permission| {
        if roles.iter().any(|role| role.allows(permission)) {
            (Status::Success, words(permission).to_owned())
        } else {
            (
                Status::Stopped,
                format!("Not permitted: {}", words(permission).to_lowercase()),
            )
        }
    };
    PERMISSIONS.into_iter().map(line).collect()
}

/// The roles, by name.
#[must_use]
pub fn role_names(roles: &[Role]) -> String {
    match roles {
        [] => "None: nothing is permitted".to_owned(),
        roles => roles
            .iter()
            .map(|role| role.name())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The checks of an account: what failed first, with what to do.
#[must_use]
pub fn checks(checks: &[Check]) -> Vec<(Status, String, String)> {
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by_key(|check| (check.passed, std::cmp::Reverse(check.severity)));
    let line = |check: &Check| {
        let status = if check.passed {
            Status::Success
        } else {
            severity(check.severity).0
        };
        (
            status,
            format!("{}: {}", check.subject, check.message),
            check.remediation.clone().unwrap_or_default(),
        )
    };
    sorted.into_iter().map(line).collect()
}

/// The server's version beside the console's.
#[must_use]
pub fn version(server: Option<&str>, console: &str) -> (Status, String) {
    match server {
        None => (Status::Info, "Not said".to_owned()),
        Some(server) if server == console => (Status::Success, server.to_owned()),
        Some(server) => (
            Status::Warning,
            format!("{server}, which is not the console's: reload the page"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use dr_model::check::{Check, Severity};
    use dr_model::role::{Permission, Role};
    use ui::Status;

    use super::{PERMISSIONS, checks, permissions, role_names, version};

    fn permitted(role: Role) -> usize {
        let lines = permissions(&[role]);
        assert_eq!(lines.len(), PERMISSIONS.len());
        lines
            .iter()
            .filter(|(status, _)| *status == Status::Success)
            .count()
    }

    #[test]
    fn every_permission_is_listed_once_and_an_admin_has_them_all() {
        let mut sorted = PERMISSIONS.to_vec();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), PERMISSIONS.len());
        assert_eq!(permitted(Role::Admin), PERMISSIONS.len());
        assert_eq!(permitted(Role::ReadOnly), 1);
        let expected = PERMISSIONS
            .into_iter()
            .filter(|one| Role::Operator.allows(*one))
            .count();
        assert_eq!(permitted(Role::Operator), expected);
        assert!(Role::Admin.allows(Permission::ManageAccounts));
    }

    #[test]
    fn roles_are_joined_and_nobody_without_one_is_left_in_doubt() {
        assert_eq!(
            role_names(&[Role::Operator, Role::PlanManager]),
            "operator, plan-manager"
        );
        assert!(role_names(&[]).starts_with("None"));
    }

    #[test]
    fn what_failed_stands_above_what_passed_the_worst_first() {
        let all = [
            Check::pass("a", Severity::Critical, "us-east-1", "fine"),
            Check::fail("b", Severity::Warning, "us-east-1", "odd", "look"),
            Check::fail("c", Severity::Critical, "us-west-2", "broken", "mend it"),
        ];
        let shown = checks(&all);
        assert_eq!(
            shown[0],
            (
                Status::Error,
                "us-west-2: broken".to_owned(),
                "mend it".to_owned()
            )
        );
        assert_eq!([shown[1].0, shown[2].0], [Status::Warning, Status::Success]);
    }

    #[test]
    fn another_version_of_the_server_is_a_warning() {
        assert_eq!(version(Some("0.1.0"), "0.1.0").0, Status::Success);
        assert_eq!(version(Some("0.2.0"), "0.1.0").0, Status::Warning);
        assert_eq!(version(None, "0.1.0").0, Status::Info);
    }
}
