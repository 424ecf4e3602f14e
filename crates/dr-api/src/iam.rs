//! The only table of what each operation does in AWS, as IAM actions. `cargo xtask gen` writes the roles of
//! the three functions and the role of the target accounts from it; a test of the house compares it with the
//! `IAM:` lines of the crates that make the calls, so that neither has an action that the other lacks.
//!
//! Determinations:
//! - A function's own role reaches what is ours: tables, state machines, the topic, metrics. Everything of
//!   DRS, EC2, IAM, KMS and Service Quotas is done with a role in the account that holds the servers. Where
//!   that is the orchestrator's own account, the same actions are given to the function's own role by a
//!   separate policy, function by function.
//! - DRS does the EC2 part of a launch with the caller's permissions (forward access). Those actions are
//!   listed by [`on_our_behalf`], with the condition that an AWS service makes the call.

use std::collections::BTreeSet;

use crate::operation::{HandlerName, Operation};

mod forward;

pub use crate::iam::forward::on_our_behalf;

/// IAM actions, in groups that belong together.
type Actions = &'static [&'static [&'static str]];

/// What a piece of work needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// With the function's own role.
    own: Actions,
    /// With the role in the account that holds the servers or the instances.
    target: Actions,
}

impl Rights {
    /// Actions that the function's own role needs.
    #[must_use]
    pub fn own(&self) -> BTreeSet<&'static str> {
        self.own.concat().into_iter().collect()
    }

    /// Actions that the role in the target account needs, without those that DRS does on its behalf.
    #[must_use]
    pub fn target(&self) -> BTreeSet<&'static str> {
        self.target.concat().into_iter().collect()
    }
}

