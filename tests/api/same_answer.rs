//! Both doors give the same answer for the same request. Each door tells the same story, every operation in it,
//! in a world of its own made from the same seed; then the answers are compared.

use chrono::TimeDelta;
use dr_api::Operation;
use dr_testkit::{Role, TestApp, redacted};
use dr_tests::product;
use serde_json::{Value, json};

use crate::doors::Door;
use crate::requests::{NEW_ACCOUNT, World, valid, with};
use crate::round_trip;

/// Asks by one door and keeps what was answered.
pub struct Teller {
    pub app: TestApp,
    door: Door,
    pub told: Vec<(Operation, Value)>,
}

impl Teller {
    pub fn at(app: TestApp, door: Door) -> Self {
        let told = Vec::new();
        Self { app, door, told }
    }

    /// Asks for what is refused here, with this code.
    pub async fn refused(&mut self, operation: Operation, fields: Value, code: &str) {
        let asked = self.door.ask(&self.app, Role::Admin, operation, &fields);
        let (_, body) = Box::pin(asked).await.unwrap();
        assert_eq!(body["error"]["code"], code, "{operation:?} {body:#}");
        self.told.push((operation, redacted(&body)));
    }

    pub async fn tell(&mut self, operation: Operation, fields: Value) -> Value {
        // Boxed, as what tells is: a story of many steps would not fit on the stack of a test.
        let asked = self.door.ask(&self.app, Role::Admin, operation, &fields);
        let (status, body) = Box::pin(asked).await.unwrap();
        if let Some(route) = self.door.route(operation) {
            assert_eq!(status, Some(route.success), "{operation:?} {body:#}");
        }
        assert!(body.get("error").is_none(), "{operation:?} {body:#}");
        let mut shown = body.clone();
        without_the_caller(&mut shown);
        self.told.push((operation, redacted(&shown)));
        body
    }
}

/// Who asked is a user by one door and IAM by the other: that alone may differ.
fn without_the_caller(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["started_by", "asked_by", "created_by"] {
                if fields.contains_key(name) {
                    fields[name] = json!("[caller]");
                }
            }
            if let Some(Value::String(reason)) = fields.get_mut("reason")
                && let Some((_, why)) = reason.split_once(": ")
                && reason.starts_with("Cancelled by ")
            {
                *reason = format!("Cancelled by [caller]: {why}");
            }
            fields.values_mut().for_each(without_the_caller);
        }
        Value::Array(items) => items.iter_mut().for_each(without_the_caller),
        _ => {}
    }
}

/// What is only looked at, after the drill.
const READS: [Operation; 22] = [
    Operation::ListTargetAccounts,
    Operation::GetTargetAccount,
    Operation::ValidateTargetAccount,
    Operation::ListProtectionGroups,
    Operation::GetProtectionGroup,
    Operation::PreviewSelection,
    Operation::ListInstancePairs,
    Operation::ListConfigurations,
    Operation::GetConfiguration,
    Operation::ListRecoveryPlans,
    Operation::GetRecoveryPlan,
    Operation::ListExecutions,
    Operation::GetExecution,
    Operation::ListExecutionServers,
    Operation::GetExecutionTimeline,
    Operation::GetAllowLaunchingStatus,
    Operation::MatchInstances,
    Operation::ValidateInstancePairs,
    Operation::ValidateIpPreservation,
    Operation::ListSourceServers,
    Operation::GetQuotas,
    Operation::ConfigureAllowLaunching,
];

async fn story(door: Door) -> Vec<(Operation, Value)> {
    let app = product(24).await;
    let world = World::build(&app).await;
    let mut teller = Teller::at(app, door);
    for operation in READS {
        teller.tell(operation, valid(operation, &world)).await;
    }
    drill(&mut teller, &world).await;
    changes(&mut teller, &world).await;
    teller.told
}

/// Hands the first drill's instances back, and steers a second one.
async fn drill(teller: &mut Teller, world: &World) {
    let terminate = valid(Operation::TerminateExecutionInstances, world);
    let operation = Operation::TerminateExecutionInstances;
    teller.tell(operation, terminate.clone()).await;
    teller
        .tell(operation, with(terminate, json!({ "confirm": true })))
        .await;
    teller.app.advance(TimeDelta::hours(1)).await;
    teller
        .tell(
            Operation::ExecuteFailover,
            valid(Operation::ExecuteFailover, world),
        )
        .await;
    let start = valid(Operation::StartExecution, world);
    teller.tell(Operation::StartExecution, start.clone()).await;
    let really = with(start, json!({ "dry_run": false }));
    let started = teller.tell(Operation::StartExecution, really).await;
    let id = json!({ "execution_id": started["execution_id"] });
    teller.tell(Operation::PauseExecution, id.clone()).await;
    teller.tell(Operation::ResumeExecution, id.clone()).await;
    let cancel = with(id.clone(), json!({ "reason": "A test" }));
    teller.tell(Operation::CancelExecution, cancel).await;
    let id_text = started["execution_id"].as_str().unwrap();
    teller
        .app
        .run_until_terminal(id_text, TimeDelta::hours(3))
        .await;
    teller.tell(Operation::GetExecution, id).await;
}

async fn changes(teller: &mut Teller, world: &World) {
    let apply = with(
        valid(Operation::ConfigureAllowLaunching, world),
        json!({ "auto_configure": true }),
    );
    teller.tell(Operation::ConfigureAllowLaunching, apply).await;
    for operation in [
        Operation::RevertAllowLaunching,
        Operation::ConfigureInstancePairs,
        Operation::UpdateInstancePair,
        Operation::DeleteInstancePair,
        Operation::CreateProtectionGroup,
        Operation::UpdateProtectionGroup,
        Operation::CreateRecoveryPlan,
        Operation::UpdateRecoveryPlan,
        Operation::DeleteRecoveryPlan,
        Operation::DeleteProtectionGroup,
        Operation::CreateTargetAccount,
        Operation::UpdateTargetAccount,
    ] {
        teller.tell(operation, valid(operation, world)).await;
    }
    let gone = json!({ "account_id": NEW_ACCOUNT });
    teller.tell(Operation::DeleteTargetAccount, gone).await;
}

/// The same story by every door. That every operation is in one of the stories is for `tests/parity` to see.
async fn assert_same<F: Future<Output = Vec<(Operation, Value)>>>(story: impl Fn(Door) -> F) {
    let direct = story(Door::Direct).await;
    let routes = direct.iter().map(|(operation, _)| operation.routes().len());
    for index in 0..routes.max().unwrap() {
        let rest = story(Door::Rest(index)).await;
        assert_eq!(rest.len(), direct.len());
        for (ours, theirs) in rest.iter().zip(&direct) {
            assert_eq!(ours, theirs, "route {index} of {:?}", ours.0);
        }
    }
}

#[tokio::test]
async fn every_operation_answers_the_same_over_both_doors_and_each_of_its_routes() {
    assert_same(story).await;
}

#[tokio::test]
async fn every_operation_of_the_way_home_answers_the_same_over_both_doors() {
    assert_same(round_trip::story).await;
}
