//! Not everybody at once: a session that is split, and a failback of some servers, some of which fail.

use chrono::TimeDelta;
use dr_testkit::TestApp;
use dr_tests::home::assert_same;
use dr_tests::way::{Away, Way, assert_home, away, machine, of_stage, ready};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

const SERVERS: usize = 6;
/// The longest a failback takes, in simulated time.
const LIMIT: TimeDelta = TimeDelta::hours(3);

/// Asks for reverse replication of all; the first of them stalls. Gives that one as soon as the others are ready.
async fn one_stalls(app: &TestApp, way: &Way) -> Value {
    way.take(app, "start-reverse-replication", json!({})).await;
    let servers = way
        .until(app, "replicating back", |_, servers| {
            servers.iter().all(|s| s["way_back"].is_object())
        })
        .await;
    let late = &servers[0];
    let a2 = late["way_back"]["source_server_id"].as_str().unwrap();
    app.control().stall_server(a2).unwrap();
    way.until_stage(app, "READY", SERVERS - 1).await;
    let late = way.server(app, &late["source_server_id"]).await;
    assert_eq!(late["stage"], "REVERSING", "{late:#}");
    late
}

/// It runs in the recovery region, and its way back stands.
fn still_away(app: &TestApp, late: &Value) {
    let b2 = &late["recovery_instance"]["instance_id"];
    assert_eq!(machine(app, RECOVERY, b2).unwrap().0, "running");
    let home = machine(app, PRIMARY, &late["origin_instance_id"]);
    assert_eq!(home.unwrap().0, "stopped");
    let a2 = late["way_back"]["source_server_id"].as_str().unwrap();
    app.control().inspect(|world| {
        let place = world.at(PRIMARY.0, PRIMARY.1).unwrap();
        assert!(place.drs.servers.contains_key(a2), "{late:#}");
    });
}

/// Requirement 001, 6 to 8: what is late does not hold the rest.
#[tokio::test]
async fn one_that_stalls_is_split_away_the_rest_comes_home_without_it_and_it_follows() {
    let Away {
        app, way, before, ..
    } = away(SERVERS).await;
    let late = one_stalls(&app, &way).await;
    // As long as it belongs to them, the session waits for it.
    let mirrored = way.take(&app, "mirror-config", json!({})).await;
    assert_eq!(mirrored["status"], "CONFIG_MIRRORED", "{mirrored:#}");

    let chosen = json!({ "source_server_ids": [late["source_server_id"]] });
    let split = way.take(&app, "split", chosen).await;
    let second = Way::of(&split["split_off"]);
    assert_eq!(split["split_off"]["split_from"], way.id.as_str());
    assert_eq!(split["split_off"]["total_servers"], 1);
    assert_eq!(split["session"]["total_servers"], SERVERS - 1);
    let mirrored = way.take(&app, "mirror-config", json!({})).await;
    assert_eq!(mirrored["status"], "READY_FOR_FAILBACK", "{mirrored:#}");
    let rest = way.servers(&app).await;
    assert_eq!(rest.len(), SERVERS - 1);

    way.home(&app).await;
    let rest = way.servers(&app).await;
    assert_home(&app, &before, &rest.iter().collect::<Vec<_>>());
    assert_eq!(of_stage(&rest, "HOME").len(), SERVERS - 1);
    still_away(&app, &late);
    let session = second.session(&app).await;
    assert_eq!(session["status"], "REVERSE_REPLICATING", "{session:#}");

    // The stall ends, and it follows by the same steps.
    let a2 = late["way_back"]["source_server_id"].as_str().unwrap();
    app.control().resume_server(a2).unwrap();
    second.until_stage(&app, "READY", 1).await;
    let mirrored = second.take(&app, "mirror-config", json!({})).await;
    assert_eq!(mirrored["status"], "READY_FOR_FAILBACK", "{mirrored:#}");
    second.home(&app).await;
    let followed = second.servers(&app).await;
    assert_home(&app, &before, &followed.iter().collect::<Vec<_>>());
    assert_same(&before, &app.control().inventory());
}

/// How often each server was launched at home, by A2.
fn launches(app: &TestApp, server: &Value) -> usize {
    let a2 = server["way_back"]["source_server_id"].as_str().unwrap();
    app.control().inspect(|world| {
        let place = world.at(PRIMARY.0, PRIMARY.1).unwrap();
        let jobs = place.drs.jobs.values().filter(|job| job.kind == "LAUNCH");
        jobs.flat_map(|job| &job.participants)
            .filter(|one| one.server == a2)
            .count()
    })
}

fn ids(servers: &[Value]) -> Vec<&Value> {
    servers.iter().map(|s| &s["source_server_id"]).collect()
}

/// Requirement 001, 6.3 and 6.6: chosen servers go home alone, and of them those that failed are tried again alone.
#[tokio::test]
async fn of_chosen_servers_the_one_that_failed_is_tried_again_alone_and_ids_and_addresses_are_kept()
{
    let Away {
        app, way, before, ..
    } = ready(SERVERS).await;
    let servers = way.servers(&app).await;
    let (chosen, others) = servers.split_at(SERVERS / 2);
    let failing = &chosen[0];
    let a2 = failing["way_back"]["source_server_id"].as_str().unwrap();
    let why = "Injected: the conversion server did not boot";
    app.control().fail_launch(a2, why).unwrap();

    let body = json!({ "execution_type": "RECOVERY", "source_server_ids": ids(chosen) });
    let first = way.fail_back(&app, body).await;
    let over = app.run_until_terminal(&first, LIMIT).await;
    assert_eq!(over["servers"]["failed"], 1, "{over:#}");
    let after = way.until_stage(&app, "FAILED_BACK", chosen.len() - 1).await;
    assert_home(&app, &before, &of_stage(&after, "FAILED_BACK"));
    let failed = way.server(&app, &failing["source_server_id"]).await;
    assert!(failed["returned"]["reason"].is_string(), "{failed:#}");
    for other in others {
        assert_eq!(launches(&app, other), 0, "it was not chosen");
    }

    // Alone, as soon as it is ready again; what came home already is refused.
    way.until_stage(&app, "READY", others.len() + 1).await;
    let again = json!({ "execution_type": "RECOVERY", "source_server_ids": ids(chosen) });
    let refused = way.ask(&app, "execute-failback", again).await;
    assert_eq!(refused.status, 400, "{:#}", refused.body);
    let only = json!([failing["source_server_id"]]);
    let body = json!({ "execution_type": "RECOVERY", "source_server_ids": only });
    let second = way.fail_back(&app, body).await;
    assert_ne!(first, second);
    let after = way.until_stage(&app, "FAILED_BACK", chosen.len()).await;
    assert_home(&app, &before, &of_stage(&after, "FAILED_BACK"));
    let came = way.server(&app, &failing["source_server_id"]).await;
    assert!(came["error"].is_null(), "{came:#}");

    way.fail_back(&app, json!({ "execution_type": "RECOVERY" }))
        .await;
    let all = way.until_status(&app, "FAILBACK_COMPLETE").await;
    assert_home(&app, &before, &all.iter().collect::<Vec<_>>());
    for server in &all {
        let is_failing = server["source_server_id"] == failing["source_server_id"];
        let expected = if is_failing { 2 } else { 1 };
        assert_eq!(launches(&app, server), expected, "{server:#}");
    }
}