const READ: &[&str] = &[
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
];
/// A transaction takes the rights of each of its parts.
const WRITE: &[&str] = &[
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
const ASSUME: &[&str] = &["sts:AssumeRole"];
const MEASURE: &[&str] = &["cloudwatch:PutMetricData"];
const NOTIFY: &[&str] = &["sns:Publish"];
const START: &[&str] = &["states:StartExecution"];
const ANSWER: &[&str] = &["states:SendTaskSuccess"];

const SERVERS: &[&str] = &["drs:DescribeSourceServers"];
const INSTANCES: &[&str] = &["ec2:DescribeInstances"];
/// What the guard looks at before anything starts or ends.
const GUARD: &[&str] = &["drs:DescribeRecoveryInstances"];
const JOBS: &[&str] = &["drs:DescribeJobs"];
const JOB_LOGS: &[&str] = &["drs:DescribeJobLogItems"];
const QUOTAS: &[&str] = &["servicequotas:ListServiceQuotas"];
const LAUNCH_SETTINGS: &[&str] = &["drs:GetLaunchConfiguration"];
const CHANGE_LAUNCH_SETTINGS: &[&str] = &["drs:UpdateLaunchConfiguration"];
const LAUNCH: &[&str] = &["drs:StartRecovery"];
const PERMISSIONS: &[&str] = &["iam:SimulatePrincipalPolicy"];
/// What the checks before a launch look at, beside servers, instances and launch settings.
const SURROUNDINGS: &[&str] = &[
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetEbsEncryptionByDefault",
    "iam:GetInstanceProfile",
    "iam:ListAttachedRolePolicies",
    "kms:DescribeKey",
];
/// Ending what a drill launched, and handing pre-provisioned instances back stopped.
const END: &[&str] = &[
    "drs:DeleteRecoveryInstance",
    "drs:DisconnectRecoveryInstance",
    "drs:TerminateRecoveryInstances",
    "ec2:StopInstances",
];

const POINTS: &[&str] = &["drs:DescribeRecoverySnapshots"];
const VOLUMES: &[&str] = &["ec2:DescribeVolumes"];
const HEALTH: &[&str] = &["ec2:DescribeInstanceStatus"];
/// What the checks before a replication look at, beside what those before a launch do.
const REPLICATION_SURROUNDINGS: &[&str] = &[
    "drs:DescribeReplicationConfigurationTemplates",
    "ec2:DescribeRouteTables",
    "ec2:DescribeVolumes",
];
/// What an instance profile brings.
const PROFILES: &[&str] = &["iam:GetInstanceProfile", "iam:ListAttachedRolePolicies"];
/// Which machines SSM reaches.
const MACHINES: &[&str] = &["ssm:DescribeInstanceInformation"];
/// Running a command on machines and following it. Sent again only after a look at what was sent.
const COMMANDS: &[&str] = &[
    "ssm:GetCommandInvocation",
    "ssm:ListCommandInvocations",
    "ssm:ListCommands",
    "ssm:SendCommand",
];
const REVERSE: &[&str] = &["drs:ReverseReplication", "drs:StartReplication"];
/// Making the original instances targets of the way home.
const PREPARE_TARGETS: &[&str] = &[
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateTags",
    "ec2:ModifyLaunchTemplate",
];
/// Ending a way back: its replication, its source server, and the volumes that launches left.
const RETIRE: &[&str] = &[
    "drs:DeleteSourceServer",
    "drs:DisconnectSourceServer",
    "drs:StopReplication",
    "ec2:DeleteVolume",
];

/// Everything that is looked at before a step of a failover session.
const READINESS: Actions = &[
    SERVERS,
    INSTANCES,
    GUARD,
    JOBS,
    LAUNCH_SETTINGS,
    SURROUNDINGS,
    REPLICATION_SURROUNDINGS,
    PERMISSIONS,
    QUOTAS,
    HEALTH,
    MACHINES,
];
/// Everything that the steps of failover sessions and of agent installations look at and do.
const STEPS: Actions = &[
    SERVERS,
    INSTANCES,
    GUARD,
    LAUNCH_SETTINGS,
    CHANGE_LAUNCH_SETTINGS,
    SURROUNDINGS,
    REPLICATION_SURROUNDINGS,
    HEALTH,
    MACHINES,
    COMMANDS,
    REVERSE,
    RETIRE,
    END,
];
/// What is left of a session, and what it is.
const LEFT_OVER: Actions = &[SERVERS, INSTANCES, GUARD, VOLUMES];

/// Everything that is looked at before a launch, the guard apart.
const CHECKS: Actions = &[
    SERVERS,
    INSTANCES,
    JOBS,
    LAUNCH_SETTINGS,
    SURROUNDINGS,
    PERMISSIONS,
    QUOTAS,
];

const fn ours(own: Actions) -> Rights {
    Rights { own, target: &[] }
}

const fn there(own: Actions, target: Actions) -> Rights {
    Rights { own, target }
}

/// What an operation needs.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "a table: an operation that is missing does not compile"
)]
pub fn rights(operation: Operation) -> Rights {
    use Operation as O;
    match operation {
        O::ListTargetAccounts
        | O::GetTargetAccount
        | O::ListProtectionGroups
        | O::GetProtectionGroup
        | O::ListInstancePairs
        | O::ListConfigurations
        | O::GetConfiguration
        | O::ListRecoveryPlans
        | O::GetRecoveryPlan
        | O::ListExecutions
        | O::GetExecution
        | O::ListExecutionServers
        | O::GetExecutionTimeline
        | O::GetAllowLaunchingStatus => ours(&[READ]),

        O::CreateTargetAccount
        | O::UpdateTargetAccount
        | O::DeleteTargetAccount
        | O::CreateProtectionGroup
        | O::UpdateProtectionGroup
        | O::DeleteProtectionGroup
        | O::CreateRecoveryPlan
        | O::UpdateRecoveryPlan
        | O::DeleteRecoveryPlan
        | O::DeleteInstancePair => ours(&[READ, WRITE]),

        O::ValidateTargetAccount | O::PreviewSelection => there(&[READ, ASSUME], &[SERVERS]),
        O::ConfigureInstancePairs | O::UpdateInstancePair => {
            there(&[READ, WRITE, ASSUME, MEASURE], &[SERVERS, INSTANCES])
        }
        O::ConfigureAllowLaunching => there(
            &[READ, WRITE, ASSUME, MEASURE],
            &[
                SERVERS,
                INSTANCES,
                JOBS,
                LAUNCH_SETTINGS,
                SURROUNDINGS,
                PERMISSIONS,
                QUOTAS,
                CHANGE_LAUNCH_SETTINGS,
            ],
        ),
        O::RevertAllowLaunching => there(
            &[READ, WRITE, ASSUME],
            &[LAUNCH_SETTINGS, CHANGE_LAUNCH_SETTINGS],
        ),

        O::StartExecution | O::ExecuteFailover => there(
            &[READ, WRITE, ASSUME, START, NOTIFY],
            &[
                SERVERS,
                INSTANCES,
                JOBS,
                LAUNCH_SETTINGS,
                SURROUNDINGS,
                PERMISSIONS,
                QUOTAS,
                GUARD,
            ],
        ),
        O::PauseExecution => ours(&[READ, WRITE, NOTIFY]),
        O::ResumeExecution | O::CancelExecution => ours(&[READ, WRITE, ANSWER, NOTIFY]),
        O::TerminateExecutionInstances => there(
            &[READ, WRITE, ASSUME, NOTIFY],
            &[SERVERS, INSTANCES, GUARD, END],
        ),

        O::ListFailoverSessions
        | O::GetFailoverSession
        | O::ListFailoverSessionServers
        | O::GetAgentStatus
        | O::GetReverseReplicationStatus
        | O::GetAgentInstallation
        | O::ListAgentInstallations
        | O::ListReplicationStatus
        | O::GetReplicationDashboard
        | O::GetLagHistory
        | O::UpdateFailoverSession
        | O::SplitFailoverSession
        | O::CommitFailback
        | O::CreateFailoverSession
        | O::RefreshFailoverSession
        | O::CheckReadiness
        | O::ValidateReverseReplication
        | O::InstallAgents
        | O::StartReverseReplication
        | O::ReverseRecoveryInstance
        | O::GoBack
        | O::ReProtect
        | O::MirrorConfig
        | O::GetMirrorStatus
        | O::ExecuteFailback
        | O::ExecuteAllowLaunchingFailback
        | O::FailbackRecoveryInstance
        | O::GetCleanupInventory
        | O::Cleanup
        | O::TerminateRecoveryInstance
        | O::ListAgentCandidates
        | O::InstallAgent
        | O::RetryAgentInstallation
        | O::RefreshInventory
        | O::GetReplicationStatus
        | O::ListRecoveryPoints
        | O::ListRecoveryInstances => way_home(operation),

        O::MatchInstances => there(&[READ, ASSUME, MEASURE], &[SERVERS, INSTANCES]),
        O::ValidateInstancePairs => there(&[READ, ASSUME], CHECKS),
        O::ValidateIpPreservation => there(&[READ, ASSUME], &[SERVERS, INSTANCES]),
        O::ListSourceServers => there(&[READ, ASSUME], &[SERVERS]),
        O::GetQuotas => there(&[READ, ASSUME], &[SERVERS, JOBS, QUOTAS]),
    }
}

