//! What the list says of a plan.

use dr_model::plan::RecoveryPlan;

/// Which way it leads: a plan that was made by mirroring brings another one home.
#[must_use]
pub fn way(plan: &RecoveryPlan) -> &'static str {
    if plan.mirror_of.is_some() {
        "Failback"
    } else {
        "Failover"
    }
}

/// Its waves in their order: `db → app → web`.
#[must_use]
pub fn waves(plan: &RecoveryPlan) -> String {
    let names: Vec<&str> = plan.waves.iter().map(|wave| wave.name.as_str()).collect();
    names.join(" → ")
}

/// How many protection groups it has.
#[must_use]
pub fn groups(plan: &RecoveryPlan) -> usize {
    plan.waves.iter().map(|wave| wave.group_ids.len()).sum()
}

#[cfg(test)]
mod tests {
    use dr_model::plan::RecoveryPlan;
    use serde_json::json;

    use super::{groups, waves, way};

    fn plan(mirror: bool) -> RecoveryPlan {
        let id = |prefix: &str, n: u32| format!("{prefix}-00000000-0000-4000-8000-{n:012}");
        let mut plan = json!({
            "id": id("rp", 1), "name": "fleet", "description": "", "rto_target_seconds": 1800, "pause_timeout_seconds": 86400,
            "waves": [{ "name": "db", "group_ids": [id("pg", 1)] }, { "name": "web", "group_ids": [id("pg", 2), id("pg", 3)] }],
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
        });
        if mirror {
            plan["mirror_of"] = id("rp", 2).into();
        }
        serde_json::from_value(plan).unwrap()
    }

    #[test]
    fn a_plan_is_said_in_its_waves_and_groups() {
        assert_eq!(waves(&plan(false)), "db → web");
        assert_eq!(groups(&plan(false)), 3);
    }

    #[test]
    fn a_mirrored_plan_leads_home() {
        assert_eq!(
            (way(&plan(false)), way(&plan(true))),
            ("Failover", "Failback")
        );
    }
}
