//! Other accounts over the real SDK: who is assumed, how often, and what is never done.

use std::sync::Arc;

use crate::script::{Reply, Script, Sent, home, place};
use chrono::{DateTime, TimeDelta, Utc};
use dr_aws::{Access, Accounts, Ec2};
use dr_error::clock::{Clock, ManualClock};
use dr_error::{AwsClass, Error};
use futures::future::join_all;

const THERE: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::444455556666:role/dr";

fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

/// Sessions of an hour from noon; the second begins where the first one ends.
fn session(number: usize) -> Reply {
    let expires = noon() + TimeDelta::hours(i64::try_from(number).unwrap());
    Reply::ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{number}</AccessKeyId>\
         <SecretAccessKey>there-secret</SecretAccessKey><SessionToken>there-token</SessionToken>\
         <Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        expires.format("%Y-%m-%dT%H:%M:%SZ")
    ))
}

fn refused(status: u16, code: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>scripted</Message></Error></ErrorResponse>"
    );
    match Reply::ok(body) {
        Reply::Answer(_, headers, body) => Reply::Answer(status, headers, body),
        Reply::Lost => Reply::Lost,
    }
}

/// An STS that checks the external id, and an EC2 with nothing in it.
fn aws() -> Script {
    Script::new(|sent, before| match sent.operation.as_str() {
        "AssumeRole" if sent.body.contains("ExternalId=secret-word") => session(before + 1),
        "AssumeRole" => refused(403, "AccessDenied"),
        "GetCallerIdentity" => Reply::ok(format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{THERE}</Account>\
             <Arn>arn:aws:sts::{THERE}:assumed-role/dr/dr-orchestrator</Arn>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        )),
        _ => Reply::ok("<DescribeInstancesResponse/>"),
    })
}

fn open(script: &Script) -> (Accounts, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(noon()));
    (Accounts::new(script.config(), home(), clock.clone()), clock)
}

fn access(external_id: &str) -> Access {
    Access {
        place: place(THERE, "us-west-2"),
        role_arn: Some(ROLE.into()),
        external_id: Some(external_id.into()),
    }
}

fn assumptions(script: &Script) -> Vec<Sent> {
    let mut sent = script.sent();
    sent.retain(|sent| sent.operation == "AssumeRole");
    sent
}

#[tokio::test]
async fn fifty_at_once_assume_a_role_once() {
    let script = aws();
    let (accounts, _) = open(&script);
    let access = access("secret-word");
    let configs = join_all((0..50).map(|_| accounts.config_for(&access))).await;
    assert!(configs.iter().all(Result::is_ok));
    let sent = assumptions(&script);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].body.contains("RoleSessionName=dr-orchestrator"));
    assert!(sent[0].body.contains(ROLE));
}

#[tokio::test]
async fn a_wrong_external_id_is_denied_and_fifty_at_once_hear_it_once() {
    let script = aws();
    let (accounts, _) = open(&script);
    let wrong = access("wrong-word");
    let answers = join_all((0..50).map(|_| accounts.config_for(&wrong))).await;
    for answer in answers {
        assert_eq!(
            answer.unwrap_err().aws_class(),
            Some(AwsClass::AccessDenied)
        );
    }
    assert_eq!(assumptions(&script).len(), 1);
    // A refusal is not remembered: the role may be mended.
    accounts.config_for(&wrong).await.unwrap_err();
    assert_eq!(assumptions(&script).len(), 2);
    // Nor does it speak for another external id.
    accounts.config_for(&access("secret-word")).await.unwrap();
}

#[tokio::test]
async fn calls_go_out_with_the_credentials_and_to_the_region_of_the_place() {
    let script = aws();
    let (accounts, clock) = open(&script);
    let access = access("secret-word");
    let config = accounts.config_for(&access).await.unwrap();
    let ec2 = Ec2::new(&config, access.place.clone(), clock);
    ec2.candidate_targets().await.unwrap();
    let last = script.sent().pop().unwrap();
    assert!(last.authorization.contains("Credential=ASIA1/"), "{last:?}");
    assert!(last.authorization.contains("/us-west-2/ec2/"), "{last:?}");

    let identity = accounts.caller_identity(&config).await.unwrap();
    assert_eq!(identity.account.as_str(), THERE);
    assert!(identity.arn.ends_with("/dr-orchestrator"));
}

