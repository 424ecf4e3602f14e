"""EC2: what is there, what a client may change, and how long it takes."""

import pytest
from conftest import PRIMARY, RECOVERY
from refusals import refused

UNKNOWN = "i-0123456789abcdef0"


@pytest.fixture
def ec2(clients):
    return clients("ec2")


def instances(ec2, **request):
    pages = ec2.get_paginator("describe_instances").paginate(**request)
    return [i for page in pages for r in page["Reservations"] for i in r["Instances"]]


def by_state(ec2, state):
    found = instances(ec2, Filters=[{"Name": "instance-state-name", "Values": [state]}])
    assert found, f"no instance is {state}"
    return found


def state_of(ec2, instance_id):
    return instances(ec2, InstanceIds=[instance_id])[0]["State"]["Name"]


def test_instances_are_described_with_what_a_launch_needs(ec2):
    every = instances(ec2)
    assert len(every) >= 24
    for i in every:
        assert i["PrivateIpAddress"] and i["SubnetId"] and i["SecurityGroups"]
        assert i["Architecture"] in ("x86_64", "arm64")
        assert i["RootDeviceType"] == "ebs"
        devices = [d["DeviceName"] for d in i["BlockDeviceMappings"]]
        assert i["RootDeviceName"] in devices


def test_filters_and_ids_agree(ec2):
    one = instances(ec2)[0]
    for name, value in [
        ("instance-id", one["InstanceId"]),
        ("private-ip-address", one["PrivateIpAddress"]),
    ]:
        found = instances(ec2, Filters=[{"Name": name, "Values": [value]}])
        assert [i["InstanceId"] for i in found] == [one["InstanceId"]]
    for name, value in [("subnet-id", one["SubnetId"]), ("vpc-id", one["VpcId"]), ("tag-key", "Name")]:
        found = instances(ec2, Filters=[{"Name": name, "Values": [value]}])
        assert one["InstanceId"] in [i["InstanceId"] for i in found]
    name = next(t["Value"] for t in one["Tags"] if t["Key"] == "Name")
    found = instances(ec2, Filters=[{"Name": "tag:Name", "Values": [name[:-1] + "*"]}])
    assert one["InstanceId"] in [i["InstanceId"] for i in found]
    tagged = [{"Name": "tag:AWSDRS", "Values": ["AllowLaunchingIntoThisInstance"]}]
    assert len(instances(ec2, Filters=tagged)) < len(instances(ec2))


def test_pages_hold_everything_once(ec2):
    whole = [i["InstanceId"] for i in instances(ec2)]
    paged = [i["InstanceId"] for i in instances(ec2, PaginationConfig={"PageSize": 5})]
    assert sorted(paged) == sorted(whole)
    assert len(set(paged)) == len(paged)


def test_what_ec2_refuses_to_describe(ec2):
    with refused("InvalidInstanceID.NotFound", 400):
        ec2.describe_instances(InstanceIds=[UNKNOWN])
    with refused("InvalidInstanceID.Malformed", 400):
        ec2.describe_instances(InstanceIds=["nonsense"])
    with refused("InvalidParameterValue", 400):
        ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["red"]}])
    with refused("InvalidParameterValue", 400):
        ec2.describe_instances(MaxResults=4)
    with refused("InvalidNextToken", 400):
        ec2.describe_instances(NextToken="!")
    with refused("InvalidParameterCombination", 400):
        ec2.describe_instances(InstanceIds=[UNKNOWN], MaxResults=5)


def test_accounts_and_regions_do_not_see_one_another(ec2, clients):
    here = {i["InstanceId"] for i in instances(ec2)}
    there = {i["InstanceId"] for i in instances(clients("ec2", PRIMARY))}
    assert here and there and not here & there
    assert instances(clients("ec2", (RECOVERY[0], "eu-west-1"))) == []


def test_a_start_and_a_stop_take_their_time(ec2, sim):
    target = by_state(ec2, "stopped")[0]["InstanceId"]
    change = ec2.start_instances(InstanceIds=[target])["StartingInstances"][0]
    assert change["PreviousState"] == {"Code": 80, "Name": "stopped"}
    assert change["CurrentState"] == {"Code": 0, "Name": "pending"}
    with refused("IncorrectInstanceState", 400):
        ec2.stop_instances(InstanceIds=[target])
    sim.advance(10)
    assert state_of(ec2, target) == "pending"
    sim.advance(20)
    assert state_of(ec2, target) == "running"
    checks = ec2.describe_instance_status(InstanceIds=[target])["InstanceStatuses"][0]
    assert checks["InstanceStatus"]["Status"] == "initializing"
    sim.advance(180)
    checks = ec2.describe_instance_status(InstanceIds=[target])["InstanceStatuses"][0]
    assert checks["SystemStatus"]["Status"] == "ok"
    assert ec2.stop_instances(InstanceIds=[target])["StoppingInstances"][0]["CurrentState"]["Code"] == 64
    assert ec2.describe_instance_status(InstanceIds=[target])["InstanceStatuses"] == []
    everything = ec2.describe_instance_status(InstanceIds=[target], IncludeAllInstances=True)
    assert everything["InstanceStatuses"][0]["InstanceState"]["Name"] == "stopping"
    sim.advance(40)
    assert state_of(ec2, target) == "stopped"


