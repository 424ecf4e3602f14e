//! Replication agents: installed, removed and installed anew through Systems Manager
//! (requirement 001 number 2, requirement 002 phase 1).

use dr_sim::Sim;
use dr_sim::control::Command;
use dr_sim::scenario::{Built, Estate, Site};
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, options, text};
use crate::machines::{INSTALL, POWERSHELL, SHELL, estate};

const UNINSTALL: &str = "sudo /var/lib/aws-replication-agent/uninstall_agent_linux.sh";
/// The recovery region of an estate with one account.
const THERE: (&str, &str) = (PRIMARY.0, RECOVERY.1);

fn region(place: (&str, &str)) -> Value {
    json!({ "Region": [place.1], "Tags": ["Application=Intranet,Owner=it"] })
}

fn script(lines: &[&str]) -> Value {
    json!({ "commands": lines })
}

/// An estate within one account, as the document needs it.
fn one_account() -> (Bench, Built) {
    let bench = Bench {
        sim: Sim::open(options()).unwrap(),
    };
    let estate = Estate {
        servers: 3,
        recovery: Site::new(THERE.0, THERE.1),
        ..Estate::default()
    };
    let done = bench.sim.control().scenario(&estate).unwrap();
    let built = serde_json::from_value(done.facts).unwrap();
    (bench, built)
}

impl Bench {
    /// The source servers of a machine at a place.
    async fn of_machine(&self, place: (&str, &str), hostname: &str) -> Vec<Value> {
        let (status, found) = self.drs_at(place, "DescribeSourceServers", json!({})).await;
        assert_eq!(status, 200, "{found}");
        let named = |server: &&Value| {
            server["sourceProperties"]["identificationHints"]["hostname"] == hostname
        };
        let items = found["items"].as_array().unwrap();
        items.iter().filter(named).cloned().collect()
    }

    async fn fails(
        &self,
        place: (&str, &str),
        instance: &str,
        document: &str,
        with: Value,
    ) -> String {
        let seen = self.run(place, instance, document, with).await;
        assert_eq!(seen["Status"], "Failed", "{seen}");
        text(&seen["StandardErrorContent"])
    }

    async fn succeeds(&self, place: (&str, &str), instance: &str, document: &str, with: Value) {
        let seen = self.run(place, instance, document, with).await;
        assert_eq!(seen["Status"], "Success", "{seen}");
    }
}

fn state(server: &Value) -> &str {
    let state = &server["dataReplicationInfo"]["dataReplicationState"];
    state.as_str().unwrap()
}

#[tokio::test]
async fn an_installed_agent_replicates_step_by_step_until_it_is_continuous() {
    let (bench, built) = one_account();
    bench
        .succeeds(PRIMARY, &built.unprotected[0], INSTALL, region(THERE))
        .await;
    let found = bench.of_machine(THERE, "web-intranet-01").await;
    let server = &found[0];
    assert_eq!(state(server), "INITIATING");
    let steps = &server["dataReplicationInfo"]["dataReplicationInitiation"]["steps"];
    assert_eq!(steps.as_array().unwrap().len(), 11);
    assert_eq!(server["replicationDirection"], "FAILOVER");
    assert_eq!(
        server["tags"],
        json!({ "Application": "Intranet", "Owner": "it" })
    );
    let hints = &server["sourceProperties"]["identificationHints"];
    assert_eq!(hints["awsInstanceID"], built.unprotected[0]);
    assert_eq!(server["sourceCloudProperties"]["originRegion"], PRIMARY.1);
    assert_eq!(server["sourceProperties"]["cpus"][0]["cores"], 2);
    bench.pass(16 * 60);
    assert_eq!(
        state(&bench.of_machine(THERE, "web-intranet-01").await[0]),
        "INITIAL_SYNC"
    );
    // 20 GiB at 14 MiB/s: 25 minutes.
    bench.pass(30 * 60);
    assert_eq!(
        state(&bench.of_machine(THERE, "web-intranet-01").await[0]),
        "CONTINUOUS"
    );
    // Once more: the agent is brought up to date, nothing else happens.
    bench
        .succeeds(PRIMARY, &built.unprotected[0], INSTALL, region(THERE))
        .await;
    let again = bench.of_machine(THERE, "web-intranet-01").await;
    assert_eq!((again.len(), state(&again[0])), (1, "CONTINUOUS"));
}

