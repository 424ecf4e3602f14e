"""Systems Manager: commands on managed machines, and what they do to replication agents."""

import pytest
from botocore.exceptions import ClientError

from conftest import PRIMARY, RECOVERY
from refusals import refused

INSTALL = "AWSDisasterRecovery-InstallDRAgentOnInstance"
SHELL = "AWS-RunShellScript"
POWERSHELL = "AWS-RunPowerShellScript"
UNKNOWN = "i-0123456789abcdef0"


@pytest.fixture
def ssm(clients):
    return clients("ssm", PRIMARY)


def nodes(ssm, **filters):
    """Managed machines; a keyword is a filter."""
    wanted = [{"Key": key, "Values": [value]} for key, value in filters.items()]
    pages = ssm.get_paginator("describe_instance_information").paginate(Filters=wanted)
    return [node for page in pages for node in page["InstanceInformationList"]]


def unprotected(clients, name):
    filters = [{"Name": "tag:Name", "Values": [name]}]
    found = clients("ec2", PRIMARY).describe_instances(Filters=filters)["Reservations"]
    return found[0]["Instances"][0]["InstanceId"]


def send(ssm, instances, document, **parameters):
    sent = ssm.send_command(
        InstanceIds=instances,
        DocumentName=document,
        Parameters={name: values if isinstance(values, list) else [values] for name, values in parameters.items()},
    )
    return sent["Command"]["CommandId"]


def run(ssm, sim, instance, document, **parameters):
    """Runs a command on one machine to its end."""
    command = send(ssm, [instance], document, **parameters)
    for _ in range(60):
        sim.advance(10)
        seen = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
        if seen["Status"] not in ("Pending", "InProgress"):
            return seen
    raise AssertionError(f"{command} is not through after ten minutes: {seen}")


def test_machines_in_and_outside_ec2_are_managed(ssm):
    outside = nodes(ssm, ResourceType="ManagedInstance")
    assert [n["InstanceId"][:3] for n in outside] == ["mi-", "mi-"]
    assert {n["PlatformType"] for n in outside} == {"Linux", "Windows"}
    by_activation = nodes(ssm, ActivationIds=outside[0]["ActivationId"])
    assert [n["InstanceId"] for n in by_activation] == [outside[0]["InstanceId"]]
    inside = nodes(ssm, ResourceType="EC2Instance")
    assert inside and all("ActivationId" not in n for n in inside)


def test_documents_are_described(ssm):
    document = ssm.describe_document(Name=INSTALL)["Document"]
    required = {p["Name"] for p in document["Parameters"] if "DefaultValue" not in p}
    assert required == {"Region"} and document["Owner"] == "Amazon"
    assert ssm.describe_document(Name=SHELL, DocumentVersion="1")["Document"]["DocumentType"] == "Command"
    assert "Windows" in ssm.describe_document(Name=POWERSHELL)["Document"]["PlatformTypes"]
    with refused("InvalidDocument", 400):
        ssm.describe_document(Name="Nobodys-Document")
    with refused("InvalidDocumentVersion", 400):
        ssm.describe_document(Name=SHELL, DocumentVersion="99")


def test_a_command_from_its_sending_to_its_output(ssm, sim, clients):
    linux = unprotected(clients, "web-intranet-01")
    command = ssm.send_command(
        InstanceIds=[linux],
        DocumentName=SHELL,
        Comment="a probe",
        TimeoutSeconds=60,
        Parameters={"commands": ["hostname", "nc -zv 10.0.0.10 443"]},
    )["Command"]
    assert (command["Status"], command["TargetCount"], command["CompletedCount"]) == ("Pending", 1, 0)
    ids = {"CommandId": command["CommandId"], "InstanceId": linux}
    assert ssm.get_command_invocation(**ids)["ResponseCode"] == -1
    sim.advance(30)
    seen = ssm.get_command_invocation(**ids, PluginName="aws:runShellScript")
    assert (seen["Status"], seen["ResponseCode"], seen["StandardErrorContent"]) == ("Success", 0, "")
    assert seen["StandardOutputContent"].startswith("web-intranet-01\n")
    assert seen["ExecutionStartDateTime"] < seen["ExecutionEndDateTime"]
    pages = ssm.get_paginator("list_command_invocations").paginate(
        CommandId=command["CommandId"], Details=True, PaginationConfig={"PageSize": 1}
    )
    lines = [line for page in pages for line in page["CommandInvocations"]]
    assert [line["CommandPlugins"][0]["Output"] for line in lines] == [seen["StandardOutputContent"]]
    done = ssm.list_commands(CommandId=command["CommandId"])["Commands"][0]
    assert (done["Status"], done["Comment"], done["CompletedCount"]) == ("Success", "a probe", 1)
    assert done["ExpiresAfter"] > done["RequestedDateTime"]
    with refused("InvalidPluginName", 400):
        ssm.get_command_invocation(**ids, PluginName="aws:domainJoin")
    with refused("InvocationDoesNotExist", 400):
        ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=UNKNOWN)