def test_a_terminated_instance_gives_back_its_address_and_fades(ec2, sim):
    target = by_state(ec2, "stopped")[-1]
    free = lambda: ec2.describe_subnets(SubnetIds=[target["SubnetId"]])["Subnets"][0]["AvailableIpAddressCount"]
    before = free()
    ended = ec2.terminate_instances(InstanceIds=[target["InstanceId"]])["TerminatingInstances"][0]
    assert ended["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    sim.advance(60)
    assert state_of(ec2, target["InstanceId"]) == "terminated"
    assert free() == before + 1
    for device in target["BlockDeviceMappings"]:
        with refused("InvalidVolume.NotFound", 400):
            ec2.describe_volumes(VolumeIds=[device["Ebs"]["VolumeId"]])
    with refused("IncorrectInstanceState", 400):
        ec2.start_instances(InstanceIds=[target["InstanceId"]])
    sim.advance(3700)
    with refused("InvalidInstanceID.NotFound", 400):
        ec2.describe_instances(InstanceIds=[target["InstanceId"]])


def test_changes_are_all_or_nothing(ec2):
    target = by_state(ec2, "stopped")[0]["InstanceId"]
    for call in (ec2.start_instances, ec2.stop_instances, ec2.terminate_instances):
        with refused("InvalidInstanceID.NotFound", 400):
            call(InstanceIds=[target, UNKNOWN])
    assert state_of(ec2, target) == "stopped"


def test_a_dry_run_does_nothing(ec2):
    target = by_state(ec2, "stopped")[0]["InstanceId"]
    with refused("DryRunOperation", 412):
        ec2.start_instances(InstanceIds=[target], DryRun=True)
    assert state_of(ec2, target) == "stopped"


def test_networks_are_described(ec2):
    subnets = ec2.describe_subnets()["Subnets"]
    assert subnets and all(s["AvailableIpAddressCount"] > 0 for s in subnets)
    vpc = [{"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]}]
    groups = ec2.describe_security_groups(Filters=vpc)["SecurityGroups"]
    assert groups
    named = ec2.describe_security_groups(GroupIds=[groups[0]["GroupId"]])["SecurityGroups"]
    assert [g["GroupId"] for g in named] == [groups[0]["GroupId"]]
    with refused("InvalidSubnetID.NotFound", 400):
        ec2.describe_subnets(SubnetIds=["subnet-0123456789abcdef0"])
    with refused("InvalidGroup.NotFound", 400):
        ec2.describe_security_groups(GroupIds=["sg-0123456789abcdef0"])


def test_every_instance_has_its_interface_and_profile(ec2):
    one = next(i for i in instances(ec2) if "IamInstanceProfile" in i)
    ours = [{"Name": "attachment.instance-id", "Values": [one["InstanceId"]]}]
    interface = ec2.describe_network_interfaces(Filters=ours)["NetworkInterfaces"][0]
    assert interface["PrivateIpAddress"] == one["PrivateIpAddress"]
    again = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])
    assert len(again["NetworkInterfaces"]) == 1
    with refused("InvalidNetworkInterfaceID.NotFound", 400):
        ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0123456789abcdef0"])
    mine = [{"Name": "instance-id", "Values": [one["InstanceId"]]}]
    found = ec2.describe_iam_instance_profile_associations(Filters=mine)
    association = found["IamInstanceProfileAssociations"][0]
    assert association["IamInstanceProfile"]["Arn"] == one["IamInstanceProfile"]["Arn"]
    with refused("InvalidAssociationID.NotFound", 400):
        ec2.describe_iam_instance_profile_associations(AssociationIds=["iip-assoc-0123456789abcdef0"])


def test_tags_are_written_listed_and_removed(ec2):
    target = instances(ec2)[0]["InstanceId"]
    ec2.create_tags(Resources=[target], Tags=[{"Key": "Wave", "Value": "<1> & \"2\""}])
    mine = [{"Name": "resource-id", "Values": [target]}, {"Name": "key", "Values": ["Wave"]}]
    tag = ec2.describe_tags(Filters=mine)["Tags"]
    assert tag == [{"ResourceId": target, "ResourceType": "instance", "Key": "Wave", "Value": '<1> & "2"'}]
    ec2.delete_tags(Resources=[target], Tags=[{"Key": "Wave", "Value": "other"}])
    assert ec2.describe_tags(Filters=mine)["Tags"]
    ec2.delete_tags(Resources=[target], Tags=[{"Key": "Wave"}])
    assert ec2.describe_tags(Filters=mine)["Tags"] == []
    pages = ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 50})
    keys = [(t["ResourceId"], t["Key"]) for page in pages for t in page["Tags"]]
    assert len(keys) == len(set(keys)) > 50
    with refused("InvalidInstanceID.NotFound", 400):
        ec2.create_tags(Resources=[UNKNOWN], Tags=[{"Key": "a", "Value": "b"}])
    with refused("InvalidParameterValue", 400):
        ec2.create_tags(Resources=[target], Tags=[{"Key": "aws:mine", "Value": "b"}])
    many = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    with refused("TagLimitExceeded", 400):
        ec2.create_tags(Resources=[target], Tags=many)


