//! Instances, volumes, tags and launch templates over the real SDK.

use std::collections::BTreeMap;

use crate::script::{Reply, Script};
use crate::services::{ec2, instance_id};
use dr_aws::VolumeFilter;
use dr_error::AwsClass;
use dr_model::launch::LaunchTemplate;

/// An error as EC2 words it.
fn refused(code: &str) -> Reply {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>scripted</Message></Error></Errors>\
         <RequestID>r</RequestID></Response>"
    );
    Reply::Answer(400, Vec::new(), body.into_bytes())
}

fn operations(script: &Script) -> Vec<String> {
    script
        .sent()
        .into_iter()
        .map(|sent| sent.operation)
        .collect()
}

#[tokio::test]
async fn volumes_are_read_whole_over_all_pages() {
    let script = Script::new(|sent, before| {
        let (inside, next) = match before {
            0 => (
                "<volumeId>vol-1</volumeId><size>8</size><status>in-use</status><volumeType>gp3</volumeType>\
                 <createTime>2026-01-31T12:00:00.000Z</createTime><attachmentSet><item><volumeId>vol-1</volumeId>\
                 <instanceId>i-0123456789abcdef0</instanceId><device>/dev/xvda</device><status>attached</status>\
                 </item></attachmentSet><tagSet><item><key>Name</key><value>web</value></item></tagSet>",
                "<nextToken>two</nextToken>",
            ),
            _ => {
                assert!(sent.body.contains("NextToken=two"));
                (
                    "<volumeId>vol-2</volumeId><size>16384</size><status>available</status>\
                     <volumeType>hologram</volumeType>",
                    "",
                )
            }
        };
        Reply::ok(format!(
            "<DescribeVolumesResponse><volumeSet><item>{inside}</item></volumeSet>{next}</DescribeVolumesResponse>"
        ))
    });
    let ids = VolumeFilter::Ids(vec!["vol-1".into(), "vol-2".into()]);
    let volumes = ec2(&script).volumes(&ids).await.unwrap();
    let [used, left] = volumes.as_slice() else {
        panic!("{volumes:?}");
    };
    assert_eq!((used.bytes, used.state.as_str()), (8_589_934_592, "in-use"));
    assert_eq!(
        used.attached_to.as_ref().unwrap().as_str(),
        "i-0123456789abcdef0"
    );
    assert_eq!(used.device.as_deref(), Some("/dev/xvda"));
    assert_eq!(
        used.created_at.unwrap().to_rfc3339(),
        "2026-01-31T12:00:00+00:00"
    );
    assert_eq!(used.tags["Name"], "web");
    assert_eq!(
        (left.bytes >> 30, left.volume_type.as_str()),
        (16_384, "hologram")
    );
    assert_eq!((&left.attached_to, &left.device), (&None, &None));
    assert!(script.sent()[0].body.contains("Filter.1.Name=volume-id"));
}

#[tokio::test]
async fn detached_volumes_are_asked_for_by_their_state_and_no_ids_ask_for_nothing() {
    let script = Script::new(|_, _| Reply::ok("<DescribeVolumesResponse/>"));
    let ec2 = ec2(&script);
    let none = VolumeFilter::Ids(Vec::new());
    assert!(ec2.volumes(&none).await.unwrap().is_empty());
    assert!(script.sent().is_empty());
    ec2.volumes(&VolumeFilter::Detached).await.unwrap();
    let body = &script.sent()[0].body;
    assert!(
        body.contains("Filter.1.Name=status&Filter.1.Value.1=available"),
        "{body}"
    );
    ec2.volumes(&VolumeFilter::AttachedTo(
        (0..201).map(instance_id).collect(),
    ))
    .await
    .unwrap();
    assert_eq!(script.sent().len(), 3);
    assert!(script.sent()[1].body.contains("attachment.instance-id"));
}

