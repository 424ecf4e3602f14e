//! What AWS Elastic Disaster Recovery does with its caller's rights.

/// Actions that DRS does with the caller's permissions when the caller asks for `action` (AWS service
/// authorization reference, "Dependent actions" of AWS Elastic Disaster Recovery; requirement 004,
/// "EC2LaunchOperations"). `iam:PassRole` is apart, because it names roles: see [`super::PASSED_ROLES`].
#[must_use]
pub fn on_our_behalf(action: &str) -> &'static [&'static str] {
    match action {
        "drs:StartRecovery" => &[
            "drs:CreateRecoveryInstanceForDrs",
            "drs:DescribeReplicationConfigurationTemplates",
            "drs:ListTagsForResource",
            "ec2:AttachVolume",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateLaunchTemplate",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:CreateSnapshot",
            "ec2:CreateTags",
            "ec2:CreateVolume",
            "ec2:DeleteLaunchTemplateVersions",
            "ec2:DeleteSnapshot",
            "ec2:DeleteVolume",
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSubnets",
            "ec2:DescribeVolumes",
            "ec2:DetachVolume",
            "ec2:ModifyInstanceAttribute",
            "ec2:ModifyLaunchTemplate",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RunInstances",
            "ec2:StartInstances",
            "ec2:StopInstances",
            "ec2:TerminateInstances",
        ],
        "drs:ReverseReplication" => &[
            "drs:DescribeReplicationConfigurationTemplates",
            "drs:DescribeSourceServers",
        ],
        "drs:TerminateRecoveryInstances" => &[
            "drs:DescribeSourceServers",
            "ec2:DeleteVolume",
            "ec2:DescribeInstances",
            "ec2:DescribeVolumes",
            "ec2:TerminateInstances",
        ],
        // The reference names only the first; DRS writes the settings into the server's launch template too.
        "drs:UpdateLaunchConfiguration" => &[
            "ec2:DescribeInstances",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:DeleteLaunchTemplateVersions",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeLaunchTemplates",
            "ec2:ModifyLaunchTemplate",
        ],
        _ => &[],
    }
}