def test_a_volume_is_detached_and_deleted(ec2, sim):
    target = by_state(ec2, "stopped")[0]
    volume = target["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    mine = [{"Name": "attachment.instance-id", "Values": [target["InstanceId"]]}]
    found = ec2.describe_volumes(Filters=mine)["Volumes"]
    assert volume in [v["VolumeId"] for v in found]
    with refused("VolumeInUse", 400):
        ec2.delete_volume(VolumeId=volume)
    assert ec2.detach_volume(VolumeId=volume)["State"] == "detaching"
    sim.advance(10)
    left = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
    assert left["State"] == "available" and left["Attachments"] == []
    with refused("IncorrectState", 400):
        ec2.detach_volume(VolumeId=volume)
    ec2.delete_volume(VolumeId=volume)
    with refused("InvalidVolume.NotFound", 400):
        ec2.delete_volume(VolumeId=volume)
    with refused("InvalidVolume.NotFound", 400):
        ec2.describe_volumes(VolumeIds=[volume])
    running = by_state(ec2, "running")[0]
    root = next(d for d in running["BlockDeviceMappings"] if d["DeviceName"] == running["RootDeviceName"])
    with refused("OperationNotPermitted", 400):
        ec2.detach_volume(VolumeId=root["Ebs"]["VolumeId"])


def test_launch_templates_keep_everything_in_versions(ec2):
    template = ec2.describe_launch_templates()["LaunchTemplates"][0]
    name = template["LaunchTemplateId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    data = {
        "InstanceType": "m6i.xlarge",
        "EbsOptimized": True,
        "IamInstanceProfile": {"Name": "app"},
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "SubnetId": subnet, "Groups": ["sg-1", "sg-2"], "AssociatePublicIpAddress": False}
        ],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": True}}
        ],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "LicenseSpecifications": [{"LicenseConfigurationArn": "arn:aws:license-manager:x"}],
        "Placement": {"Tenancy": "default"},
        "Monitoring": {"Enabled": True},
        "UserData": "IyEvYmluL3No",
    }
    made = ec2.create_launch_template_version(
        LaunchTemplateId=name, VersionDescription="everything", LaunchTemplateData=data
    )["LaunchTemplateVersion"]
    assert made["LaunchTemplateData"] == data
    assert made["DefaultVersion"] is False
    changed = ec2.create_launch_template_version(
        LaunchTemplateId=name,
        SourceVersion=str(made["VersionNumber"]),
        LaunchTemplateData={"InstanceType": "c5.large"},
    )["LaunchTemplateVersion"]
    assert changed["LaunchTemplateData"] == {**data, "InstanceType": "c5.large"}
    number = str(changed["VersionNumber"])
    assert ec2.modify_launch_template(LaunchTemplateId=name, DefaultVersion=number)["LaunchTemplate"][
        "DefaultVersionNumber"
    ] == int(number)
    for version in ("$Default", "$Latest", number):
        found = ec2.describe_launch_template_versions(LaunchTemplateId=name, Versions=[version])
        assert found["LaunchTemplateVersions"][0]["VersionNumber"] == int(number)
    every = ec2.describe_launch_template_versions(Versions=["$Default"])["LaunchTemplateVersions"]
    assert len(every) == len(ec2.describe_launch_templates()["LaunchTemplates"])
    by_name = ec2.describe_launch_templates(LaunchTemplateNames=[template["LaunchTemplateName"]])
    assert by_name["LaunchTemplates"][0]["LaunchTemplateId"] == name