def test_what_send_command_refuses(ssm, clients):
    linux = unprotected(clients, "web-intranet-01")
    windows = unprotected(clients, "app-helpdesk-01")
    script = {"commands": ["true"]}
    for absent in (UNKNOWN, unprotected(clients, "db-archive-01"), unprotected(clients, "app-sandbox-01")):
        with refused("InvalidInstanceId", 400):
            ssm.send_command(InstanceIds=[absent], DocumentName=SHELL, Parameters=script)
    with refused("DuplicateInstanceId", 400):
        ssm.send_command(InstanceIds=[linux, linux], DocumentName=SHELL, Parameters=script)
    with refused("InvalidDocument", 400):
        ssm.send_command(InstanceIds=[linux], DocumentName="Nobodys-Document", Parameters=script)
    with refused("InvalidParameters", 400):
        ssm.send_command(InstanceIds=[linux], DocumentName=INSTALL, Parameters={"Account": ["1"]})
    with refused("UnsupportedPlatformType", 400):
        ssm.send_command(InstanceIds=[windows], DocumentName=SHELL, Parameters=script)
    many = [f"i-{n:017x}" for n in range(51)]
    with refused("ValidationException", 400) as caught:
        ssm.send_command(InstanceIds=many, DocumentName=SHELL, Parameters=script)
    assert "less than or equal to 50" in str(caught.value)
    with refused("NotSimulated", 501):
        ssm.send_command(
            Targets=[{"Key": "tag:Tier", "Values": ["web"]}], DocumentName=SHELL, Parameters=script
        )


def test_commands_are_found_again_by_filters(ssm, sim, clients):
    linux = unprotected(clients, "web-intranet-01")
    first = send(ssm, [linux], SHELL, commands="true")
    sim.advance(60)
    second = send(ssm, [linux], POWERSHELL, commands="Get-Date")
    sim.advance(60)
    pages = ssm.get_paginator("list_commands").paginate(InstanceId=linux, PaginationConfig={"PageSize": 1})
    listed = [c["CommandId"] for page in pages for c in page["Commands"]]
    assert listed[:2] == [second, first]
    at = ssm.list_commands(CommandId=second)["Commands"][0]["RequestedDateTime"]
    since = [{"key": "InvokedAfter", "value": (at.replace(microsecond=0)).strftime("%Y-%m-%dT%H:%M:%SZ")}]
    assert first not in [c["CommandId"] for c in ssm.list_commands(Filters=since)["Commands"]]
    failed = [{"key": "Status", "value": "Failed"}, {"key": "DocumentName", "value": POWERSHELL}]
    assert [c["CommandId"] for c in ssm.list_commands(Filters=failed)["Commands"]] == [second]
    with refused("InvalidNextToken", 400):
        ssm.list_commands(NextToken="!")
    with refused("InvalidNextToken", 400):
        ssm.list_command_invocations(NextToken="!")
    with refused("InvalidFilterKey", 400):
        ssm.list_commands(Filters=[{"key": "InvokedAfter", "value": "yesterday"}])


def test_commands_are_cancelled(ssm, sim, clients):
    machines = [unprotected(clients, n) for n in ("web-intranet-01", "app-helpdesk-01")]
    command = send(ssm, machines, INSTALL, Region=RECOVERY[1])
    sim.advance(10)
    ssm.cancel_command(CommandId=command)
    assert ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Cancelling"
    sim.advance(10)
    lines = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    assert [line["Status"] for line in lines] == ["Cancelled", "Cancelled"]
    with refused("InvalidCommandId", 400):
        ssm.cancel_command(CommandId="0" * 36)
    with refused("InvalidInstanceId", 400):
        ssm.cancel_command(CommandId=command, InstanceIds=[UNKNOWN])


