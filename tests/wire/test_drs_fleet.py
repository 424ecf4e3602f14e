"""DRS beyond launches: settings, replication, failback, staging accounts, tags, refusals."""

import pytest
from conftest import PRIMARY, RECOVERY
from botocore.exceptions import ConnectionError, HTTPClientError, ReadTimeoutError
from fleet import Fleet
from refusals import refused

UNKNOWN = "s-00000000000000000"


@pytest.fixture
def fleet(clients, sim, pristine):
    sim.clear()
    sim.ask("PUT", "world", pristine)
    return Fleet(clients("drs"), clients("ec2"), sim)


def test_an_account_is_initialized_first(clients):
    drs = clients("drs", ("123123123123", "eu-central-1"))
    for call in (drs.describe_source_servers, drs.describe_jobs, drs.describe_recovery_instances):
        with refused("UninitializedAccountException", 400):
            call()
    drs.initialize_service()
    assert drs.describe_source_servers()["items"] == []


def test_templates_and_configurations_are_shown(fleet):
    (server,) = fleet.ids(1)
    replication = fleet.drs.describe_replication_configuration_templates()["items"]
    assert replication and replication[0]["stagingAreaSubnetId"].startswith("subnet-")
    kinds = {p["units"] for p in replication[0]["pitPolicy"]}
    assert kinds == {"MINUTE", "HOUR", "DAY"}
    fleet.drs.describe_launch_configuration_templates()
    assert fleet.drs.get_replication_configuration(sourceServerID=server)["sourceServerID"] == server
    launch = fleet.drs.get_launch_configuration(sourceServerID=server)
    assert launch["ec2LaunchTemplateID"].startswith("lt-")
    fleet.ec2.describe_launch_templates(LaunchTemplateIds=[launch["ec2LaunchTemplateID"]])
    for call in (
        fleet.drs.get_replication_configuration,
        fleet.drs.get_launch_configuration,
        fleet.drs.update_launch_configuration,
        fleet.drs.stop_replication,
        fleet.drs.start_replication,
        fleet.drs.disconnect_source_server,
        fleet.drs.delete_source_server,
    ):
        with refused("ResourceNotFoundException", 404):
            call(sourceServerID=UNKNOWN)


def test_a_launch_configuration_is_changed_and_kept(fleet):
    (server,) = fleet.ids(1)
    fleet.drs.update_launch_configuration(
        sourceServerID=server, copyPrivateIp=True, launchDisposition="STOPPED", name="renamed"
    )
    now = fleet.drs.get_launch_configuration(sourceServerID=server)
    assert (now["copyPrivateIp"], now["launchDisposition"], now["name"]) == (True, "STOPPED", "renamed")


def test_a_server_is_stopped_started_and_taken_out(fleet):
    (server,) = fleet.ids(1)
    with refused("ConflictException", 409):
        fleet.drs.start_replication(sourceServerID=server)
    with refused("ConflictException", 409):
        fleet.drs.delete_source_server(sourceServerID=server)
    stopped = fleet.drs.stop_replication(sourceServerID=server)["sourceServer"]
    assert stopped["dataReplicationInfo"]["dataReplicationState"] == "STOPPED"
    assert fleet.drs.describe_recovery_snapshots(sourceServerID=server)["items"] == []
    with refused("ConflictException", 409):
        fleet.start([server])
    again = fleet.drs.start_replication(sourceServerID=server)["sourceServer"]
    assert again["dataReplicationInfo"]["dataReplicationState"] == "INITIATING"
    fleet.sim.advance(600)
    copying = fleet.server(server)["dataReplicationInfo"]
    assert copying["dataReplicationState"] in ("INITIAL_SYNC", "BACKLOG", "CREATING_SNAPSHOT", "CONTINUOUS")
    out = fleet.drs.disconnect_source_server(sourceServerID=server)
    assert out["dataReplicationInfo"]["dataReplicationState"] == "DISCONNECTED"
    fleet.drs.delete_source_server(sourceServerID=server)
    with refused("ResourceNotFoundException", 404):
        fleet.drs.delete_source_server(sourceServerID=server)


