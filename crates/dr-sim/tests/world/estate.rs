//! Ready-made estates.

use std::collections::BTreeSet;

use dr_sim::scenario::{Built, Estate, FlawKind};
use serde_json::json;

use crate::harness::{Bench, PRIMARY, RECOVERY};

#[tokio::test]
async fn two_dozen_servers_have_as_many_targets_of_which_four_are_flawed() {
    let bench = Bench::with(0);
    let done = bench.sim.control().scenario(&Estate::default()).unwrap();
    let built: Built = serde_json::from_value(done.facts).unwrap();
    let kinds: Vec<FlawKind> = built.flaws.iter().map(|flaw| flaw.flaw).collect();
    assert_eq!(
        kinds,
        [
            FlawKind::Typo,
            FlawKind::NoPartner,
            FlawKind::Running,
            FlawKind::NotTagged
        ]
    );
    let sources: BTreeSet<String> = bench.servers().await.into_iter().map(|s| s.0).collect();
    let (names, addresses) = bench.sim.control().inspect(|world| {
        let ec2 = &world.at(RECOVERY.0, RECOVERY.1).unwrap().ec2;
        let names: BTreeSet<String> = ec2
            .instances
            .values()
            .map(|instance| instance.tags["Name"].clone())
            .collect();
        let addresses: BTreeSet<String> = ec2
            .instances
            .keys()
            .map(|id| {
                dr_sim::ec2::look(world, RECOVERY.0, RECOVERY.1, id)
                    .unwrap()
                    .private_ip
            })
            .collect();
        (names, addresses)
    });
    assert_eq!((sources.len(), names.len(), addresses.len()), (24, 24, 24));
    assert_eq!(sources.intersection(&names).count(), 22);
    let states = bench.sim.control().inspect(|world| {
        let ec2 = &world.at(RECOVERY.0, RECOVERY.1).unwrap().ec2;
        let mut running = 0;
        for instance in ec2.instances.values() {
            running += usize::from(instance.state.word() == "running");
        }
        running
    });
    assert_eq!(states, 1);
}

#[tokio::test]
async fn beyond_300_servers_the_fleet_replicates_through_staging_accounts() {
    let bench = Bench::with(700);
    let accounts = bench.ok("ListStagingAccounts", json!({})).await;
    let expected = json!([{ "accountID": "555500000001" }, { "accountID": "555500000002" }]);
    assert_eq!(accounts["accounts"], expected);
    let body = json!({ "filters": { "stagingAccountIDs": ["555500000002"] } });
    let staged = bench.ok("DescribeSourceServers", body).await;
    let items = staged["items"].as_array().unwrap();
    assert_eq!(items.len(), 100);
    assert_eq!(items[0]["stagingArea"]["status"], "EXTENDED");
    let (replicating, there) = bench.sim.control().inspect(|world| {
        let here = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        let there = &world.at("555500000001", RECOVERY.1).unwrap().drs;
        (here.replicating(), there.replicating())
    });
    assert_eq!((replicating, there), (300, 300));
    let body = json!({ "stagingAccountID": "555500000001" });
    let left = bench.ok("ListExtensibleSourceServers", body).await;
    assert_eq!(left["items"], json!([]));
    assert_eq!(bench.servers().await.len(), 700);
}

#[tokio::test]
async fn a_server_is_extended_from_a_staging_account_once() {
    let bench = Bench::with(3);
    let own = Estate {
        servers: 3,
        recovery: dr_sim::scenario::Site::new("555500000009", RECOVERY.1),
        ..Estate::default()
    };
    bench.sim.control().scenario(&own).unwrap();
    let list = json!({ "stagingAccountID": "555500000009" });
    let found = bench.ok("ListExtensibleSourceServers", list.clone()).await;
    let arn = found["items"][0]["arn"].clone();
    let body = json!({ "sourceServerArn": arn, "tags": { "Tier": "web" } });
    let (status, answer) = bench.drs("CreateExtendedSourceServer", body.clone()).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["sourceServer"]["stagingArea"]["status"], "EXTENDED");
    assert_eq!(
        bench.refused("CreateExtendedSourceServer", body).await.0,
        400
    );
    let left = bench.ok("ListExtensibleSourceServers", list).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn ten_thousand_servers_have_unique_names_and_addresses() {
    let bench = Bench::with(10_000);
    let servers = bench.servers().await;
    let names: BTreeSet<&String> = servers.iter().map(|(name, _)| name).collect();
    assert_eq!((servers.len(), names.len()), (10_000, 10_000));
    let addresses = bench.sim.control().inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        let all: BTreeSet<String> = drs
            .servers
            .values()
            .flat_map(|server| server.machine.ips.clone())
            .collect();
        let running = world.at(PRIMARY.0, PRIMARY.1).unwrap().ec2.instances.len();
        (all.len(), running)
    });
    // Beside the servers stand four that nobody protects.
    assert_eq!(addresses, (10_000, 10_004));
}
