//! Systems Manager's types into ours.

use aws_sdk_ssm::types as sdk;
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};
use dr_model::server::Platform;

use super::{Invocation, ManagedInstance, SentCommand};

/// What stands where Systems Manager should have said something and did not.
const UNSAID: &str = "Unknown";
/// How much of a text is kept: enough for the end of an installer's log.
const TAIL_CHARS: usize = 2_000;
/// What the agent writes between a step's output and its errors.
const ERRORS_BELOW: &str = "----------ERROR-------";
/// States in which nothing more happens to a command on an instance.
const OVER: [&str; 4] = ["Success", "Cancelled", "TimedOut", "Failed"];

/// A managed instance. `None`, logged, where it has no id.
pub(crate) fn managed(info: &sdk::InstanceInformation) -> Option<ManagedInstance> {
    let ping_status = info
        .ping_status()
        .map_or(UNSAID, |status| status.as_str())
        .to_owned();
    let id = identified("managed instance", info.instance_id())?;
    Some(ManagedInstance {
        is_online: info.ping_status() == Some(&sdk::PingStatus::Online),
        ping_status,
        platform: match info.platform_type() {
            Some(sdk::PlatformType::Linux) => Some(Platform::Linux),
            Some(sdk::PlatformType::Windows) => Some(Platform::Windows),
            _ => None,
        },
        platform_name: filled(info.platform_name()),
        agent_version: filled(info.agent_version()),
        computer_name: filled(info.computer_name()),
        ip_address: filled(info.ip_address()),
        is_on_premises: info.resource_type() == Some(&sdk::ResourceType::ManagedInstance)
            || id.starts_with("mi-"),
        last_ping_at: time(info.last_ping_date_time()),
        id,
    })
}

/// A command that was sent. `None`, logged, where it has no id.
pub(crate) fn sent(command: &sdk::Command) -> Option<SentCommand> {
    Some(SentCommand {
        id: identified("command", command.command_id())?,
        document: command.document_name().unwrap_or_default().to_owned(),
        comment: command.comment().unwrap_or_default().to_owned(),
        requested_at: time(command.requested_date_time()),
        instance_ids: command.instance_ids().to_vec(),
    })
}

/// What became of a command on an instance. `None`, logged, where it names no instance.
pub(crate) fn invocation(invocation: &sdk::CommandInvocation) -> Option<Invocation> {
    let instance_id = identified("invocation", invocation.instance_id())?;
    let status = invocation
        .status()
        .map_or(UNSAID, |status| status.as_str())
        .to_owned();
    let steps = invocation.command_plugins();
    let is_over = OVER.contains(&status.as_str());
    let (output, error) = written(steps);
    Some(Invocation {
        instance_id,
        succeeded: status == "Success",
        is_over,
        status_details: filled(invocation.status_details()).unwrap_or_else(|| status.clone()),
        status,
        output,
        error,
        response_code: telling(steps)
            .filter(|step| step.response_finish_date_time().is_some())
            .map(sdk::CommandPlugin::response_code),
        started_at: steps
            .iter()
            .filter_map(|step| time(step.response_start_date_time()))
            .min(),
        ended_at: steps
            .iter()
            .filter_map(|step| time(step.response_finish_date_time()))
            .max()
            .filter(|_| is_over),
    })
}

/// The step that tells most: the first that failed, otherwise the last that began.
pub(crate) fn telling(steps: &[sdk::CommandPlugin]) -> Option<&sdk::CommandPlugin> {
    let began = |step: &&sdk::CommandPlugin| step.response_start_date_time().is_some();
    steps
        .iter()
        .filter(began)
        .find(|step| failed(step))
        .or_else(|| steps.iter().rfind(began))
}

fn failed(step: &sdk::CommandPlugin) -> bool {
    matches!(
        step.status(),
        Some(
            sdk::CommandPluginStatus::Failed
                | sdk::CommandPluginStatus::TimedOut
                | sdk::CommandPluginStatus::Cancelled
        )
    )
}

/// Output and errors. Of a command that failed, those of the step that did: what comes after it only says that
/// it was skipped.
fn written(steps: &[sdk::CommandPlugin]) -> (String, String) {
    let shown = match telling(steps).filter(|step| failed(step)) {
        Some(step) => std::slice::from_ref(step),
        None => steps,
    };
    let (mut outputs, mut errors) = (Vec::new(), Vec::new());
    for step in shown {
        let text = step.output().unwrap_or_default();
        let (output, error) = text.split_once(ERRORS_BELOW).unwrap_or((text, ""));
        outputs.extend(filled(Some(output.trim())));
        errors.extend(filled(Some(error.trim())));
    }
    (tail(&outputs.join("\n")), tail(&errors.join("\n")))
}