#[tokio::test]
async fn credentials_are_renewed_five_minutes_before_they_expire_and_not_earlier() {
    let script = aws();
    let (accounts, clock) = open(&script);
    let access = access("secret-word");
    let config = accounts.config_for(&access).await.unwrap();
    clock.advance(std::time::Duration::from_secs(54 * 60 + 59));
    accounts.config_for(&access).await.unwrap();
    assert_eq!(assumptions(&script).len(), 1);

    clock.advance(std::time::Duration::from_secs(1));
    // A client made before goes on with the new ones.
    let ec2 = Ec2::new(&config, access.place.clone(), clock);
    ec2.candidate_targets().await.unwrap();
    assert_eq!(assumptions(&script).len(), 2);
    let last = script.sent().pop().unwrap();
    assert!(last.authorization.contains("Credential=ASIA2/"), "{last:?}");
}

#[tokio::test]
async fn while_sts_is_out_of_reach_credentials_that_hold_are_used_on() {
    let script = Script::new(|_, before| match before {
        0 => session(1),
        _ => Reply::Lost,
    });
    let (accounts, clock) = open(&script);
    let access = access("secret-word");
    accounts.config_for(&access).await.unwrap();
    clock.advance(std::time::Duration::from_secs(56 * 60));
    accounts.config_for(&access).await.unwrap();
    clock.advance(std::time::Duration::from_secs(4 * 60));
    let error = accounts.config_for(&access).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Unavailable));
    assert!(clock.now() >= noon() + TimeDelta::hours(1));
}

#[tokio::test]
async fn our_own_account_needs_no_role_and_another_one_is_never_reached_without_its_own() {
    let script = aws();
    let (accounts, _) = open(&script);
    let own = Access {
        place: place(home().account_id.as_str(), "eu-west-1"),
        role_arn: None,
        external_id: None,
    };
    let config = accounts.config_for(&own).await.unwrap();
    assert_eq!(config.region().unwrap().as_ref(), "eu-west-1");
    for access in [
        Access {
            role_arn: None,
            ..access("secret-word")
        },
        Access {
            place: place("777788889999", "us-west-2"),
            ..access("secret-word")
        },
        Access {
            role_arn: Some("dr".into()),
            ..access("secret-word")
        },
    ] {
        let error = accounts.config_for(&access).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_throttled_sts_is_asked_again() {
    let script = Script::new(|_, before| match before {
        0 => refused(400, "Throttling").with("Retry-After", "20"),
        _ => session(1),
    });
    let (accounts, clock) = open(&script);
    accounts.config_for(&access("secret-word")).await.unwrap();
    assert!(clock.now() >= noon() + TimeDelta::seconds(20));
}

#[tokio::test]
async fn nothing_that_is_logged_shows_credentials() {
    let script = aws();
    let (accounts, _) = open(&script);
    let config = accounts.config_for(&access("secret-word")).await.unwrap();
    let shown = format!(
        "{accounts:?} {config:?} {:?}",
        config.credentials_provider()
    );
    for secret in [
        "there-secret",
        "there-token",
        "home-secret",
        "ASIA1",
        "secret-word",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_shown() {
    let script = Script::new(|_, _| {
        Reply::ok(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
             <SecretAccessKey>there-secret</SecretAccessKey><SessionToken>there-token</SessionToken>\
             <Expiration>tomorrow</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        )
    });
    let (accounts, _) = open(&script);
    let error = accounts
        .config_for(&access("secret-word"))
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Unavailable));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("there-secret"), "{shown}");
    assert!(shown.contains("withheld"), "{shown}");
}
