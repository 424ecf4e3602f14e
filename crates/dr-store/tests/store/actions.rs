//! SSM actions of an execution: stored before it, in order, one writer at a time, and gone with it.

use dr_model::action::{
    ActionOnInstance, ActionRun, ActionSide, ActionState, ActionTarget, MAX_PARAMETER_BYTES,
    MAX_WAVE_INSTANCES, OnActionFailure, SsmAction,
};
use dr_model::execution::{Execution, ExecutionStatus};

use crate::door::with_tables;
use crate::samples::{at, code, execution, target};

fn action(execution: &Execution, wave: usize, side: ActionSide, turn: usize) -> ActionRun {
    let wanted = SsmAction {
        name: format!("{wave} {side:?} {turn}"),
        document_name: "AWS-RunShellScript".to_owned(),
        parameters: [("commands".to_owned(), vec!["true".to_owned()])].into(),
        on: ActionTarget::Wave,
        timeout_seconds: 3_600,
        on_failure: OnActionFailure::Continue,
        skip_in_drills: false,
    };
    ActionRun::pending(execution.id.clone(), wave, side, turn, wanted)
}

fn names(actions: &[ActionRun]) -> Vec<&str> {
    actions.iter().map(|a| a.action.name.as_str()).collect()
}

#[tokio::test]
async fn actions_are_read_by_wave_side_and_turn_and_are_no_batches_of_the_execution() {
    use ActionSide::{After, Before};
    let (_, store) = with_tables().await;
    let mut one = execution(1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    let actions = [
        (1, Before, 0),
        (0, After, 0),
        (0, Before, 1),
        (0, Before, 0),
    ]
    .map(|(wave, side, turn)| action(&one, wave, side, turn));
    store.create_actions(&one, &actions).await.unwrap();
    store
        .start_execution(&mut one, &mut [], &lease)
        .await
        .unwrap();
    assert_eq!(store.execution(&one.id).await.unwrap(), one);
    assert!(store.batches(&one).await.unwrap().is_empty());
    let read = store.actions(&one).await.unwrap();
    let order = ["0 Before 0", "0 Before 1", "0 After 0", "1 Before 0"];
    assert_eq!(names(&read), order);
    let second = store.action(&one, 0, Before, 1).await.unwrap();
    assert_eq!(second, read[1]);
    let none = store.action(&one, 0, After, 1).await.unwrap_err();
    assert_eq!(code(&none), "NotFound action");
}

#[tokio::test]
async fn the_same_actions_stored_again_are_no_error_and_others_are() {
    let (_, store) = with_tables().await;
    let one = execution(1);
    let mut first = action(&one, 0, ActionSide::Before, 0);
    let actions = [first.clone()];
    store.create_actions(&one, &actions).await.unwrap();
    store.create_actions(&one, &actions).await.unwrap();
    first.action.timeout_seconds = 60;
    let refused = store.create_actions(&one, &[first]).await.unwrap_err();
    assert_eq!(code(&refused), "ALREADY_EXISTS");
}

#[tokio::test]
async fn of_two_who_write_an_action_one_is_refused() {
    let (_, store) = with_tables().await;
    let one = execution(1);
    let first = action(&one, 0, ActionSide::Before, 0);
    store.create_actions(&one, &[first]).await.unwrap();
    let mut mine = store.action(&one, 0, ActionSide::Before, 0).await.unwrap();
    let mut theirs = mine.clone();
    mine.intended_at = Some(at(5));
    store.update_action(&one, &mut mine).await.unwrap();
    assert_eq!(mine.version, 2);
    theirs.intended_at = Some(at(6));
    let refused = store.update_action(&one, &mut theirs).await.unwrap_err();
    assert_eq!(code(&refused), "VersionConflict action");
    let stored = store.actions(&one).await.unwrap();
    assert_eq!(stored, [mine]);
}

#[tokio::test]
async fn an_action_on_the_largest_wave_fits_into_its_item_and_goes_when_its_execution_does() {
    let (door, store) = with_tables().await;
    let mut one = execution(1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    let mut largest = action(&one, 0, ActionSide::After, 0);
    largest.action.parameters = [(
        "commands".to_owned(),
        vec!["x".repeat(MAX_PARAMETER_BYTES - 8)],
    )]
    .into();
    store
        .create_actions(&one, std::slice::from_ref(&largest))
        .await
        .unwrap();
    store
        .start_execution(&mut one, &mut [], &lease)
        .await
        .unwrap();
    // As much of each instance as is kept of so many.
    largest.version = 1;
    largest.instances = (0..MAX_WAVE_INSTANCES)
        .map(|n| ActionOnInstance {
            instance_id: target(n),
            state: ActionState::Succeeded,
            command: Some(29),
            reason: Some("r".repeat(60_000 / MAX_WAVE_INSTANCES)),
            output: Some("o".repeat(120_000 / MAX_WAVE_INSTANCES)),
        })
        .collect();
    largest.command_ids = vec!["0".repeat(36); 30];
    store.update_action(&one, &mut largest).await.unwrap();

    one.status = ExecutionStatus::Failed;
    one.ended_at = Some(at(100));
    store.end_execution(&mut one).await.unwrap();
    let items = door.scan("drs-recovery-executions-test");
    let stored = items.iter().find(|item| item["kind"]["S"] == "action");
    assert!(stored.unwrap().get("ttl").is_some());
}
