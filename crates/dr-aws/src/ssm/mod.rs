//! Systems Manager: managed instances, and commands that run on them.

mod convert;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ssm::types as sdk;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use dr_error::sdk::{Caller, once_only};
use dr_error::{Clock, Error, FieldProblem, Result};
use dr_model::place::Place;
use dr_model::server::Platform;

/// The most that each of the listings here gives per page (service model).
const PAGE: i32 = 50;
/// Ids per filter: a filter takes 100 values, but no more than a page comes back at once.
const IDS_PER_CALL: usize = 50;
/// Instances per command (service model, `SendCommand`).
const INSTANCES_PER_COMMAND: usize = 50;
/// Longest comment, in characters (the same).
const COMMENT_CHARS: usize = 100;
/// Seconds that a command may wait for its delivery (the same).
const TIMEOUT_SECONDS: RangeInclusive<u32> = 30..=2_592_000;

/// A machine whose Systems Manager agent has reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedInstance {
    /// `i-...` in EC2, `mi-...` on premises.
    pub id: String,
    /// `Online`, `ConnectionLost`, `Inactive`, or a word that we do not know.
    pub ping_status: String,
    /// Whether a command would reach it now.
    pub is_online: bool,
    /// Operating system family; `None` for what DRS cannot protect, and where the agent does not say.
    pub platform: Option<Platform>,
    /// Operating system, such as `Amazon Linux`.
    pub platform_name: Option<String>,
    /// Version of the Systems Manager agent.
    pub agent_version: Option<String>,
    /// Host name.
    pub computer_name: Option<String>,
    /// Its address.
    pub ip_address: Option<String>,
    /// Registered by an activation; it is no EC2 instance.
    pub is_on_premises: bool,
    /// When the agent was last heard of.
    pub last_ping_at: Option<DateTime<Utc>>,
}

/// A command to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Name or ARN of the document.
    pub document: String,
    /// Whom it is for; 1 to 50.
    pub instance_ids: Vec<String>,
    /// Parameters of the document.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// 1 to 100 characters that no other command has: by it a command is found whose answer was lost.
    pub comment: String,
    /// How long it may wait for its delivery; 30 s to 30 days.
    pub timeout_seconds: u32,
}

/// A command that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCommand {
    /// Its id.
    pub id: String,
    /// Document.
    pub document: String,
    /// Comment; empty where it has none.
    pub comment: String,
    /// When it was sent.
    pub requested_at: Option<DateTime<Utc>>,
    /// Whom it was for.
    pub instance_ids: Vec<String>,
}

/// What became of a command on one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The instance.
    pub instance_id: String,
    /// `Pending`, `InProgress`, `Delayed`, `Success`, `Cancelled`, `TimedOut`, `Failed`, `Cancelling`, or a word
    /// that we do not know.
    pub status: String,
    /// More exactly, such as `Undeliverable` or `ExecutionTimedOut`.
    pub status_details: String,
    /// Nothing more will happen.
    pub is_over: bool,
    /// Over, and well.
    pub succeeded: bool,
    /// The last 2,000 characters of what it wrote.
    pub output: String,
    /// The last 2,000 characters of its errors.
    pub error: String,
    /// Exit code of the step that failed, otherwise of the last one; `None` before a step has ended.
    pub response_code: Option<i32>,
    /// When its first step began.
    pub started_at: Option<DateTime<Utc>>,
    /// When its last step ended; `None` while it is not over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Systems Manager in one account and region.
#[derive(Debug, Clone)]
pub struct Ssm {
    client: aws_sdk_ssm::Client,
    caller: Caller,
}

impl Ssm {
    /// Systems Manager in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_ssm::Client::new(&once_only(config)),
            caller: Caller {
                service: "ssm",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// Managed instances by id, or all where no ids are given; an id that is not managed is absent.
    /// IAM: `ssm:DescribeInstanceInformation`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn managed_instances(&self, ids: &[String]) -> Result<Vec<ManagedInstance>> {
        let found = if ids.is_empty() {
            self.information(None).await?
        } else {
            let mut found = Vec::with_capacity(ids.len());
            for ids in ids.chunks(IDS_PER_CALL) {
                let filter = sdk::InstanceInformationStringFilter::builder()
                    .key("InstanceIds")
                    .set_values(Some(ids.to_vec()))
                    .build()
                    .map_err(Error::internal)?;
                found.append(&mut self.information(Some(vec![filter])).await?);
            }
            found
        };
        Ok(found.iter().filter_map(convert::managed).collect())
    }