#[tokio::test]
async fn a_volume_that_is_gone_is_deleted_and_one_in_use_is_not() {
    for (code, class) in [
        ("InvalidVolume.NotFound", None),
        ("VolumeInUse", Some(AwsClass::Conflict)),
    ] {
        let script = Script::new(move |_, _| refused(code));
        let deleted = ec2(&script).delete_volume("vol-1").await;
        assert_eq!(deleted.err().and_then(|e| e.aws_class()), class, "{code}");
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test]
async fn tags_go_to_all_resources_and_no_tags_go_nowhere() {
    let script = Script::new(|_, _| {
        Reply::ok("<CreateTagsResponse><return>true</return></CreateTagsResponse>")
    });
    let ids: Vec<String> = (0..201).map(|n| format!("vol-{n}")).collect();
    let tags = BTreeMap::from([("Owner".to_owned(), "dr".to_owned())]);
    ec2(&script).tag(&ids, &BTreeMap::new()).await.unwrap();
    assert!(script.sent().is_empty());
    ec2(&script).tag(&ids, &tags).await.unwrap();
    assert_eq!(operations(&script), ["CreateTags", "CreateTags"]);
    let body = &script.sent()[1].body;
    assert!(body.contains("ResourceId.1=vol-200"), "{body}");
    assert!(body.contains("Tag.1.Key=Owner&Tag.1.Value=dr"), "{body}");
}

/// EC2 with instance 1 alone: it refuses a whole call for any other.
fn one_instance() -> Script {
    Script::new(|sent, _| {
        let known = instance_id(1).to_string();
        let listing = format!(
            "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>{known}</instanceId>\
             </item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
        );
        match sent.operation.as_str() {
            "DescribeInstances" if sent.body.contains(&known) => Reply::ok(listing),
            "DescribeInstances" => Reply::ok("<DescribeInstancesResponse/>"),
            _ if sent.body.contains("InstanceId.2=") || !sent.body.contains(&known) => {
                refused("InvalidInstanceID.NotFound")
            }
            _ => Reply::ok(format!(
                "<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>{known}</instanceId>\
                 <instanceState><name>running</name></instanceState><systemStatus><status>ok</status></systemStatus>\
                 <instanceStatus><status>initializing</status></instanceStatus></item></instanceStatusSet>\
                 </DescribeInstanceStatusResponse>"
            )),
        }
    })
}

#[tokio::test]
async fn health_is_told_check_by_check_and_an_instance_that_is_gone_is_absent() {
    let script = one_instance();
    let health = ec2(&script)
        .instance_status(&[instance_id(1), instance_id(2)])
        .await
        .unwrap();
    let [one] = health.as_slice() else {
        panic!("{health:?}");
    };
    assert_eq!((&one.id, one.state.as_str()), (&instance_id(1), "running"));
    assert!(one.system_ok && !one.instance_ok);
    assert!(script.sent()[0].body.contains("IncludeAllInstances=true"));
}

/// EC2 with one launch template, whose default is version 3 in `subnet-1`.
fn one_template() -> Script {
    Script::new(|sent, _| match sent.operation.as_str() {
        "DescribeLaunchTemplateVersions" => Reply::ok(
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
             <launchTemplateId>lt-1</launchTemplateId><versionNumber>3</versionNumber><launchTemplateData>\
             <networkInterfaceSet><item><deviceIndex>0</deviceIndex><subnetId>subnet-1</subnetId></item>\
             </networkInterfaceSet></launchTemplateData></item></launchTemplateVersionSet>\
             </DescribeLaunchTemplateVersionsResponse>",
        ),
        "CreateLaunchTemplateVersion" => Reply::ok(
            "<CreateLaunchTemplateVersionResponse><launchTemplateVersion><versionNumber>7</versionNumber>\
             </launchTemplateVersion></CreateLaunchTemplateVersionResponse>",
        ),
        _ => Reply::ok("<ModifyLaunchTemplateResponse/>"),
    })
}

fn in_subnet(subnet: &str) -> LaunchTemplate {
    LaunchTemplate {
        subnet_id: Some(subnet.into()),
        ..LaunchTemplate::default()
    }
}

#[tokio::test]
async fn a_template_that_differs_gets_a_version_made_from_its_default_and_it_becomes_the_default() {
    let script = one_template();
    let changed = ec2(&script)
        .set_default_template("lt-1", &in_subnet("subnet-2"))
        .await
        .unwrap();
    assert!(changed);
    let sent = script.sent();
    assert_eq!(sent.len(), 3);
    let create = &sent[1].body;
    for part in [
        "LaunchTemplateId=lt-1",
        "SourceVersion=3",
        "ClientToken=",
        "LaunchTemplateData.NetworkInterface.1.SubnetId=subnet-2",
        "LaunchTemplateData.NetworkInterface.1.DeviceIndex=0",
    ] {
        assert!(create.contains(part), "{part}: {create}");
    }
    assert!(
        sent[2].body.contains("SetDefaultVersion=7"),
        "{}",
        sent[2].body
    );
}

#[tokio::test]
async fn a_template_that_is_as_wanted_is_left_alone() {
    let script = one_template();
    let changed = ec2(&script)
        .set_default_template("lt-1", &in_subnet("subnet-1"))
        .await
        .unwrap();
    assert!(!changed);
    assert_eq!(operations(&script), ["DescribeLaunchTemplateVersions"]);
}

#[tokio::test]
async fn a_version_that_was_made_before_a_crash_is_asked_for_by_the_same_token() {
    let token = |script: &Script| {
        let body = script.sent()[1].body.clone();
        let token = body
            .split('&')
            .find(|pair| pair.starts_with("ClientToken="));
        token.unwrap().to_owned()
    };
    let (first, second) = (one_template(), one_template());
    for script in [&first, &second] {
        ec2(script)
            .set_default_template("lt-1", &in_subnet("subnet-2"))
            .await
            .unwrap();
    }
    assert_eq!(token(&first), token(&second));
}