def test_a_stalled_server_says_so(fleet):
    (server,) = fleet.ids(1)
    fleet.sim.command("stall_server", server=server)
    fleet.sim.advance(3600)
    stalled = fleet.server(server)["dataReplicationInfo"]
    assert stalled["dataReplicationState"] == "STALLED"
    assert stalled["dataReplicationError"]["error"] == "AGENT_NOT_SEEN"
    fleet.sim.command("resume_server", server=server)
    fleet.sim.advance(3600)
    assert fleet.server(server)["dataReplicationInfo"]["dataReplicationState"] == "CONTINUOUS"


def test_replication_is_reversed_into_the_origin(fleet, clients):
    (server,) = fleet.ids(1)
    instance = fleet.launch([server], drill=False)["participatingServers"][0]["recoveryInstanceID"]
    fleet.sim.advance(3600)
    arn = fleet.drs.reverse_replication(recoveryInstanceID=instance)["reversedDirectionSourceServerArn"]
    region, account, reversed_id = arn.split(":")[3], arn.split(":")[4], arn.rsplit("/", 1)[-1]
    assert (account, region) == PRIMARY
    home = Fleet(clients("drs", PRIMARY), clients("ec2", PRIMARY), fleet.sim)
    back = home.server(reversed_id)
    assert back["replicationDirection"] == "FAILBACK"
    assert back["sourceProperties"]["identificationHints"]["awsInstanceID"] == instance
    assert fleet.server(server)["reversedDirectionSourceServerArn"] == arn
    (shown,) = fleet.recovery_instances(server)
    assert shown["failback"]["state"] != "FAILBACK_NOT_STARTED"
    with refused("ConflictException", 409):
        fleet.drs.reverse_replication(recoveryInstanceID=instance)
    with refused("ResourceNotFoundException", 404):
        fleet.drs.reverse_replication(recoveryInstanceID="i-00000000000000000")
    for _ in range(48):
        (shown,) = fleet.recovery_instances(server)
        if shown["failback"]["state"] == "FAILBACK_READY_FOR_LAUNCH":
            break
        assert shown["failback"]["state"] in ("FAILBACK_IN_PROGRESS", "FAILBACK_NOT_READY_FOR_LAUNCH")
        fleet.sim.advance(3600)
    assert shown["failback"]["state"] == "FAILBACK_READY_FOR_LAUNCH"
    assert home.server(reversed_id)["dataReplicationInfo"]["dataReplicationState"] == "CONTINUOUS"


def test_servers_of_a_staging_account_are_extended(fleet, clients):
    other = clients("drs", ("777700007777", RECOVERY[1]))
    other.initialize_service()
    assert fleet.drs.list_staging_accounts()["accounts"] == []
    nobody = fleet.drs.list_extensible_source_servers(stagingAccountID="777700007777")
    assert nobody["items"] == []
    ours = fleet.servers()[0]
    extensible = other.list_extensible_source_servers(stagingAccountID=RECOVERY[0], maxResults=300)["items"]
    assert ours["arn"] in [s["arn"] for s in extensible]
    made = other.create_extended_source_server(sourceServerArn=ours["arn"])["sourceServer"]
    assert made["stagingArea"]["stagingAccountID"] == RECOVERY[0]
    assert [a["accountID"] for a in other.list_staging_accounts()["accounts"]] == [RECOVERY[0]]
    with refused("ResourceNotFoundException", 404):
        other.create_extended_source_server(sourceServerArn=ours["arn"].rsplit("/", 1)[0] + f"/{UNKNOWN}")
    with refused("ValidationException", 400):
        fleet.drs.create_extended_source_server(sourceServerArn=ours["arn"])


def test_tags_are_written_read_and_removed(fleet):
    arn = fleet.servers()[0]["arn"]
    fleet.drs.tag_resource(resourceArn=arn, tags={"Wave": "1 & 2"})
    assert fleet.drs.list_tags_for_resource(resourceArn=arn)["tags"]["Wave"] == "1 & 2"
    fleet.drs.untag_resource(resourceArn=arn, tagKeys=["Wave"])
    assert "Wave" not in fleet.drs.list_tags_for_resource(resourceArn=arn)["tags"]
    unknown = arn.rsplit("/", 1)[0] + f"/{UNKNOWN}"
    with refused("ResourceNotFoundException", 404):
        fleet.drs.tag_resource(resourceArn=unknown, tags={"a": "b"})


