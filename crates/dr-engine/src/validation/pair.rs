//! Judging one pair. Pure: facts in, checks out (requirement 004, "Configuration Validation Tests").

use std::collections::BTreeMap;

use dr_aws::ProfilePolicies;
use dr_model::check::{Check, Severity};
use dr_model::launch::LaunchConfiguration;
use dr_model::server::BootMode;
use dr_model::target::{ALLOW_TAG_KEY, ALLOW_TAG_VALUE, TargetInstance};

use crate::validation::facts::{PairFacts, PlaceFacts};
use crate::validation::new_instance::new_instance_checks;
use crate::validation::source::source_checks;

/// Policies that the target's role needs (drs-facts: launching into an existing instance).
const PROFILE_POLICIES: [&str; 2] = [
    "AWSElasticDisasterRecoveryRecoveryInstancePolicy",
    "AmazonSSMManagedInstanceCore",
];

/// Every check of one pair, in the order in which a person would look.
#[must_use]
pub fn checks(pair: &PairFacts, place: &PlaceFacts) -> Vec<Check> {
    let mut checks = source_checks(pair, place);
    match &pair.target_id {
        Some(id) => match &pair.target {
            Some(target) => {
                checks.push(Check::pass(
                    "target_instance_exists",
                    Severity::Critical,
                    id,
                    "The target instance exists",
                ));
                checks.extend(target_checks(pair, target));
                checks.extend(network_checks(target, place));
                checks.extend(profile_checks(target, &place.profiles));
            }
            None => checks.push(Check::fail(
                "target_instance_exists",
                Severity::Critical,
                id,
                format!("EC2 knows no instance {id} in {}", place.place),
                "Choose another instance for this server, or create one",
            )),
        },
        None => checks.extend(new_instance_checks(pair, place)),
    }
    checks
}

/// Every check of an instance that a server is to be launched into, but for where it stands.
pub(crate) fn target_checks(pair: &PairFacts, target: &TargetInstance) -> Vec<Check> {
    let id = &target.id;
    let mut checks = vec![
        expect(
            "target_instance_state",
            id,
            "stopped",
            &target.state,
            "Stop the target instance: DRS launches into stopped instances only",
        ),
        expect(
            "awsdrs_tag",
            id,
            ALLOW_TAG_VALUE,
            target
                .tags
                .get(ALLOW_TAG_KEY)
                .map_or("no tag", String::as_str),
            &format!("Tag the instance {ALLOW_TAG_KEY}={ALLOW_TAG_VALUE}"),
        ),
        expect(
            "target_root_device",
            id,
            "ebs",
            &target.root_device_type,
            "Use an instance with an EBS root volume",
        ),
        expect(
            "target_virtualization",
            id,
            "hvm",
            &target.virtualization,
            "Use an HVM instance",
        ),
    ];
    checks.extend(likeness_checks(pair, target));
    if let Some(launch) = &pair.launch {
        checks.push(launch_check(launch, target));
    }
    checks
}

/// The target is a machine that the server can run on.
fn likeness_checks(pair: &PairFacts, target: &TargetInstance) -> Vec<Check> {
    let id = &target.id;
    let mut checks = Vec::new();
    if let Some(source) = &pair.source {
        let word = |platform| format!("{platform:?}").to_lowercase();
        checks.push(expect(
            "platform",
            id,
            &word(source.platform),
            &word(target.platform),
            "Use an instance with the operating system family of the server",
        ));
    }
    if let Some(origin) = &pair.origin {
        let word = |architecture| format!("{architecture:?}").to_lowercase();
        checks.push(expect(
            "architecture",
            id,
            &word(&origin.architecture),
            &word(&target.architecture),
            "Use an instance of the architecture of the server",
        ));
        // A UEFI source needs a UEFI target; a BIOS source takes either.
        let fits = origin.boot_mode != Some(BootMode::Uefi) || target.boot_mode == BootMode::Uefi;
        let message = "A UEFI server needs a UEFI instance";
        checks.push(if fits {
            Check::pass("boot_mode", Severity::Critical, id, "Boot modes fit")
        } else {
            Check::fail(
                "boot_mode",
                Severity::Critical,
                id,
                message,
                "Use an instance that boots by UEFI",
            )
            .seen("uefi", "bios")
        });
    }
    checks
}

