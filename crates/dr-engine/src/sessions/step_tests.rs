//! What a step does with a decision.

use chrono::Duration;
use dr_error::{AwsCall, AwsClass, AwsError, Error};
use dr_model::session::{Intent, Stage};

use super::{fail, plan};
use crate::samples::at;
use crate::sessions::samples::{live, server, session};

fn refused(class: AwsClass) -> Error {
    AwsError {
        call: AwsCall {
            service: "drs",
            operation: "ReverseReplication",
            place: "444455556666/us-west-2".into(),
        },
        class,
        code: "Code".into(),
        message: "The agent is still initializing".into(),
        retry_after: None,
        detail: String::new(),
        aws_request_id: None,
    }
    .into()
}

#[test]
fn an_intent_is_written_before_the_act_and_keeps_everybody_else_from_it() {
    let session = session(Stage::Reversing);
    let mut live = live(None);
    let (next, act) = plan(&server(Stage::Reversing), &live, &session);
    assert!(act.is_some());
    assert_eq!(
        next.intent,
        Some(Intent {
            action: "reverse_replication".into(),
            at: live.now
        })
    );
    let (same, none) = plan(&next, &live, &session);
    assert!(none.is_none());
    assert_eq!(same, next);
    // Whoever wrote it may have died before the call: after a minute without effect it is made again.
    live.now += Duration::seconds(60);
    assert!(plan(&next, &live, &session).1.is_some());
}

#[test]
fn not_yet_is_tried_again_and_no_is_not() {
    let session = session(Stage::Reversing);
    let live = live(None);
    let (mut waiting, _) = plan(&server(Stage::Reversing), &live, &session);
    let mut denied = waiting.clone();
    fail(
        &mut waiting,
        &session,
        &refused(AwsClass::Conflict),
        live.now,
    );
    assert!(plan(&waiting, &live, &session).1.is_some());
    fail(
        &mut denied,
        &session,
        &refused(AwsClass::AccessDenied),
        live.now,
    );
    let error = denied.error.clone().unwrap();
    assert!(error.is_final && error.remediation.is_some());
    assert!(
        error.message.contains("still initializing"),
        "requirement 001, 12.4"
    );
    assert!(plan(&denied, &live, &session).1.is_none());
}

#[test]
fn a_call_without_answer_keeps_its_intent_because_it_may_have_arrived() {
    let session = session(Stage::Reversing);
    let live = live(None);
    let (mut server, _) = plan(&server(Stage::Reversing), &live, &session);
    fail(
        &mut server,
        &session,
        &refused(AwsClass::Unavailable),
        live.now,
    );
    assert!(server.intent.is_some());
    assert!(plan(&server, &live, &session).1.is_none());
}

#[test]
fn tries_are_counted_under_one_correlation_id() {
    let session = session(Stage::Reversing);
    let (mut server, _) = plan(&server(Stage::Reversing), &live(None), &session);
    fail(&mut server, &session, &refused(AwsClass::Conflict), at(1));
    let first = server.error.clone().unwrap();
    server.intent = Some(Intent {
        action: "reverse_replication".into(),
        at: at(2),
    });
    fail(&mut server, &session, &refused(AwsClass::Conflict), at(2));
    let second = server.error.unwrap();
    assert_eq!((first.tries, second.tries), (1, 2), "requirement 001, 12.6");
    assert_eq!(first.correlation_id, second.correlation_id);
    assert_eq!(second.first_at, at(1));
}
