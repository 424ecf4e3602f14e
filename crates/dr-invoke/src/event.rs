//! Which door an event came through, and which operation it asks for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dr_api::{HandlerName, Method, Operation};
use dr_error::FieldProblem;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use serde_json::{Map, Value};

use crate::caller::Caller;

/// A call of an operation, by either door.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked for.
    pub operation: Operation,
    /// By whom.
    pub caller: Caller,
    /// Path, query and body fields in one.
    pub fields: Map<String, Value>,
    /// Fields that came as text, from the query string: they are read by the type that the request gives them.
    pub texts: Vec<String>,
    /// Status of a successful answer.
    pub success: u16,
}

/// What is not a call of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Background {
    /// A task of a state machine.
    Task(Value),
    /// An event of EventBridge.
    Event(Value),
}

/// A request that cannot even be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: &'static str,
    /// For a person.
    pub message: String,
    /// Fields that are wrong.
    pub problems: Vec<FieldProblem>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            problems: Vec::new(),
        }
    }

    fn field(field: &str, expected: impl Into<String>) -> Self {
        Self {
            problems: vec![FieldProblem::new(field, expected)],
            ..Self::new(
                400,
                "VALIDATION_FAILED",
                format!("The field {field} is wrong"),
            )
        }
    }
}

/// Where an event came in.
#[derive(Debug)]
pub enum Door {
    /// API Gateway.
    Api(Result<Call, Refusal>),
    /// Direct invocation.
    Direct(Result<Call, Refusal>),
    /// Neither: our own machinery.
    Background(Background),
}

/// Reads an event meant for `handler`.
#[must_use]
pub fn open(handler: HandlerName, event: Value) -> Door {
    if event.get("httpMethod").is_some() {
        return Door::Api(api_call(handler, event));
    }
    if event.get("task").is_some() {
        return Door::Background(Background::Task(event));
    }
    if event.get("detail-type").is_some() {
        return Door::Background(Background::Event(event));
    }
    Door::Direct(direct_call(handler, event))
}

fn api_call(handler: HandlerName, event: Value) -> Result<Call, Refusal> {
    let claims = event
        .pointer("/requestContext/authorizer/claims")
        .cloned()
        .unwrap_or_default();
    let request: ApiGatewayProxyRequest = serde_json::from_value(event).map_err(|error| {
        Refusal::new(
            400,
            "MALFORMED_EVENT",
            format!("Not an API Gateway proxy event: {error}"),
        )
    })?;
    let template = request.resource.as_deref().unwrap_or_default();
    let (operation, route) = Operation::routed(request.http_method.as_str(), template)
        .filter(|(operation, _)| operation.handler() == handler)
        .ok_or_else(|| {
            Refusal::new(
                404,
                "NO_SUCH_ROUTE",
                format!("There is no {} {template} here", request.http_method),
            )
        })?;
    let caller = Caller::from_claims(&claims).ok_or_else(|| {
        Refusal::new(
            401,
            "UNAUTHENTICATED",
            "Sign in and send the token as `Authorization: Bearer ...`",
        )
    })?;

    let mut fields = body_fields(&request, route.method)?;
    let mut texts = Vec::new();
    for (name, value) in &request.path_parameters {
        if fields
            .insert(name.clone(), Value::String(value.clone()))
            .is_some()
        {
            return Err(Refusal::field(
                name,
                "only in the path, not in the body as well",
            ));
        }
    }
    let query: Vec<(&str, Vec<&str>)> = query_fields(&request);
    for (name, values) in query {
        let [value] = values.as_slice() else {
            return Err(Refusal::field(name, "at most one value"));
        };
        if route.method != Method::Get {
            return Err(Refusal::field(
                name,
                "no query parameters: fields go into the body",
            ));
        }
        if fields
            .insert(name.to_owned(), Value::String((*value).to_owned()))
            .is_some()
        {
            return Err(Refusal::field(
                name,
                "only in the path, not in the query string as well",
            ));
        }
        texts.push(name.to_owned());
    }
    Ok(Call {
        operation,
        caller,
        fields,
        texts,
        success: route.success,
    })
}