def test_bad_input_is_a_validation_error(fleet):
    # Operations whose model declares no ResourceNotFoundException.
    with refused("ValidationException", 400):
        fleet.start([UNKNOWN])
    with refused("ValidationException", 400):
        fleet.drs.describe_recovery_snapshots(sourceServerID=UNKNOWN)
    (server,) = fleet.ids(1)
    with refused("ValidationException", 400):
        fleet.start([server, server])
    with refused("ValidationException", 400):
        fleet.drs.describe_jobs(maxResults=5, nextToken="!")
    with refused("ValidationException", 400):
        fleet.drs.describe_job_log_items(jobID="drsjob-00000000000000000")
    with refused("ValidationException", 400):
        fleet.drs.terminate_recovery_instances(recoveryInstanceIDs=["i-00000000000000000"])


def test_quotas_are_kept(fleet):
    account, region = RECOVERY
    limit = {"account": account, "region": region, "service": "drs"}
    fleet.sim.command("set_quota", **limit, quota_code="L-B827C881", value=2)
    with refused("ServiceQuotaExceededException", 402) as caught:
        fleet.start(fleet.ids(3))
    assert caught.value.response["quotaCode"] == "L-B827C881"
    fleet.sim.command("set_quota", **limit, quota_code="L-D88FAC3A", value=1)
    fleet.start(fleet.ids(1))
    with refused("ServiceQuotaExceededException", 402) as caught:
        fleet.start(fleet.ids(1, skip=1))
    assert caught.value.response["quotaCode"] == "L-D88FAC3A"


def test_throttles_say_when_to_come_again(fleet):
    fleet.sim.fault("drs", "DescribeJobs", {"is": "throttle"}, nth=2, times=1)
    fleet.drs.describe_jobs()
    with refused("ThrottlingException", 429) as caught:
        fleet.drs.describe_jobs()
    assert float(caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) > 0
    fleet.drs.describe_jobs()
    fleet.sim.ask(
        "POST", "throttles", {"service": "drs", "operation": "DescribeSourceServers", "per_second": 1, "burst": 2}
    )
    fleet.drs.describe_source_servers()
    fleet.drs.describe_source_servers()
    with refused("ThrottlingException", 429):
        fleet.drs.describe_source_servers()
    fleet.sim.advance(2)
    fleet.drs.describe_source_servers()


def test_an_injected_error_hits_the_call_it_was_meant_for(fleet):
    error = {"is": "error", "status": 500, "code": "InternalServerException", "message": "broken"}
    fleet.sim.fault("drs", "DescribeJobs", error)
    fleet.drs.describe_source_servers()
    with refused("InternalServerException", 500):
        fleet.drs.describe_jobs()
    fleet.drs.describe_jobs()


def test_a_lost_answer_leaves_the_job_behind(fleet):
    (server,) = fleet.ids(1)
    before = len(fleet.drs.describe_jobs()["items"])
    fleet.sim.fault("drs", "StartRecovery", {"is": "no_answer"})
    with pytest.raises((ConnectionError, HTTPClientError, ReadTimeoutError)):
        fleet.start([server])
    assert len(fleet.drs.describe_jobs()["items"]) == before
    fleet.sim.fault("drs", "StartRecovery", {"is": "drop_after"})
    with pytest.raises((ConnectionError, HTTPClientError, ReadTimeoutError)):
        fleet.start([server])
    jobs = fleet.drs.describe_jobs()["items"]
    assert len(jobs) == before + 1
    assert [p["sourceServerID"] for p in jobs[0]["participatingServers"]] == [server]


def test_every_call_is_listed(fleet, sim):
    sim.ask("DELETE", "calls")
    fleet.drs.describe_jobs()
    counts = sim.ask("GET", "calls/counts")
    assert "DescribeJobs" in str(counts)


def test_what_is_not_simulated_says_so(fleet):
    with refused("NotSimulated", 501):
        fleet.drs.list_launch_actions(resourceId=UNKNOWN)