def test_an_agent_is_installed_and_replicates(ssm, sim, clients):
    linux = unprotected(clients, "web-intranet-01")
    clients("drs", (PRIMARY[0], RECOVERY[1])).initialize_service()
    drs = clients("drs", (PRIMARY[0], RECOVERY[1]))
    seen = run(ssm, sim, linux, INSTALL, Region=RECOVERY[1], Tags="Owner=it")
    assert seen["Status"] == "Success", seen
    server = drs.describe_source_servers(filters={})["items"][0]
    assert server["sourceServerID"] in seen["StandardOutputContent"]
    info = server["dataReplicationInfo"]
    assert info["dataReplicationState"] == "INITIATING"
    assert len(info["dataReplicationInitiation"]["steps"]) == 11
    assert server["tags"] == {"Owner": "it"}
    outside = nodes(ssm, ResourceType="ManagedInstance")[0]["InstanceId"]
    assert run(ssm, sim, outside, INSTALL, Region=RECOVERY[1])["Status"] == "Success"
    servers = drs.describe_source_servers(filters={})["items"]
    assert len([s for s in servers if "sourceCloudProperties" not in s]) == 1
    sim.advance(4 * 3600)
    states = [s["dataReplicationInfo"]["dataReplicationState"] for s in drs.describe_source_servers()["items"]]
    assert states == ["CONTINUOUS", "CONTINUOUS"]
    elsewhere = run(ssm, sim, linux, INSTALL, Region=PRIMARY[1])
    assert elsewhere["Status"] == "Failed" and elsewhere["ResponseCode"] == 1
    said = "previously installed to replicate into another region or account"
    assert said in elsewhere["StandardErrorContent"]
    uninstall = "sudo /var/lib/aws-replication-agent/uninstall_agent_linux.sh"
    assert run(ssm, sim, linux, SHELL, commands=[uninstall, "reboot"])["Status"] == "Success"
    gone = drs.describe_source_servers(filters={"sourceServerIDs": [server["sourceServerID"]]})["items"][0]
    assert gone["dataReplicationInfo"]["dataReplicationState"] == "DISCONNECTED"
    assert nodes(ssm, InstanceIds=linux)[0]["PingStatus"] == "ConnectionLost"
    sim.advance(120)
    assert nodes(ssm, InstanceIds=linux)[0]["PingStatus"] == "Online"
    assert run(ssm, sim, linux, INSTALL, Region=RECOVERY[1])["Status"] == "Success"


def test_faults_of_machines(ssm, sim, clients):
    windows = unprotected(clients, "app-helpdesk-01")
    fails = {"is": "command_fails", "stderr": "boom", "exit_code": 5}
    sim.command("ssm_fault", instance=windows, fault=fails)
    seen = run(ssm, sim, windows, POWERSHELL, commands="Get-Date")
    assert (seen["Status"], seen["ResponseCode"]) == ("Failed", 5)
    assert seen["StandardErrorContent"].startswith("boom")
    sim.command("ssm_fault", instance=windows, fault={"is": "delivery_times_out"})
    lost = send(ssm, [windows], POWERSHELL, commands="Get-Date")
    sim.advance(3600)
    seen = ssm.get_command_invocation(CommandId=lost, InstanceId=windows)
    assert (seen["Status"], seen["StatusDetails"]) == ("TimedOut", "DeliveryTimedOut")
    sim.command("ssm_fault", instance=windows, fault={"is": "never_returns"})
    run(ssm, sim, windows, POWERSHELL, commands="Restart-Computer -Force")
    sim.advance(3600)
    with pytest.raises(ClientError):
        send(ssm, [windows], POWERSHELL, commands="Get-Date")
    sim.command("ssm_heal", instance=windows)
    sim.command("ssm_fault", instance=windows, fault={"is": "install_fails", "stderr": "no", "times": 1})
    assert run(ssm, sim, windows, INSTALL, Region=RECOVERY[1])["Status"] == "Failed"
    sim.command("ssm_fault", instance=windows, fault={"is": "silent"})
    assert nodes(ssm, InstanceIds=windows)[0]["PingStatus"] == "ConnectionLost"
