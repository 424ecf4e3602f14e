"""DRS from the first look to the end of a job: drills, launches into an instance, termination."""

import pytest
from fleet import Fleet
from refusals import refused


@pytest.fixture
def fleet(clients, sim, pristine):
    sim.clear()
    sim.ask("PUT", "world", pristine)
    return Fleet(clients("drs"), clients("ec2"), sim)


def events(log, server_id):
    return [i["event"] for i in log if i["eventData"].get("sourceServerID") in (None, server_id)]


def test_servers_come_in_pages_and_by_filter(fleet):
    every = fleet.servers()
    assert len(every) >= 24
    pages = fleet.drs.get_paginator("describe_source_servers").paginate(PaginationConfig={"PageSize": 7})
    paged = [s["sourceServerID"] for page in pages for s in page["items"]]
    assert paged == [s["sourceServerID"] for s in every]
    one = every[3]
    hints = one["sourceProperties"]["identificationHints"]
    found = fleet.drs.describe_source_servers(filters={"hardwareId": hints["awsInstanceID"]})["items"]
    assert [s["sourceServerID"] for s in found] == [one["sourceServerID"]]
    assert one["sourceCloudProperties"]["originRegion"] == "us-east-1"
    assert one["dataReplicationInfo"]["dataReplicationState"] == "CONTINUOUS"


def test_a_drill_of_three_servers_from_start_to_end(fleet):
    servers = fleet.ids(3)
    job = fleet.start(servers)
    assert (job["status"], job["type"], job["initiatedBy"]) == ("PENDING", "LAUNCH", "START_DRILL")
    fleet.sim.advance(30)
    assert fleet.job(job["jobID"])["status"] == "STARTED"
    with refused("ConflictException", 409):
        fleet.start(servers[:1])
    done = fleet.finish(job["jobID"])
    assert [p["launchStatus"] for p in done["participatingServers"]] == ["LAUNCHED"] * 3
    log = fleet.log(job["jobID"])
    assert [i["logDateTime"] for i in log] == sorted(i["logDateTime"] for i in log)
    for server in servers:
        assert events(log, server) == [
            "JOB_START",
            "SNAPSHOT_START",
            "SNAPSHOT_END",
            "CONVERSION_START",
            "CONVERSION_END",
            "LAUNCH_START",
            "JOB_END",
        ]
        (instance,) = fleet.recovery_instances(server)
        assert instance["isDrill"] is True
        assert instance["ec2InstanceState"] == "RUNNING"
        assert fleet.instance(instance["ec2InstanceID"])["State"]["Name"] == "running"
        last = fleet.server(server)
        assert last["lastLaunchResult"] == "SUCCEEDED"
        assert last["lifeCycle"]["lastLaunch"]["status"] == "LAUNCHED"


def test_jobs_are_listed_newest_first_and_by_date(fleet):
    first = fleet.start(fleet.ids(1))
    fleet.sim.advance(60)
    second = fleet.start(fleet.ids(1, skip=1))
    pages = fleet.drs.get_paginator("describe_jobs").paginate(PaginationConfig={"PageSize": 1})
    ids = [j["jobID"] for page in pages for j in page["items"]]
    assert ids[:2] == [second["jobID"], first["jobID"]]
    since = fleet.drs.describe_jobs(filters={"fromDate": second["creationDateTime"]})["items"]
    assert [j["jobID"] for j in since] == [second["jobID"]]


def test_a_launch_into_an_instance_keeps_its_id_and_address(fleet):
    server, target = fleet.pair()
    old = {d["Ebs"]["VolumeId"] for d in target["BlockDeviceMappings"]}
    set_to = fleet.point_at(server, target["InstanceId"])
    assert set_to["launchIntoInstanceProperties"] == {"launchIntoEC2InstanceID": target["InstanceId"]}
    assert fleet.drs.get_launch_configuration(sourceServerID=server)["copyTags"] is False
    job = fleet.launch([server], drill=False)
    (participant,) = job["participatingServers"]
    assert (participant["launchStatus"], participant["recoveryInstanceID"]) == ("LAUNCHED", target["InstanceId"])
    fleet.sim.advance(60)
    now = fleet.instance(target["InstanceId"])
    assert now["State"]["Name"] == "running"
    assert now["PrivateIpAddress"] == target["PrivateIpAddress"]
    new = {d["Ebs"]["VolumeId"] for d in now["BlockDeviceMappings"]}
    assert new and not new & old
    left = fleet.ec2.describe_volumes(VolumeIds=sorted(old))["Volumes"]
    assert {v["State"] for v in left} == {"available"}
    (instance,) = fleet.recovery_instances(server)
    assert instance["isDrill"] is False


