//! The second half of the story: a fleet that fails over and comes home, over one door, every operation of the way
//! home in it.

use chrono::TimeDelta;
use dr_api::Operation;
use dr_tests::home::{self, Step, Trip};
use dr_tests::{PRIMARY, RECOVERY, admin, product};
use serde_json::{Value, json};

use crate::doors::Door;
use crate::requests::with;
use crate::same_answer::Teller;
use crate::way_home::{self, Home};

/// The longest a step takes, in simulated time.
const LIMIT: TimeDelta = TimeDelta::hours(30);
/// The longest an installation takes, in simulated time.
const INSTALLATION: TimeDelta = TimeDelta::hours(2);

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// What the requests are about, once the fleet has failed over.
async fn things(teller: &Teller, trip: &Trip) -> Home {
    let session = trip.session(&teller.app).await.unwrap();
    let servers = trip.servers(&teller.app).await;
    Home {
        session_id: text(&session["session_id"]),
        server_id: text(&servers[0]["source_server_id"]),
        recovery_instance_id: text(&servers[0]["recovery_instance"]["recovery_instance_id"]),
        recovery_execution_id: text(&session["execution_id"]),
        ..Home::nowhere()
    }
}

/// Tells the way home.
pub async fn story(door: Door) -> Vec<(Operation, Value)> {
    let app = product(8).await;
    let mut trip = Box::pin(home::prepare(&app)).await;
    Box::pin(trip.take(&app, Step::FailOver)).await;
    Box::pin(trip.take(&app, Step::StopOriginals)).await;
    let mut teller = Teller::at(app, door);
    let mut home = things(&teller, &trip).await;
    Box::pin(looks(&mut teller, &home)).await;
    Box::pin(agents(&mut teller, &mut home)).await;
    Box::pin(prepares(&mut teller, &home, &mut trip)).await;
    Box::pin(comes_home(&mut teller, &home)).await;
    teller.told
}

/// What can be looked at and changed while the fleet runs in the recovery region.
async fn looks(teller: &mut Teller, home: &Home) {
    for operation in [
        Operation::ListFailoverSessions,
        Operation::GetFailoverSession,
        Operation::ListFailoverSessionServers,
        Operation::CreateFailoverSession,
        Operation::RefreshFailoverSession,
    ] {
        teller
            .tell(operation, way_home::session(operation, home))
            .await;
    }
    for operation in [
        Operation::RefreshInventory,
        Operation::GetReplicationStatus,
        Operation::ListReplicationStatus,
        Operation::GetReplicationDashboard,
        Operation::GetLagHistory,
        Operation::ListRecoveryPoints,
    ] {
        teller
            .tell(operation, way_home::replication(operation, home))
            .await;
    }
    for operation in [
        Operation::ListRecoveryInstances,
        Operation::ValidateReverseReplication,
        Operation::TerminateRecoveryInstance,
    ] {
        teller
            .tell(operation, way_home::instance(operation, home))
            .await;
    }
    for operation in [
        Operation::CheckReadiness,
        Operation::InstallAgents,
        Operation::GetAgentStatus,
        Operation::StartReverseReplication,
    ] {
        teller
            .tell(operation, way_home::step(operation, home))
            .await;
    }
}

/// Agents on machines that have none. They replicate into the other region of their own account.
async fn agents(teller: &mut Teller, home: &mut Home) {
    let path = format!("/target-accounts/{}", PRIMARY.0);
    let regions = json!({ "regions": [PRIMARY.1, RECOVERY.1] });
    admin(&teller.app, "PUT", &path, regions).await;
    let there = (PRIMARY.0, RECOVERY.1);
    let set_up = teller.app.drs(there, "InitializeService", &json!({})).await;
    assert_eq!(set_up.status, 204, "{:#}", set_up.body);
    let found = teller
        .tell(
            Operation::ListAgentCandidates,
            way_home::agent(Operation::ListAgentCandidates, home),
        )
        .await;
    let candidates = found["candidates"].as_array().unwrap();
    let free = candidates.iter().find(|one| one["can_install"] == true);
    home.machine_id = text(&free.unwrap()["machine_id"]);
    let made = teller
        .tell(
            Operation::InstallAgent,
            way_home::agent(Operation::InstallAgent, home),
        )
        .await;
    home.installation_id = text(&made["installation_id"]);
    let until = teller.app.now() + INSTALLATION;
    loop {
        let path = format!("/agent/install/{}/status", home.installation_id);
        let now = admin(&teller.app, "GET", &path, Value::Null).await;
        if now["is_active"] == false {
            break;
        }
        assert!(teller.app.now() < until, "{now:#}");
        teller.app.advance(TimeDelta::minutes(1)).await;
    }
    for operation in [
        Operation::GetAgentInstallation,
        Operation::ListAgentInstallations,
    ] {
        teller
            .tell(operation, way_home::agent(operation, home))
            .await;
    }
}