/// What the operations of sessions, agents and replication need.
fn way_home(operation: Operation) -> Rights {
    use Operation as O;
    match operation {
        O::UpdateFailoverSession | O::SplitFailoverSession => ours(&[READ, WRITE]),
        O::CommitFailback => ours(&[READ, WRITE, NOTIFY]),
        O::CreateFailoverSession => there(&[READ, WRITE, ASSUME], &[SERVERS, GUARD]),
        O::RefreshFailoverSession => there(&[READ, WRITE, ASSUME, NOTIFY, MEASURE], STEPS),
        O::CheckReadiness | O::ValidateReverseReplication => there(&[READ, ASSUME], READINESS),
        O::InstallAgents
        | O::StartReverseReplication
        | O::ReverseRecoveryInstance
        | O::GoBack
        | O::ReProtect => there(&[READ, WRITE, ASSUME, NOTIFY], READINESS),
        O::MirrorConfig => there(
            &[READ, WRITE, ASSUME, NOTIFY],
            &[
                SERVERS,
                INSTANCES,
                GUARD,
                LAUNCH_SETTINGS,
                CHANGE_LAUNCH_SETTINGS,
                SURROUNDINGS,
                PREPARE_TARGETS,
            ],
        ),
        O::GetMirrorStatus => there(&[READ, ASSUME], &[SERVERS, INSTANCES, LAUNCH_SETTINGS]),
        O::ExecuteFailback | O::ExecuteAllowLaunchingFailback | O::FailbackRecoveryInstance => {
            there(&[READ, WRITE, ASSUME, START, NOTIFY], READINESS)
        }
        O::GetCleanupInventory => there(&[READ, ASSUME], LEFT_OVER),
        O::Cleanup => there(&[READ, WRITE, ASSUME, NOTIFY], LEFT_OVER),
        O::TerminateRecoveryInstance => there(
            &[READ, WRITE, ASSUME, NOTIFY],
            &[SERVERS, INSTANCES, GUARD, END],
        ),
        O::ListAgentCandidates => there(
            &[READ, ASSUME],
            &[SERVERS, INSTANCES, GUARD, MACHINES, PROFILES],
        ),
        O::InstallAgent | O::RetryAgentInstallation => there(
            &[READ, WRITE, ASSUME, NOTIFY],
            &[SERVERS, INSTANCES, GUARD, MACHINES, PROFILES, COMMANDS],
        ),
        O::RefreshInventory => there(&[READ, WRITE, ASSUME, MEASURE], &[SERVERS, GUARD]),
        O::GetReplicationStatus => there(&[READ, ASSUME], &[SERVERS]),
        O::ListRecoveryPoints => there(&[READ, ASSUME], &[POINTS, SERVERS]),
        O::ListRecoveryInstances => there(&[READ, ASSUME], &[SERVERS, GUARD]),

        // The others read what is stored.
        _ => ours(&[READ]),
    }
}

