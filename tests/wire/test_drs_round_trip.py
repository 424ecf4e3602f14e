"""DRS: there, back, protected again and retired, as boto3 sees it."""

import pytest
from conftest import PRIMARY, RECOVERY
from fleet import ALLOWED, Fleet
from refusals import refused

ELEVEN = [
    "WAIT",
    "CREATE_SECURITY_GROUP",
    "LAUNCH_REPLICATION_SERVER",
    "BOOT_REPLICATION_SERVER",
    "AUTHENTICATE_WITH_SERVICE",
    "DOWNLOAD_REPLICATION_SOFTWARE",
    "CREATE_STAGING_DISKS",
    "ATTACH_STAGING_DISKS",
    "PAIR_REPLICATION_SERVER_WITH_AGENT",
    "CONNECT_AGENT_TO_REPLICATION_SERVER",
    "START_DATA_TRANSFER",
]


@pytest.fixture
def fleet(clients, sim):
    return Fleet(clients("drs"), clients("ec2"), sim)


@pytest.fixture
def home(clients, sim):
    return Fleet(clients("drs", PRIMARY), clients("ec2", PRIMARY), sim)


def continuous(fleet, server):
    """The states until a server is continuous, in order."""
    seen = []
    for _ in range(4000):
        state = fleet.server(server)["dataReplicationInfo"]["dataReplicationState"]
        if state not in seen[-1:]:
            seen.append(state)
        if state == "CONTINUOUS":
            return seen
        fleet.sim.advance(60)
    raise AssertionError(f"{server}: {seen}")


def test_a_server_goes_there_and_back_and_nothing_differs_but_time(fleet, home, sim):
    b1, target = fleet.pair()
    fleet.point_at(b1, target["InstanceId"])
    before = sim.ask("GET", "inventory")
    a1 = fleet.server(b1)["sourceProperties"]["identificationHints"]["awsInstanceID"]
    sim.command("agent_takes", account=RECOVERY[0], region=RECOVERY[1], seconds=900)
    job = fleet.launch([b1], drill=False)
    b2 = job["participatingServers"][0]["recoveryInstanceID"]
    assert b2 == target["InstanceId"]
    sim.command("hold_reversal", instance=b2, seconds=60)
    with refused("ConflictException", 409):
        fleet.drs.reverse_replication(recoveryInstanceID=b2)
    sim.advance(61)
    arn = fleet.drs.reverse_replication(recoveryInstanceID=b2)["reversedDirectionSourceServerArn"]
    a2 = arn.rsplit("/", 1)[-1]
    (shown,) = fleet.recovery_instances(b1)
    info = shown["dataReplicationInfo"]
    assert [s["name"] for s in info["dataReplicationInitiation"]["steps"]] == ELEVEN
    assert info["dataReplicationState"] == "INITIATING"
    assert continuous(home, a2) == ["INITIATING", "INITIAL_SYNC", "CONTINUOUS"]
    (shown,) = fleet.recovery_instances(b1)
    assert shown["failback"]["state"] == "FAILBACK_READY_FOR_LAUNCH"
    # Home.
    home.ec2.create_tags(Resources=[a1], Tags=[ALLOWED])
    home.ec2.stop_instances(InstanceIds=[a1])
    sim.advance(60)
    home.point_at(a2, a1)
    assert home.launch([a2], drill=False)["participatingServers"][0]["launchStatus"] == "LAUNCHED"
    (shown,) = fleet.recovery_instances(b1)
    assert shown["failback"]["state"] == "FAILBACK_COMPLETED"
    # Protected again.
    points = {p["snapshotID"] for p in fleet.drs.describe_recovery_snapshots(sourceServerID=b1)["items"]}
    assert points
    sim.advance(600)
    again = home.drs.reverse_replication(recoveryInstanceID=a1)["reversedDirectionSourceServerArn"]
    assert again.endswith(b1)
    assert fleet.server(b1)["dataReplicationInfo"]["dataReplicationError"]["error"] == "AGENT_NOT_SEEN"
    assert continuous(fleet, b1) == ["STALLED", "RESCAN", "CONTINUOUS"]
    for disk in fleet.server(b1)["dataReplicationInfo"]["replicatedDisks"]:
        assert disk["rescannedStorageBytes"] == disk["totalStorageBytes"]
    assert points & {p["snapshotID"] for p in fleet.drs.describe_recovery_snapshots(sourceServerID=b1)["items"]}
    # Retired.
    home.drs.stop_replication(sourceServerID=a2)
    fleet.ec2.stop_instances(InstanceIds=[b2])
    fleet.drs.disconnect_recovery_instance(recoveryInstanceID=b2)
    fleet.drs.delete_recovery_instance(recoveryInstanceID=b2)
    with refused("ConflictException", 409):
        home.drs.disconnect_source_server(sourceServerID=a2)
    home.drs.delete_recovery_instance(recoveryInstanceID=a1)
    home.drs.disconnect_source_server(sourceServerID=a2)
    home.drs.delete_source_server(sourceServerID=a2)
    home.ec2.delete_tags(Resources=[a1], Tags=[{"Key": "AWSDRS"}])
    sim.advance(600)
    assert fleet.server(b1)["reversedDirectionSourceServerArn"] == arn, "it names what is gone"
    for place in (fleet, home):
        available = [{"Name": "status", "Values": ["available"]}]
        left = place.ec2.describe_volumes(Filters=available)["Volumes"]
        assert left and all(v["Attachments"] == [] for v in left)
        for volume in left:
            place.ec2.delete_volume(VolumeId=volume["VolumeId"])
    assert sim.ask("GET", "inventory") == before


def test_replications_go_wrong_as_told(fleet, sim):
    (server,) = fleet.ids(1, skip=5)

    def state():
        return fleet.server(server)["dataReplicationInfo"]["dataReplicationState"]

    sim.command("break_replication", server=server, error="FAILED_TO_BOOT_REPLICATION_SERVER")
    steps = fleet.server(server)["dataReplicationInfo"]["dataReplicationInitiation"]["steps"]
    assert [s["name"] for s in steps if s["status"] == "FAILED"] == ["BOOT_REPLICATION_SERVER"]
    sim.command("resume_server", server=server)
    sim.command("stall_for", server=server, seconds=120)
    assert state() == "STALLED"
    sim.advance(121)
    assert state() == "CONTINUOUS"
    sim.command("write_load", server=server, bytes_per_second=64 * 1024 * 1024)
    sim.advance(60)
    assert state() == "BACKLOG"
    sim.command("write_load", server=server, bytes_per_second=0)
    sim.advance(3600)
    assert state() == "CONTINUOUS"
    sim.command("lose_agent", server=server)
    sim.advance(301)
    assert state() == "STALLED"
    sim.command("disconnect_agent", server=server)
    assert state() == "DISCONNECTED"


def test_a_fault_hits_one_place_and_a_person_none(fleet, home, sim):
    throttle = {"service": "drs", "operation": "DescribeJobs", "kind": {"is": "throttle"}}
    sim.ask("POST", "faults", {**throttle, "account": PRIMARY[0], "region": PRIMARY[1]})
    fleet.drs.describe_jobs()
    by_hand = {"account": PRIMARY[0], "region": PRIMARY[1], "operation": "DescribeJobs"}
    assert "items" in sim.ask("POST", "by-hand", by_hand)
    with refused("ThrottlingException", 429):
        home.drs.describe_jobs()
