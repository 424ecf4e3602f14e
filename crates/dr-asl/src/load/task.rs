//! Task states: `lambda:invoke`, alone or with `.waitForTaskToken`.

use super::flow::Edge;
use super::recovery;
use super::state::{input_source, next, refuse_token, result};
use crate::definition::{Seconds, Task};
use crate::limits::MAX_SECONDS;
use crate::problem::{Fields, Located};
use crate::template::Template;

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

pub(super) fn read(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Option<Task> {
    let resource = fields.required_text("Resource");
    let callback = match resource {
        Some(INVOKE) => Some(false),
        Some(INVOKE_AND_WAIT) => Some(true),
        Some(other) => {
            fields.problem(
                "Resource",
                format!("the resource \"{other}\" is not supported"),
            );
            None
        }
        None => None,
    };
    let parameters = parameters(fields, callback);
    let timeout = seconds(fields, "TimeoutSeconds");
    let heartbeat = seconds(fields, "HeartbeatSeconds");
    if heartbeat.is_some() && callback == Some(false) {
        fields.problem(
            "HeartbeatSeconds",
            "without a task token nobody can send a heartbeat",
        );
    }
    if let (Some(Seconds::Fixed(heartbeat)), Some(Seconds::Fixed(timeout))) = (&heartbeat, &timeout)
        && heartbeat >= timeout
    {
        fields.problem("HeartbeatSeconds", "must be smaller than TimeoutSeconds");
    }
    let result = result(fields);
    let recovery = recovery::read(fields, edges);
    let next = next(fields, edges);
    Some(Task {
        callback: callback?,
        parameters: parameters?,
        timeout,
        heartbeat,
        result: result?,
        recovery,
        next: next?,
    })
}

fn parameters(fields: &mut Fields<'_>, callback: Option<bool>) -> Option<Template> {
    let at = fields.required("Parameters")?;
    let mut inner = Fields::open(&at, fields.report)?;
    if !inner.has("FunctionName") && !inner.has("FunctionName.$") {
        inner
            .report
            .add(&at.pointer, "the field \"FunctionName\" is missing");
    }
    let _ = inner.take("FunctionName.$");
    for field in ["Payload", "Payload.$"] {
        let _ = inner.take(field);
    }
    if let Some(name) = inner.text("FunctionName")
        && (name.is_empty() || name.contains("${"))
    {
        inner.problem(
            "FunctionName",
            "must be a function name with every ${...} resolved",
        );
    }
    inner.finish();
    let template = Template::parse(
        &Located {
            value: at.value,
            pointer: at.pointer.clone(),
        },
        fields.report,
    );
    if callback == Some(false) {
        refuse_token(fields, &template, &at.pointer);
    }
    Some(template)
}

/// `<field>` or `<field>Path`.
fn seconds(fields: &mut Fields<'_>, field: &str) -> Option<Seconds> {
    let path_field = format!("{field}Path");
    if fields.has(field) && fields.has(&path_field) {
        fields.problem(
            &path_field,
            format!("{field} and {path_field} exclude each other"),
        );
    }
    let path = input_source(fields, &path_field).map(Seconds::Path);
    fields
        .integer(field, 1..=MAX_SECONDS)
        .map(Seconds::Fixed)
        .or(path)
}