def test_what_is_refused_about_launch_templates(ec2):
    name = ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    unknown = "lt-0123456789abcdef0"
    with refused("InvalidLaunchTemplateId.NotFound", 400):
        ec2.describe_launch_templates(LaunchTemplateIds=[unknown])
    with refused("InvalidLaunchTemplateName.NotFoundException", 400):
        ec2.describe_launch_templates(LaunchTemplateNames=["nobody"])
    with refused("InvalidLaunchTemplateId.VersionNotFound", 400):
        ec2.describe_launch_template_versions(LaunchTemplateId=name, Versions=["99"])
    with refused("InvalidLaunchTemplateId.NotFound", 400):
        ec2.modify_launch_template(LaunchTemplateId=unknown, DefaultVersion="1")
    with refused("InvalidLaunchTemplateId.VersionNotFound", 400):
        ec2.modify_launch_template(LaunchTemplateId=name, DefaultVersion="99")
    with refused("InvalidLaunchTemplateId.VersionNotFound", 400):
        ec2.create_launch_template_version(
            LaunchTemplateId=name, SourceVersion="99", LaunchTemplateData={"InstanceType": "t3.micro"}
        )


def test_instance_types_say_what_fits(ec2):
    found = ec2.describe_instance_types(InstanceTypes=["m5.large", "t4g.small"])["InstanceTypes"]
    assert {t["InstanceType"]: t["VCpuInfo"]["DefaultVCpus"] for t in found} == {"m5.large": 2, "t4g.small": 2}
    arm = [{"Name": "processor-info.supported-architecture", "Values": ["arm64"]}]
    pages = ec2.get_paginator("describe_instance_types").paginate(Filters=arm)
    arms = [t for page in pages for t in page["InstanceTypes"]]
    assert arms and all(t["SupportedBootModes"] == ["uefi"] for t in arms)
    pages = ec2.get_paginator("describe_instance_types").paginate()
    every = [t["InstanceType"] for page in pages for t in page["InstanceTypes"]]
    assert len(every) == len(set(every)) > 100
    zone = ec2.describe_subnets()["Subnets"][0]["AvailabilityZone"]
    where = [{"Name": "location", "Values": [zone]}]
    offered = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=where)
    assert {o["Location"] for o in offered["InstanceTypeOfferings"]} == {zone}
    region = ec2.describe_instance_type_offerings()["InstanceTypeOfferings"]
    assert {o["LocationType"] for o in region} == {"region"}
    with refused("InvalidInstanceType", 400):
        ec2.describe_instance_types(InstanceTypes=["m5.huge"])


def test_encryption_settings_are_told(ec2):
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] in (True, False)
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"]


def test_a_call_that_is_not_simulated_says_so(ec2):
    with refused("NotSimulated", 501):
        ec2.describe_vpcs()


def test_a_reboot_goes_on_running_and_checks_again(ec2, sim):
    running = by_state(ec2, "running")[0]["InstanceId"]
    stopped = by_state(ec2, "stopped")[0]["InstanceId"]
    sim.advance(600)
    ec2.reboot_instances(InstanceIds=[running])
    assert state_of(ec2, running) == "running"
    checks = ec2.describe_instance_status(InstanceIds=[running])["InstanceStatuses"][0]
    assert checks["InstanceStatus"]["Status"] == "initializing"
    sim.advance(180)
    checks = ec2.describe_instance_status(InstanceIds=[running])["InstanceStatuses"][0]
    assert checks["InstanceStatus"]["Status"] == "ok"
    with refused("IncorrectInstanceState", 400):
        ec2.reboot_instances(InstanceIds=[stopped])
    with refused("InvalidInstanceID.NotFound", 400):
        ec2.reboot_instances(InstanceIds=[UNKNOWN])


def test_networks_lead_out_until_somebody_closes_them(ec2, sim):
    account, region = RECOVERY
    subnet = ec2.describe_subnets()["Subnets"][0]
    of_vpc = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}, {"Name": "association.main", "Values": ["true"]}]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def seen():
        (table,) = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
        (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        ways = {r["DestinationCidrBlock"]: r["GatewayId"] for r in table["Routes"]}
        out = [r["CidrIp"] for p in found["IpPermissionsEgress"] for r in p["IpRanges"]]
        return ways, out

    ways, out = seen()
    assert ways["0.0.0.0/0"].startswith("igw-") and "local" in ways.values()
    assert out == ["0.0.0.0/0"]
    sim.command("network", account=account, region=region, default_route=False, egress=False)
    ways, out = seen()
    assert "0.0.0.0/0" not in ways and out == []
    sim.command("network", account=account, region=region, default_route=True, egress=True)
    assert seen()[1] == ["0.0.0.0/0"]
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    assert ec2.describe_route_tables(Filters=of_subnet)["RouteTables"] == [], "it follows the main table"
    with refused("InvalidRouteTableID.NotFound", 400):
        ec2.describe_route_tables(RouteTableIds=["rtb-00000000000000000"])