fn launch_check(launch: &LaunchConfiguration, target: &TargetInstance) -> Check {
    let id = &target.id;
    let changes = launch.changes_to(&launch.into_target(id));
    if changes.is_empty() {
        return Check::pass(
            "launch_configuration",
            Severity::Info,
            id,
            "The launch configuration is as it must be",
        );
    }
    let list: Vec<String> = changes
        .iter()
        .map(|c| format!("{}: {} → {}", c.setting, c.from, c.to))
        .collect();
    Check::fail(
        "launch_configuration",
        Severity::Info,
        id,
        format!(
            "The launch configuration will be changed: {}",
            list.join(", ")
        ),
        "Nothing: it is set before the launch. Apply it now to see whether DRS accepts it",
    )
}

fn expect(
    name: &str,
    subject: impl ToString,
    wanted: &str,
    actual: &str,
    remediation: &str,
) -> Check {
    let subject = subject.to_string();
    let words = name.replace('_', " ");
    if wanted == actual {
        Check::pass(
            name,
            Severity::Critical,
            subject,
            format!("{words} is {actual}"),
        )
    } else {
        let message = format!("{subject}: {words} is {actual}, not {wanted}");
        Check::fail(name, Severity::Critical, subject, message, remediation).seen(wanted, actual)
    }
}

fn network_checks(target: &TargetInstance, place: &PlaceFacts) -> Vec<Check> {
    let id = &target.id;
    let mut checks = Vec::new();
    let subnet = target
        .subnet_id
        .as_ref()
        .and_then(|subnet| place.subnets.get(subnet));
    checks.push(match subnet {
        Some(subnet) => Check::pass(
            "target_subnet",
            Severity::Critical,
            id,
            format!("In subnet {} ({})", subnet.id, subnet.cidr),
        ),
        None => Check::fail(
            "target_subnet",
            Severity::Critical,
            id,
            "The subnet of the target cannot be found",
            "Check the subnet of the instance",
        ),
    });
    let missing: Vec<&String> = target
        .security_group_ids
        .iter()
        .filter(|group| {
            place
                .security_groups
                .get(*group)
                .is_none_or(|found| found.vpc_id != target.vpc_id)
        })
        .collect();
    checks.push(
        if target.security_group_ids.is_empty() || !missing.is_empty() {
            Check::fail(
                "target_security_groups",
                Severity::Critical,
                id,
                format!("Security groups missing or of another VPC: {missing:?}"),
                "Give the instance security groups of its own VPC",
            )
        } else {
            Check::pass(
                "target_security_groups",
                Severity::Critical,
                id,
                "Security groups are of the target's VPC",
            )
        },
    );
    checks.push(instance_type_check(id, &target.instance_type, place));
    checks
}

pub(super) fn instance_type_check(
    subject: impl ToString,
    instance_type: &str,
    place: &PlaceFacts,
) -> Check {
    let name = "instance_type";
    if place.instance_types.contains(instance_type) {
        Check::pass(
            name,
            Severity::Critical,
            subject,
            format!("{instance_type} is offered"),
        )
    } else {
        Check::fail(
            name,
            Severity::Critical,
            subject,
            format!("{} does not offer {instance_type}", place.place.region),
            "Choose an instance type that the region offers",
        )
    }
}

/// The instance has a profile whose role has both policies. Nothing where the profile was not looked up.
pub(crate) fn profile_checks(
    target: &TargetInstance,
    profiles: &BTreeMap<String, Option<ProfilePolicies>>,
) -> Vec<Check> {
    let id = &target.id;
    let attach = "Attach an instance profile whose role has both policies";
    let Some(profile) = &target.instance_profile else {
        return vec![Check::fail(
            "instance_profile",
            Severity::Critical,
            id,
            "The target has no instance profile",
            attach,
        )];
    };
    match profiles.get(profile) {
        // Not looked up: said once for the place.
        None => Vec::new(),
        Some(None) => vec![Check::fail(
            "instance_profile",
            Severity::Critical,
            id,
            format!("There is no instance profile {profile}"),
            attach,
        )],
        Some(Some(found)) => {
            let missing: Vec<&str> = PROFILE_POLICIES
                .into_iter()
                .filter(|policy| !found.attached.iter().any(|attached| attached == policy))
                .collect();
            vec![if missing.is_empty() {
                Check::pass(
                    "instance_profile",
                    Severity::Critical,
                    id,
                    format!("Instance profile {profile} has both policies"),
                )
            } else {
                Check::fail(
                    "instance_profile",
                    Severity::Critical,
                    id,
                    format!("The role of {profile} lacks {}", missing.join(" and ")),
                    format!("Attach {} to the role", missing.join(" and ")),
                )
                .seen(PROFILE_POLICIES.join(", "), found.attached.join(", "))
            }]
        }
    }
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