/// What a function does that nobody asks for by an operation: tasks of the state machines and events.
#[must_use]
pub fn background(handler: HandlerName) -> Rights {
    match handler {
        HandlerName::Execution => there(
            &[READ, WRITE, ASSUME, ANSWER, NOTIFY, MEASURE],
            &[
                SERVERS,
                INSTANCES,
                GUARD,
                JOBS,
                JOB_LOGS,
                LAUNCH_SETTINGS,
                CHANGE_LAUNCH_SETTINGS,
                LAUNCH,
                QUOTAS,
                SURROUNDINGS,
                REPLICATION_SURROUNDINGS,
                HEALTH,
                MACHINES,
                COMMANDS,
                REVERSE,
                RETIRE,
                END,
            ],
        ),
        HandlerName::DataManagement | HandlerName::Query => ours(&[]),
    }
}

/// All that a function needs.
fn all_of(handler: HandlerName) -> impl Iterator<Item = Rights> {
    Operation::ALL
        .iter()
        .filter(move |operation| operation.handler() == handler)
        .map(|operation| rights(*operation))
        .chain([background(handler)])
}

/// Actions of a function's own role.
#[must_use]
pub fn own_actions(handler: HandlerName) -> BTreeSet<&'static str> {
    all_of(handler).flat_map(|rights| rights.own()).collect()
}

/// Actions of a function where the servers are. Empty: the function assumes no role.
#[must_use]
pub fn target_actions(handler: HandlerName) -> BTreeSet<&'static str> {
    all_of(handler).flat_map(|rights| rights.target()).collect()
}

/// Documents of Systems Manager that we run.
pub const DOCUMENTS: &[&str] = &[
    "AWS-RunPowerShellScript",
    "AWS-RunShellScript",
    "AWSDisasterRecovery-InstallDRAgentOnInstance",
];

/// Roles of DRS that a launch passes to EC2, under `role/service-role/`.
pub const PASSED_ROLES: &[&str] = &[
    "AWSElasticDisasterRecoveryConversionServerRole",
    "AWSElasticDisasterRecoveryRecoveryInstanceRole",
];

/// Whether some function of ours launches, and so passes roles.
#[must_use]
pub fn passes_roles(actions: &BTreeSet<&str>) -> bool {
    actions.contains("drs:StartRecovery")
}

/// Everything that DRS does on behalf of a caller with these actions.
#[must_use]
pub fn forwarded(actions: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    actions
        .iter()
        .flat_map(|action| on_our_behalf(action))
        .copied()
        .collect()
}

#[cfg(test)]
#[path = "iam_tests.rs"]
mod tests;