/// Waits until the session stands so.
async fn until(teller: &Teller, home: &Home, status: &str) {
    let until = teller.app.now() + LIMIT;
    loop {
        let path = format!("/failover-sessions/{}", home.session_id);
        let session = admin(&teller.app, "GET", &path, Value::Null).await;
        if session["status"] == status {
            return;
        }
        assert!(teller.app.now() < until, "never {status}: {session:#}");
        teller.app.advance(TimeDelta::minutes(1)).await;
    }
}

/// From the recovery region to everything being ready.
async fn prepares(teller: &mut Teller, home: &Home, trip: &mut Trip) {
    let retry = way_home::agent(Operation::RetryAgentInstallation, home);
    // None of its machines failed.
    let operation = Operation::RetryAgentInstallation;
    teller.refused(operation, retry, "NOT_ALLOWED").await;
    let operation = Operation::ReverseRecoveryInstance;
    teller
        .tell(operation, way_home::instance(operation, home))
        .await;
    Box::pin(trip.take(&teller.app, Step::Reverse)).await;
    let operation = Operation::GetReverseReplicationStatus;
    teller
        .tell(operation, way_home::step(operation, home))
        .await;
    let mirror = way_home::step(Operation::MirrorConfig, home);
    teller.tell(Operation::MirrorConfig, mirror.clone()).await;
    let really = with(mirror, json!({ "dry_run": false }));
    teller.tell(Operation::MirrorConfig, really).await;
    until(teller, home, "READY_FOR_FAILBACK").await;
    let operation = Operation::GetMirrorStatus;
    teller
        .tell(operation, way_home::step(operation, home))
        .await;
    // From now on a failback stays on trial for a while.
    let operation = Operation::UpdateFailoverSession;
    teller
        .tell(operation, way_home::session(operation, home))
        .await;
}

/// Home, on trial, committed, protected again, and nothing left over.
async fn comes_home(teller: &mut Teller, home: &Home) {
    for operation in [
        Operation::ExecuteAllowLaunchingFailback,
        Operation::FailbackRecoveryInstance,
    ] {
        teller
            .tell(operation, way_home::instance(operation, home))
            .await;
    }
    let operation = Operation::ExecuteFailback;
    teller
        .tell(operation, way_home::step(operation, home))
        .await;
    let really = json!({ "session_id": home.session_id, "execution_type": "RECOVERY" });
    teller.tell(operation, really).await;
    until(teller, home, "FAILBACK_UNCOMMITTED").await;
    // Undone, and gone home again.
    let operation = Operation::GoBack;
    let undo = way_home::step(operation, home);
    teller.tell(operation, undo.clone()).await;
    until(teller, home, "READY_FOR_FAILBACK").await;
    let really = json!({ "session_id": home.session_id, "execution_type": "RECOVERY" });
    teller.tell(Operation::ExecuteFailback, really).await;
    until(teller, home, "FAILBACK_UNCOMMITTED").await;
    let operation = Operation::CommitFailback;
    teller
        .tell(operation, way_home::step(operation, home))
        .await;
    // It stands: there is no going back any more.
    teller.refused(Operation::GoBack, undo, "NOT_ALLOWED").await;
    let operation = Operation::ReProtect;
    teller
        .tell(operation, way_home::step(operation, home))
        .await;
    let all = json!({ "session_id": home.session_id });
    teller.tell(operation, all.clone()).await;
    until(teller, home, "RE_PROTECTED").await;
    let operation = Operation::SplitFailoverSession;
    teller
        .tell(operation, way_home::session(operation, home))
        .await;
    let inventory = teller
        .tell(Operation::GetCleanupInventory, all.clone())
        .await;
    // Between two looks a server may fall a second behind.
    let words = json!({
        "confirm": inventory["confirmation"],
        "accept_unprotected": inventory["unprotected_confirmation"],
    });
    let confirmed = with(all, words);
    teller.tell(Operation::Cleanup, confirmed).await;
    until(teller, home, "CLEANUP_COMPLETE").await;
    let operation = Operation::GetFailoverSession;
    teller
        .tell(operation, way_home::session(operation, home))
        .await;
}