#[tokio::test]
async fn a_machine_outside_aws_is_protected_like_any_other() {
    let (bench, built) = one_account();
    bench
        .succeeds(PRIMARY, &built.on_premises[1], INSTALL, region(THERE))
        .await;
    let found = bench.of_machine(THERE, "files-onprem-01").await;
    assert_eq!(state(&found[0]), "INITIATING");
    assert!(
        found[0].get("sourceCloudProperties").is_none(),
        "{}",
        found[0]
    );
    let hints = &found[0]["sourceProperties"]["identificationHints"];
    assert!(hints.get("awsInstanceID").is_none(), "{hints}");
    bench.pass(4 * 3_600);
    assert_eq!(
        state(&bench.of_machine(THERE, "files-onprem-01").await[0]),
        "CONTINUOUS"
    );
}

#[tokio::test]
async fn where_drs_is_not_initialised_nothing_is_installed() {
    // Two accounts: the document installs into the machine's own, where DRS is unknown.
    let (bench, built) = estate(3);
    let said = bench
        .fails(PRIMARY, &built.unprotected[0], INSTALL, region(RECOVERY))
        .await;
    assert!(
        said.contains("not initialized in account 111122223333"),
        "{said}"
    );
    assert!(
        bench
            .of_machine(RECOVERY, "web-intranet-01")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn the_installer_reaches_another_account_by_its_id() {
    let (bench, built) = estate(3);
    let line = format!(
        "sudo ./aws-replication-installer-init --region {} --account-id {} --no-prompt",
        RECOVERY.1, RECOVERY.0
    );
    bench
        .succeeds(PRIMARY, &built.unprotected[0], SHELL, script(&[&line]))
        .await;
    let found = bench.of_machine(RECOVERY, "web-intranet-01").await;
    assert_eq!(
        found[0]["sourceCloudProperties"]["originAccountID"],
        PRIMARY.0
    );
    let line = line.replace(
        "./aws-replication-installer-init",
        "AwsReplicationWindowsInstaller.exe",
    );
    bench
        .succeeds(PRIMARY, &built.unprotected[1], POWERSHELL, script(&[&line]))
        .await;
    assert_eq!(bench.of_machine(RECOVERY, "app-helpdesk-01").await.len(), 1);
}

#[tokio::test]
async fn an_agent_that_replicates_elsewhere_is_not_pointed_anew() {
    let (bench, built) = one_account();
    let instance = built.unprotected[0].as_str();
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
    let said = bench
        .fails(PRIMARY, instance, INSTALL, region(PRIMARY))
        .await;
    assert!(said.starts_with(
        "Cannot install agent, as this server was previously installed to replicate into another \
         region or account"
    ), "{said}");
}

#[tokio::test]
async fn a_removed_agent_comes_back_after_a_reboot_and_not_before() {
    let (bench, built) = one_account();
    let instance = built.unprotected[0].as_str();
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
    bench
        .succeeds(PRIMARY, instance, SHELL, script(&[UNINSTALL]))
        .await;
    let gone = bench.of_machine(THERE, "web-intranet-01").await;
    assert_eq!(state(&gone[0]), "DISCONNECTED");
    let said = bench.fails(PRIMARY, instance, INSTALL, region(THERE)).await;
    assert!(said.contains("Reboot the server"), "{said}");
    bench
        .succeeds(PRIMARY, instance, SHELL, script(&["sudo reboot"]))
        .await;
    bench.pass(120);
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
    let back = bench.of_machine(THERE, "web-intranet-01").await;
    assert_eq!((back.len(), state(&back[0])), (1, "INITIATING"));
    assert_eq!(back[0]["sourceServerID"], gone[0]["sourceServerID"]);
    // Removing what is not there is no failure: a repair may come twice.
    let other = built.on_premises[0].as_str();
    bench
        .succeeds(PRIMARY, other, SHELL, script(&[UNINSTALL]))
        .await;
}

#[tokio::test]
async fn an_installation_fails_as_often_as_told() {
    let (bench, built) = one_account();
    let instance = built.unprotected[0].as_str();
    let control = bench.sim.control();
    control
        .fail_agent_install(instance, "Error: no space left", 2)
        .unwrap();
    for _ in 0..2 {
        let said = bench.fails(PRIMARY, instance, INSTALL, region(THERE)).await;
        assert!(said.contains("no space left"), "{said}");
        assert!(bench.of_machine(THERE, "web-intranet-01").await.is_empty());
    }
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
}

#[tokio::test]
async fn a_lost_agent_is_brought_back_with_a_rescan() {
    let (bench, built) = one_account();
    let instance = built.unprotected[0].as_str();
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
    bench.pass(3_600);
    let before = bench.of_machine(THERE, "web-intranet-01").await;
    let server = text(&before[0]["sourceServerID"]);
    let lose = Command::LoseAgent { server };
    bench.sim.control().run(lose).unwrap();
    bench.pass(600);
    let lost = bench.of_machine(THERE, "web-intranet-01").await;
    assert_eq!(state(&lost[0]), "STALLED");
    bench
        .succeeds(PRIMARY, instance, INSTALL, region(THERE))
        .await;
    bench.pass(3_600);
    let back = bench.of_machine(THERE, "web-intranet-01").await;
    assert_eq!((back.len(), state(&back[0])), (1, "CONTINUOUS"));
}

#[tokio::test]
async fn a_full_region_refuses_another_server() {
    let (bench, built) = one_account();
    bench
        .sim
        .control()
        .set_quota(THERE.0, THERE.1, "L-C1D14A2B", 3.0)
        .unwrap();
    let said = bench
        .fails(PRIMARY, &built.unprotected[0], INSTALL, region(THERE))
        .await;
    assert!(said.contains("ServiceQuotaExceededException"), "{said}");
}

/// A server that was recovered into its instance, whose agent is ready.
async fn recovered(bench: &Bench, name: &str) -> (String, String) {
    let (server, instance) = bench.aim(name).await;
    let job = bench.start(&[&server], false).await;
    bench.finish(&job).await;
    bench.pass(300);
    (server, instance)
}

#[tokio::test]
async fn recovery_instances_are_online_soon_after_they_run() {
    let bench = Bench::with(3);
    let (_, into) = recovered(&bench, "web-portal-01").await;
    assert_eq!(bench.ping(RECOVERY, &into).await.unwrap(), "Online");
    // One that is launched anew, by the template's profile.
    let server = bench.server("app-portal-01").await;
    let job = bench.start(&[&server], true).await;
    bench.finish(&job).await;
    let body = json!({ "filters": { "sourceServerIDs": [server] } });
    let found = bench.ok("DescribeRecoveryInstances", body).await;
    let new = text(&found["items"][0]["ec2InstanceID"]);
    bench.pass(60);
    assert_eq!(bench.ping(RECOVERY, &new).await.unwrap(), "Online");
    bench
        .succeeds(RECOVERY, &new, SHELL, script(&["true"]))
        .await;
}

#[tokio::test]
async fn a_recovery_instance_that_is_installed_anew_replicates_back() {
    let bench = Bench::with(3);
    let (server, instance) = recovered(&bench, "web-portal-01").await;
    // It came with an agent, and that one points elsewhere.
    let said = bench
        .fails(RECOVERY, &instance, INSTALL, region(PRIMARY))
        .await;
    assert!(said.contains("previously installed"), "{said}");
    bench
        .succeeds(
            RECOVERY,
            &instance,
            SHELL,
            script(&[UNINSTALL, "sudo reboot"]),
        )
        .await;
    let one = json!({ "filters": { "recoveryInstanceIDs": [instance] } });
    let shown = bench.ok("DescribeRecoveryInstances", one.clone()).await;
    assert_eq!(state(&shown["items"][0]), "DISCONNECTED");
    assert!(
        shown["items"][0]["failback"]
            .get("agentLastSeenByServiceDateTime")
            .is_none()
    );
    assert_eq!(
        bench.ping(RECOVERY, &instance).await.unwrap(),
        "ConnectionLost"
    );
    bench.pass(120);
    bench
        .succeeds(RECOVERY, &instance, INSTALL, region(PRIMARY))
        .await;
    let back = bench.of_machine(PRIMARY, "web-portal-01").await;
    assert_eq!((back.len(), state(&back[0])), (1, "INITIATING"));
    assert_eq!(back[0]["replicationDirection"], "FAILBACK");
    let hints = &back[0]["sourceProperties"]["identificationHints"];
    assert_eq!(hints["awsInstanceID"], instance);
    let body = json!({ "filters": { "sourceServerIDs": [server] } });
    let b1 = bench.ok("DescribeSourceServers", body).await;
    assert_eq!(
        b1["items"][0]["reversedDirectionSourceServerArn"],
        back[0]["arn"]
    );
    let shown = bench.ok("DescribeRecoveryInstances", one.clone()).await;
    assert_eq!(
        shown["items"][0]["failback"]["state"],
        "FAILBACK_IN_PROGRESS"
    );
    // It is reversed already, as if somebody had asked for it.
    let again = json!({ "recoveryInstanceID": instance });
    assert_eq!(bench.refused("ReverseReplication", again).await.0, 409);
    bench.pass(3 * 3_600);
    let shown = bench.ok("DescribeRecoveryInstances", one).await;
    assert_eq!(
        shown["items"][0]["failback"]["state"],
        "FAILBACK_READY_FOR_LAUNCH"
    );
}

#[tokio::test]
async fn a_repair_forgets_the_reversed_server_that_it_replaces() {
    let bench = Bench::with(3);
    let (_, instance) = recovered(&bench, "web-portal-01").await;
    bench
        .ok(
            "ReverseReplication",
            json!({ "recoveryInstanceID": instance }),
        )
        .await;
    let before = bench.of_machine(PRIMARY, "web-portal-01").await;
    bench
        .succeeds(RECOVERY, &instance, SHELL, script(&[UNINSTALL, "reboot"]))
        .await;
    assert_eq!(
        state(&bench.of_machine(PRIMARY, "web-portal-01").await[0]),
        "DISCONNECTED"
    );
    bench.pass(120);
    bench
        .succeeds(RECOVERY, &instance, INSTALL, region(PRIMARY))
        .await;
    let after = bench.of_machine(PRIMARY, "web-portal-01").await;
    assert_eq!((after.len(), state(&after[0])), (1, "INITIATING"));
    assert_ne!(after[0]["sourceServerID"], before[0]["sourceServerID"]);
}

#[tokio::test]
async fn a_failed_back_instance_that_is_installed_anew_keeps_its_source_server() {
    let bench = Bench::with(3);
    let (b1, b2) = recovered(&bench, "web-portal-01").await;
    let reverse = |id: &str| json!({ "recoveryInstanceID": id });
    bench.ok("ReverseReplication", reverse(&b2)).await;
    bench.pass(3 * 3_600);
    let a2 = bench.of_machine(PRIMARY, "web-portal-01").await[0].clone();
    let subnet = bench.sim.control().inspect(|world| {
        let ec2 = &world.at(PRIMARY.0, PRIMARY.1).unwrap().ec2;
        ec2.subnets.keys().next().unwrap().clone()
    });
    let launch = json!({ "sourceServerID": a2["sourceServerID"] });
    let (_, configured) = bench
        .drs_at(PRIMARY, "GetLaunchConfiguration", launch)
        .await;
    let template = text(&configured["ec2LaunchTemplateID"]);
    let profile = "DRSRecoveryInstanceProfile";
    let forms = [
        format!(
            "Action=CreateLaunchTemplateVersion&Version=2016-11-15&LaunchTemplateId={template}\
             &LaunchTemplateData.NetworkInterface.1.DeviceIndex=0\
             &LaunchTemplateData.NetworkInterface.1.SubnetId={subnet}\
             &LaunchTemplateData.IamInstanceProfile.Name={profile}"
        ),
        format!(
            "Action=ModifyLaunchTemplate&Version=2016-11-15&LaunchTemplateId={template}\
             &SetDefaultVersion=2"
        ),
    ];
    for form in forms {
        let key = format!("AKIA{}", PRIMARY.0);
        let request = axum::http::Request::post("/");
        let (status, _, said) = bench.send(&key, "ec2", PRIMARY.1, request, form).await;
        assert_eq!(status, 200, "{said}");
    }
    let start = json!({ "sourceServers": [{ "sourceServerID": a2["sourceServerID"] }] });
    let (status, job) = bench.drs_at(PRIMARY, "StartRecovery", start).await;
    assert!(status < 300, "{job}");
    bench.pass(1_800);
    let (_, records) = bench
        .drs_at(PRIMARY, "DescribeRecoveryInstances", json!({}))
        .await;
    let a4 = text(&records["items"][0]["ec2InstanceID"]);
    let (status, said) = bench
        .drs_at(PRIMARY, "ReverseReplication", reverse(&a4))
        .await;
    assert_eq!(status, 200, "{said}");
    bench.pass(3_600);
    let lines = script(&[UNINSTALL, "reboot"]);
    bench.succeeds(PRIMARY, &a4, SHELL, lines).await;
    let one = json!({ "filters": { "sourceServerIDs": [b1] } });
    let shown = bench.ok("DescribeSourceServers", one.clone()).await;
    assert_eq!(state(&shown["items"][0]), "DISCONNECTED");
    bench.pass(120);
    bench
        .succeeds(PRIMARY, &a4, INSTALL, region(RECOVERY))
        .await;
    let shown = bench.ok("DescribeSourceServers", one).await;
    assert_eq!(state(&shown["items"][0]), "INITIATING");
    let hints = &shown["items"][0]["sourceProperties"]["identificationHints"];
    assert_eq!(hints["awsInstanceID"], a4);
    assert_eq!(bench.servers().await.len(), 3);
}

#[tokio::test]
async fn faults_reach_machines_through_the_control_as_data() {
    let (bench, built) = estate(3);
    let command: Command = serde_json::from_value(json!({
        "command": "ssm_fault",
        "instance": built.unprotected[0],
        "fault": { "is": "command_fails", "stderr": "no", "exit_code": 4 },
    }))
    .unwrap();
    bench.sim.control().run(command).unwrap();
    let said = bench
        .fails(PRIMARY, &built.unprotected[0], SHELL, script(&["true"]))
        .await;
    assert!(said.starts_with("no\n"), "{said}");
}
