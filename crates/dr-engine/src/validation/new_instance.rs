//! Judging a server that has no pair. Pure.

use dr_model::check::{Check, Severity};

use crate::validation::facts::{PairFacts, PlaceFacts};
use crate::validation::pair::instance_type_check;

/// A server without a pair launches a new instance: its id and IP are not kept, and the template must be complete.
pub(super) fn new_instance_checks(pair: &PairFacts, place: &PlaceFacts) -> Vec<Check> {
    let id = &pair.source_server_id;
    let mut checks = vec![Check::fail(
        "instance_pair",
        Severity::Warning,
        id,
        "The server has no pair: it launches into a new instance, with another id and private IP",
        "Pair it with a pre-provisioned instance",
    )];
    let template = pair
        .launch
        .as_ref()
        .and_then(|launch| launch.launch_template_id.as_ref())
        .and_then(|template| place.templates.get(template));
    let Some(template) = template else {
        // Without the launch configuration nothing can be said of its template.
        return checks;
    };
    let missing: Vec<&str> = [
        ("subnet", template.subnet_id.is_none()),
        ("security group", template.security_group_ids.is_empty()),
        ("instance profile", template.instance_profile.is_none()),
    ]
    .into_iter()
    .filter_map(|(what, is_missing)| is_missing.then_some(what))
    .collect();
    checks.push(if missing.is_empty() {
        Check::pass("launch_template", Severity::Critical, id, "The launch template is complete")
    } else {
        Check::fail(
            "launch_template",
            Severity::Critical,
            id,
            format!("The launch template {} has no {}", template.id, missing.join(", no ")),
            "Complete the default version of the launch template: DRS ends such a job without an instance and without an error",
        )
    });
    if let Some(subnet) = template
        .subnet_id
        .as_ref()
        .and_then(|subnet| place.subnets.get(subnet))
    {
        checks.push(if subnet.free_addresses > 0 {
            Check::pass(
                "free_addresses",
                Severity::Critical,
                id,
                format!("{} has {} free addresses", subnet.id, subnet.free_addresses),
            )
        } else {
            Check::fail(
                "free_addresses",
                Severity::Critical,
                id,
                format!("{} has no free address", subnet.id),
                "Use a larger subnet",
            )
        });
    }
    if let Some(instance_type) = &template.instance_type {
        checks.push(instance_type_check(id, instance_type, place));
    }
    checks
}