def test_a_target_that_runs_is_refused(fleet):
    server, target = fleet.pair()
    fleet.ec2.start_instances(InstanceIds=[target["InstanceId"]])
    fleet.sim.advance(60)
    with refused("ConflictException", 409):
        fleet.point_at(server, target["InstanceId"])


def test_a_failed_launch_ends_in_a_completed_job_and_its_reason_in_the_log(fleet):
    good, bad = fleet.ids(2)
    fleet.sim.command("fail_launch", server=bad, raw_error="UnauthorizedOperation: ec2:RunInstances")
    job = fleet.launch([good, bad])
    assert job["status"] == "COMPLETED"
    status = {p["sourceServerID"]: p["launchStatus"] for p in job["participatingServers"]}
    assert status == {good: "LAUNCHED", bad: "FAILED"}
    (failure,) = [i for i in fleet.log(job["jobID"]) if i["event"] == "LAUNCH_FAILED"]
    assert failure["eventData"]["sourceServerID"] == bad
    assert "ec2:RunInstances" in failure["eventData"]["rawError"]
    assert fleet.server(bad)["lastLaunchResult"] == "FAILED"


def test_a_new_drill_terminates_the_instance_of_the_one_before(fleet):
    (server,) = fleet.ids(1)
    first = fleet.launch([server])["participatingServers"][0]["recoveryInstanceID"]
    second = fleet.launch([server])
    log = [i["event"] for i in fleet.log(second["jobID"])]
    assert "CLEANUP_START" in log and "CLEANUP_END" in log
    now = [i["ec2InstanceID"] for i in fleet.recovery_instances(server)]
    assert now == [second["participatingServers"][0]["recoveryInstanceID"]] != [first]
    fleet.sim.advance(120)
    assert fleet.instance(first)["State"]["Name"] == "terminated"


def test_recovery_instances_are_terminated_by_a_job(fleet):
    (server,) = fleet.ids(1)
    instance = fleet.launch([server])["participatingServers"][0]["recoveryInstanceID"]
    job = fleet.drs.terminate_recovery_instances(recoveryInstanceIDs=[instance])["job"]
    assert (job["type"], job["initiatedBy"]) == ("TERMINATE", "TERMINATE_RECOVERY_INSTANCES")
    done = fleet.finish(job["jobID"])
    assert [p["launchStatus"] for p in done["participatingServers"]] == ["TERMINATED"]
    assert fleet.recovery_instances(server) == []


def test_a_recovery_instance_is_disconnected_then_deleted(fleet):
    (server,) = fleet.ids(1)
    instance = fleet.launch([server])["participatingServers"][0]["recoveryInstanceID"]
    with refused("ConflictException", 409):
        fleet.drs.delete_recovery_instance(recoveryInstanceID=instance)
    fleet.drs.disconnect_recovery_instance(recoveryInstanceID=instance)
    fleet.drs.delete_recovery_instance(recoveryInstanceID=instance)
    assert fleet.recovery_instances(server) == []
    with refused("ResourceNotFoundException", 404):
        fleet.drs.disconnect_recovery_instance(recoveryInstanceID=instance)


def test_a_pinned_point_in_time_is_launched(fleet):
    (server,) = fleet.ids(1)
    pages = fleet.drs.get_paginator("describe_recovery_snapshots").paginate(sourceServerID=server)
    points = [p for page in pages for p in page["items"]]
    assert points
    pinned = {"sourceServerID": server, "recoverySnapshotID": points[-1]["snapshotID"]}
    job = fleet.drs.start_recovery(isDrill=True, sourceServers=[pinned])["job"]
    fleet.finish(job["jobID"])
    (instance,) = fleet.recovery_instances(server)
    assert instance["pointInTimeSnapshotDateTime"] == points[-1]["expectedTimestamp"]
    unknown = {"sourceServerID": server, "recoverySnapshotID": "pit-00000000000000000"}
    with refused("ValidationException", 400):
        fleet.drs.start_recovery(isDrill=True, sourceServers=[unknown])