    async fn information(
        &self,
        filters: Option<Vec<sdk::InstanceInformationStringFilter>>,
    ) -> Result<Vec<sdk::InstanceInformation>> {
        self.caller
            .pages("DescribeInstanceInformation", |token| {
                let call = self
                    .client
                    .describe_instance_information()
                    .set_filters(filters.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.instance_information_list.unwrap_or_default(),
                        page.next_token,
                    ))
                }
            })
            .await
    }

    /// Sends a command and answers its id. **Sent once, whatever happens**: there is no client token, so after an
    /// error of class `Unavailable` look for its comment in [`Ssm::commands_since`] before trying again.
    /// IAM: `ssm:SendCommand` on the document and on the instances.
    ///
    /// # Errors
    /// `Error::Invalid` for what Systems Manager would not take; `Error::Aws`, with the code `InvalidInstanceId`
    /// where one of the instances is not managed: none gets the command then. `Error::Corrupt` where the command
    /// was accepted but has no id.
    pub async fn send_command(&self, command: &Command) -> Result<String> {
        check(command)?;
        let parameters = command.parameters.clone().into_iter().collect();
        let timeout = i32::try_from(command.timeout_seconds).map_err(Error::internal)?;
        let call = self
            .client
            .send_command()
            .document_name(&command.document)
            .set_instance_ids(Some(command.instance_ids.clone()))
            .set_parameters(Some(parameters))
            .comment(&command.comment)
            .timeout_seconds(timeout)
            .send();
        let answer = self.caller.once("SendCommand", call).await?;
        answer
            .command
            .and_then(|command| command.command_id)
            .ok_or_else(|| Error::Corrupt {
                kind: "command",
                detail: format!("{:?} was accepted, but without an id", command.comment),
            })
    }

    /// Commands sent since a time, those of other people too, and perhaps some of the second before: whether
    /// Systems Manager counts the time itself in is not documented. It keeps commands for 30 days.
    /// IAM: `ssm:ListCommands`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn commands_since(&self, from: DateTime<Utc>) -> Result<Vec<SentCommand>> {
        // Whole seconds, cut, so that a search from it never misses what came after.
        let from = (from - TimeDelta::seconds(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let filter = sdk::CommandFilter::builder()
            .key(sdk::CommandFilterKey::InvokedAfter)
            .value(from)
            .build()
            .map_err(Error::internal)?;
        let commands = self
            .caller
            .pages("ListCommands", |token| {
                let call = self
                    .client
                    .list_commands()
                    .filters(filter.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.commands.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        Ok(commands.iter().filter_map(convert::sent).collect())
    }

    /// What became of a command, instance by instance. Empty right after it was sent: Systems Manager shows
    /// invocations a moment later. IAM: `ssm:ListCommandInvocations`, `ssm:GetCommandInvocation`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn invocations(&self, command_id: &str) -> Result<Vec<Invocation>> {
        let found = self
            .caller
            .pages("ListCommandInvocations", |token| {
                let call = self
                    .client
                    .list_command_invocations()
                    .command_id(command_id)
                    .details(true)
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.command_invocations.unwrap_or_default(),
                        page.next_token,
                    ))
                }
            })
            .await?;
        let mut invocations = Vec::with_capacity(found.len());
        for one in &found {
            let Some(mut invocation) = convert::invocation(one) else {
                continue;
            };
            if invocation.is_over && !invocation.succeeded && invocation.error.is_empty() {
                invocation.error = self.error_of(command_id, one).await;
            }
            invocations.push(invocation);
        }
        Ok(invocations)
    }

    /// What the failed step of an invocation wrote as errors. The listing holds the beginning of what a step
    /// wrote, which may not reach the errors. Empty, and logged, where it cannot be read: the status of the
    /// invocation is known all the same.
    async fn error_of(&self, command_id: &str, invocation: &sdk::CommandInvocation) -> String {
        // Never delivered, or stopped before its first step: nothing was written.
        let Some(step) = convert::telling(invocation.command_plugins()) else {
            return String::new();
        };
        let answer = self
            .caller
            .send("GetCommandInvocation", || {
                self.client
                    .get_command_invocation()
                    .command_id(command_id)
                    .set_instance_id(invocation.instance_id.clone())
                    .set_plugin_name(step.name.clone())
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => convert::tail(answer.standard_error_content().unwrap_or_default()),
            Err(error) => {
                tracing::warn!(%error, command_id, "errors of a command not readable");
                String::new()
            }
        }
    }
}

/// All that is wrong with a command, before it is sent.
fn check(command: &Command) -> Result<()> {
    let instances = command.instance_ids.len();
    let comment = command.comment.chars().count();
    let timeout = command.timeout_seconds;
    let rules = [
        (
            (1..=INSTANCES_PER_COMMAND).contains(&instances),
            FieldProblem::new("instance_ids", "1 to 50 instance ids").got(instances),
        ),
        (
            (1..=COMMENT_CHARS).contains(&comment),
            FieldProblem::new("comment", "1 to 100 characters").got(&command.comment),
        ),
        (
            TIMEOUT_SECONDS.contains(&timeout),
            FieldProblem::new("timeout_seconds", "30 to 2592000 seconds").got(timeout),
        ),
    ];
    let problems: Vec<_> = rules
        .into_iter()
        .filter(|(kept, _)| !kept)
        .map(|(_, problem)| problem)
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(problems))
    }
}