/// The end of a text: what went wrong stands there.
pub(crate) fn tail(text: &str) -> String {
    let text = text.trim_end();
    let skip = text.chars().count().saturating_sub(TAIL_CHARS);
    text.chars().skip(skip).collect()
}

fn identified(kind: &str, id: Option<&str>) -> Option<String> {
    let id = filled(id);
    if id.is_none() {
        tracing::warn!(kind, "left out: it has no id");
    }
    id
}

fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

fn time(at: Option<&SdkTime>) -> Option<DateTime<Utc>> {
    at.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::{invocation, tail, telling};
    use aws_sdk_ssm::types as sdk;
    use aws_smithy_types::DateTime as SdkTime;

    fn step(
        name: &str,
        status: sdk::CommandPluginStatus,
        code: i32,
        output: &str,
    ) -> sdk::CommandPlugin {
        sdk::CommandPlugin::builder()
            .name(name)
            .status(status)
            .response_code(code)
            .response_start_date_time(SdkTime::from_secs(100))
            .response_finish_date_time(SdkTime::from_secs(160))
            .output(output)
            .build()
    }

    fn ran(
        status: sdk::CommandInvocationStatus,
        steps: Vec<sdk::CommandPlugin>,
    ) -> sdk::CommandInvocation {
        sdk::CommandInvocation::builder()
            .instance_id("i-0123456789abcdef0")
            .status(status)
            .set_command_plugins(Some(steps))
            .build()
    }

    #[test]
    fn the_step_that_failed_speaks_for_the_invocation() {
        let steps = vec![
            step("download", sdk::CommandPluginStatus::Success, 0, "fetched"),
            step(
                "install",
                sdk::CommandPluginStatus::Failed,
                4,
                "unpacking\n----------ERROR-------\nno space left",
            ),
            step(
                "verify",
                sdk::CommandPluginStatus::Success,
                0,
                "Step skipped",
            ),
        ];
        let seen = invocation(&ran(sdk::CommandInvocationStatus::Failed, steps)).unwrap();
        assert_eq!(
            (
                seen.output.as_str(),
                seen.error.as_str(),
                seen.response_code
            ),
            ("unpacking", "no space left", Some(4))
        );
        assert!(seen.is_over && !seen.succeeded);
        assert_eq!(seen.ended_at.unwrap().timestamp(), 160);
        assert_eq!(seen.status_details, "Failed");
    }

    #[test]
    fn a_success_shows_what_all_its_steps_wrote() {
        let steps = vec![
            step("a", sdk::CommandPluginStatus::Success, 0, "one\n"),
            step("b", sdk::CommandPluginStatus::Success, 0, "two"),
        ];
        let seen = invocation(&ran(sdk::CommandInvocationStatus::Success, steps)).unwrap();
        assert_eq!(
            (seen.output.as_str(), seen.error.as_str()),
            ("one\ntwo", "")
        );
        assert!(seen.is_over && seen.succeeded);
    }

    #[test]
    fn what_has_not_begun_has_no_exit_code_and_a_word_that_nobody_knows_is_not_the_end() {
        let waiting = sdk::CommandPlugin::builder().response_code(-1).build();
        assert_eq!(telling(std::slice::from_ref(&waiting)), None);
        for word in ["Pending", "Delayed", "Cancelling", "Pondering"] {
            let seen = invocation(&ran(word.into(), vec![waiting.clone()])).unwrap();
            assert!(!seen.is_over && !seen.succeeded, "{word}");
            assert_eq!((seen.response_code, seen.ended_at), (None, None));
        }
    }

    #[test]
    fn a_cancelled_command_is_over_and_did_not_succeed() {
        let seen = invocation(&ran(sdk::CommandInvocationStatus::Cancelled, Vec::new())).unwrap();
        assert!(seen.is_over && !seen.succeeded, "{seen:?}");
    }

    #[test]
    fn a_long_text_is_cut_from_its_beginning_between_characters() {
        let text = format!("{}ü", "x".repeat(3_000));
        let kept = tail(&text);
        assert_eq!(kept.chars().count(), 2_000);
        assert!(kept.ends_with('ü'));
    }
}
