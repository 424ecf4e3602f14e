//! What DRS demands of an instance that it launches into, at the moment of the launch.

use super::state::SourceServer;
use crate::world::World;

/// The tag that allows DRS to launch into an instance.
pub const ALLOW_TAG: (&str, &str) = ("AWSDRS", "AllowLaunchingIntoThisInstance");

/// Policies that the instance profile must carry.
pub const POLICIES: [&str; 2] = [
    "AWSElasticDisasterRecoveryRecoveryInstancePolicy",
    "AmazonSSMManagedInstanceCore",
];

/// What DRS does in EC2 with the permissions of whoever started the job (forward access).
const ACTIONS_INTO: [&str; 6] = [
    "ec2:StartInstances",
    "ec2:CreateVolume",
    "ec2:AttachVolume",
    "ec2:DetachVolume",
    "ec2:CreateTags",
    "drs:CreateRecoveryInstanceForDrs",
];
const ACTIONS_NEW: [&str; 5] = [
    "ec2:RunInstances",
    "ec2:CreateVolume",
    "ec2:CreateTags",
    "iam:PassRole",
    "drs:CreateRecoveryInstanceForDrs",
];

/// Gives the raw error of the first permission that the starter of a job lacks. It shows here, at
/// the launch, and not as AccessDenied of the call.
pub fn permitted(world: &World, starter: &str, into: bool) -> Result<(), String> {
    let actions: &[&str] = if into { &ACTIONS_INTO } else { &ACTIONS_NEW };
    match actions
        .iter()
        .find(|action| !crate::iam::allowed(world, starter, action))
    {
        Some(action) => Err(format!(
            "UnauthorizedOperation: User: {starter} is not authorized to perform: {action}"
        )),
        None => Ok(()),
    }
}

/// Gives the raw error of the first demand that is not met.
pub fn check(
    world: &World,
    account: &str,
    region: &str,
    source: &SourceServer,
    target: &str,
) -> Result<(), String> {
    let Some(instance) = crate::ec2::look(world, account, region, target) else {
        return Err(format!(
            "InvalidInstanceID.NotFound: The instance ID '{target}' does not exist"
        ));
    };
    let machine = &source.machine;
    let refused = |what: String| Err(format!("Launch into instance {target} failed: {what}"));
    if instance.state != "stopped" {
        return Err(format!(
            "ConflictException: Instance {target} is {}; it must be stopped to be launched into.",
            instance.state
        ));
    }
    if instance.tags.get(ALLOW_TAG.0).map(String::as_str) != Some(ALLOW_TAG.1) {
        return refused(format!(
            "it does not have the tag {}={}.",
            ALLOW_TAG.0, ALLOW_TAG.1
        ));
    }
    if source.launch.copy_tags || source.launch.copy_private_ip {
        return refused(
            "copyTags and copyPrivateIp must be off in the launch settings.".to_owned(),
        );
    }
    if instance.windows != machine.windows {
        return refused("its platform differs from the source server's.".to_owned());
    }
    if instance.architecture != machine.architecture {
        return refused(format!(
            "its architecture {} differs from the source server's {}.",
            instance.architecture, machine.architecture
        ));
    }
    if !instance.hvm || !instance.root_device_ebs {
        return refused("it must be an HVM instance with an EBS root volume.".to_owned());
    }
    // A BIOS source can be launched into either.
    if machine.uefi && !instance.boot_mode.starts_with("uefi") {
        return refused("the source server boots by UEFI, the instance by legacy BIOS.".to_owned());
    }
    let Some(profile) = &instance.instance_profile else {
        return refused("it has no IAM instance profile.".to_owned());
    };
    let policies = crate::iam::profile_policies(world, account, profile).unwrap_or_default();
    for policy in POLICIES {
        if !policies.iter().any(|name| name == policy) {
            return refused(format!("its instance profile lacks the policy {policy}."));
        }
    }
    Ok(())
}
