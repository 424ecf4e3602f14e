//! A session and its servers, as the API answers them: for tests.

use dr_api::sessions::{SessionServerView, SessionView};
use dr_model::session::{ReverseProgress, Stage, StageTally};
use serde_json::json;

/// The id of the session.
pub const SESSION: &str = "fs-01234567-89ab-4cde-8f01-23456789abcd";

/// A session of one ready server.
pub fn session() -> SessionView {
    let at = "2026-01-01T00:00:00Z";
    serde_json::from_value(json!({
        "session_id": SESSION, "execution_id": "exec-01234567-89ab-4cde-8f01-23456789abcd",
        "direction": {
            "primary": { "account_id": "111122223333", "region": "us-east-1" },
            "recovery": { "account_id": "444455556666", "region": "us-west-2" },
        },
        "plan_name": "fleet", "group_ids": [], "mirrored_groups": [], "is_mirrored": true,
        "status": "READY_FOR_FAILBACK", "total_servers": 1, "stages": StageTally::count([Stage::Ready]), "failed_servers": 0,
        "actions": [
            { "action": "failback_drill", "allowed": true, "servers": 1, "reason": null },
            { "action": "commit", "allowed": false, "servers": 0, "reason": "No failback is on trial" },
        ],
        "lag_threshold_seconds": 60, "is_active": false, "created_by": "system", "created_at": at, "updated_at": at,
        "elapsed_seconds": 61, "version": 3,
    }))
    .unwrap()
}

/// A server at a stage; with an error of a step where one is named.
pub fn server(number: u8, stage: Stage, failed: Option<&str>) -> SessionServerView {
    let at = "2026-01-01T00:00:00Z";
    let error = failed.map(|step| {
        json!({
            "step": step, "message": "it broke", "remediation": "mend it", "first_at": at, "at": at,
            "correlation_id": "c-1", "tries": 2, "is_final": true,
        })
    });
    serde_json::from_value(json!({
        "name": format!("web-{number}"), "source_server_id": format!("s-{number:017}"), "launched_into": "new_instance",
        "stage": stage, "reverse": ReverseProgress::default(), "reverse_percent": 0.0,
        "forward": ReverseProgress::default(), "forward_percent": 0.0, "error": error,
    }))
    .unwrap()
}