fn query_fields(request: &ApiGatewayProxyRequest) -> Vec<(&str, Vec<&str>)> {
    let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
    let all = if request.multi_value_query_string_parameters.is_empty() {
        &request.query_string_parameters
    } else {
        &request.multi_value_query_string_parameters
    };
    for (name, value) in all.iter() {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => fields.push((name, vec![value])),
        }
    }
    fields
}

fn body_fields(
    request: &ApiGatewayProxyRequest,
    method: Method,
) -> Result<Map<String, Value>, Refusal> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.is_empty() {
        return Ok(Map::new());
    }
    if method == Method::Get {
        return Err(Refusal::field("body", "no body with GET"));
    }
    let is_json = request
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let kind = value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase();
            kind == "application/json"
                || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
    if !is_json {
        return Err(Refusal::new(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the body as JSON with `Content-Type: application/json`",
        ));
    }
    let bytes = if request.is_base64_encoded {
        STANDARD
            .decode(body)
            .map_err(|_| Refusal::new(400, "MALFORMED_JSON", "The body is not valid base64"))?
    } else {
        body.as_bytes().to_vec()
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::field("body", "a JSON object")),
        Err(error) => Err(Refusal::new(
            400,
            "MALFORMED_JSON",
            format!("The body is not JSON: {error}"),
        )),
    }
}

fn direct_call(handler: HandlerName, event: Value) -> Result<Call, Refusal> {
    let Value::Object(mut event) = event else {
        return Err(Refusal::field(
            "event",
            "an object with `operation` and `body`",
        ));
    };
    let names = || {
        let names: Vec<_> = Operation::ALL
            .iter()
            .filter(|operation| operation.handler() == handler)
            .map(|operation| operation.name())
            .collect();
        format!("one of: {}", names.join(", "))
    };
    let operation = match event.remove("operation") {
        Some(Value::String(name)) => Operation::named(&name).ok_or_else(|| Refusal {
            code: "UNKNOWN_OPERATION",
            ..Refusal::field("operation", names())
        })?,
        _ => return Err(Refusal::field("operation", names())),
    };
    if operation.handler() != handler {
        return Err(Refusal {
            code: "UNKNOWN_OPERATION",
            ..Refusal::field(
                "operation",
                format!(
                    "{}; {} is served by the {} function",
                    names(),
                    operation.name(),
                    operation.handler().as_str()
                ),
            )
        });
    }
    let fields = match event.remove("body") {
        Some(Value::Object(fields)) => fields,
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err(Refusal::field("body", "a JSON object")),
    };
    if let Some(name) = event.keys().next() {
        return Err(Refusal::field(
            name,
            "nothing beside `operation` and `body`",
        ));
    }
    let success = operation
        .routes()
        .first()
        .map_or(200, |route| route.success);
    Ok(Call {
        operation,
        caller: Caller::Iam,
        fields,
        texts: Vec::new(),
        success,
    })
}

#[cfg(test)]
mod tests {
    use dr_api::{HandlerName, Operation};
    use serde_json::json;

    use super::{Background, Door, open};

    #[test]
    fn each_event_finds_its_door() {
        let background = open(HandlerName::Execution, json!({ "task": "poll" }));
        assert!(matches!(background, Door::Background(Background::Task(_))));
        let event = open(
            HandlerName::Execution,
            json!({ "source": "aws.drs", "detail-type": "x" }),
        );
        assert!(matches!(event, Door::Background(Background::Event(_))));
        let Door::Direct(Ok(call)) = open(
            HandlerName::Query,
            json!({ "operation": "get_quotas", "body": {} }),
        ) else {
            panic!("not direct")
        };
        assert_eq!(call.operation, Operation::GetQuotas);
    }

    #[test]
    fn a_direct_call_of_another_functions_operation_names_that_function() {
        let Door::Direct(Err(refusal)) = open(
            HandlerName::Query,
            json!({ "operation": "start_execution" }),
        ) else {
            panic!("not refused")
        };
        assert!(
            refusal.problems[0].expected.contains("execution function"),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_stray_field_beside_the_body_is_refused() {
        let event = json!({ "operation": "get_quotas", "account_id": "111122223333" });
        let Door::Direct(Err(refusal)) = open(HandlerName::Query, event) else {
            panic!("not refused")
        };
        assert_eq!(refusal.problems[0].field, "account_id");
    }
}
