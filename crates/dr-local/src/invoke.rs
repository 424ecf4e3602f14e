//! Lambda's Invoke API, so that `lambda.invoke` of boto3 and the AWS CLI reaches the functions.
//!
//! In AWS, IAM decides who may invoke. Here the `Authorization` header must be one of Signature
//! Version 4 with a known access key id; the signature itself is not verified. The door is open on
//! loopback alone, and whoever can read the key id from the terminal could read a secret there too.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use dr_error::IdSource;
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use crate::driver::{Driver, crashed};
use crate::function::{Failure, Function, Handlers};

/// Lambda's quota for a synchronous invocation: 6 MB.
const LARGEST: usize = 6 * 1024 * 1024;
/// Lambda's quota for an asynchronous invocation: 1 MB.
const LARGEST_EVENT: usize = 1024 * 1024;

/// What the endpoint stands on.
#[derive(Clone)]
pub struct InvokeEndpoint {
    /// The functions.
    pub handlers: Arc<dyn Handlers>,
    /// Takes asynchronous invocations.
    pub driver: Driver,
    /// Request ids.
    pub ids: Arc<dyn IdSource>,
    /// The access key ids that are let in.
    pub keys: Arc<[String]>,
    /// The environment in the functions' names.
    pub environment: String,
    /// Notified after each call.
    pub changed: Arc<tokio::sync::Notify>,
}

/// An error in Lambda's own words.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

fn refused(status: u16, code: &'static str, message: impl Into<String>) -> Refused {
    Refused {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        code,
        message: message.into(),
    }
}

impl InvokeEndpoint {
    /// `POST /2015-03-31/functions/{FunctionName}/invocations`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .layer(DefaultBodyLimit::disable())
            .with_state(self)
    }

    async fn serve(
        &self,
        name: &str,
        request: Request,
        request_id: &str,
    ) -> Result<Response, Refused> {
        let (parts, body) = request.into_parts();
        self.check_key(&parts.headers)?;
        let function = Function::named(name, &self.environment).ok_or_else(|| {
            let message = format!("Function not found: {name}");
            refused(404, "ResourceNotFoundException", message)
        })?;
        let kind = parts
            .headers
            .get("x-amz-invocation-type")
            .map_or("RequestResponse", |kind| kind.to_str().unwrap_or_default());
        let largest = if kind == "Event" {
            LARGEST_EVENT
        } else {
            LARGEST
        };
        let body = Limited::new(body, largest).collect().await.map_err(|_| {
            let message = format!("Request must be smaller than {largest} bytes");
            refused(413, "RequestTooLargeException", message)
        })?;
        let event = payload(&body.to_bytes())?;
        match kind {
            "RequestResponse" => Ok(self.invoke(function, event, request_id).await),
            "Event" => {
                let now = self.driver.now();
                self.driver
                    .inbox()
                    .put(function, event, now)
                    .map_err(|error| {
                        tracing::error!(error = &error as &dyn std::error::Error, "inbox");
                        refused(500, "ServiceException", "The event could not be stored")
                    })?;
                Ok(answer(StatusCode::ACCEPTED, Vec::new()))
            }
            "DryRun" => Ok(answer(StatusCode::NO_CONTENT, Vec::new())),
            other => Err(refused(
                400,
                "InvalidParameterValueException",
                format!("InvocationType is {other}, not RequestResponse, Event or DryRun"),
            )),
        }
    }

    async fn invoke(&self, function: Function, event: Value, request_id: &str) -> Response {
        let handlers = Arc::clone(&self.handlers);
        let id = request_id.to_owned();
        // A task of its own: it goes on when the caller goes away, as in AWS.
        let running = tokio::spawn(async move { handlers.invoke(function, event, id).await });
        let result = running.await.unwrap_or_else(|_| Err(crashed(function)));
        match result {
            Ok(payload) => answer(StatusCode::OK, payload.to_string().into_bytes()),
            Err(failure) => {
                let mut response = answer(StatusCode::OK, function_error(&failure));
                let unhandled = HeaderValue::from_static("Unhandled");
                let name = HeaderName::from_static("x-amz-function-error");
                response.headers_mut().insert(name, unhandled);
                response
            }
        }
    }

    fn check_key(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let missing = || {
            let message = "Missing Authentication Token";
            refused(403, "MissingAuthenticationTokenException", message)
        };
        let header = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let key = header
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("AWS4-HMAC-SHA256 "))
            .and_then(|text| text.split("Credential=").nth(1)?.split('/').next())
            .ok_or_else(missing)?;
        if self.keys.iter().any(|known| known == key) {
            return Ok(());
        }
        let message = "The security token included in the request is invalid.";
        Err(refused(403, "UnrecognizedClientException", message))
    }
}

async fn invoke(
    State(endpoint): State<InvokeEndpoint>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let request_id = endpoint.ids.uuid().to_string();
    let mut response = endpoint
        .serve(&name, request, &request_id)
        .await
        .unwrap_or_else(Refused::response);
    endpoint.changed.notify_one();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        let name = HeaderName::from_static("x-amzn-requestid");
        response.headers_mut().insert(name, id);
    }
    response
}

/// No payload at all is an empty object, as Lambda has it.
fn payload(body: &Bytes) -> Result<Value, Refused> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("Could not parse request body into json: {error}");
        refused(400, "InvalidRequestContentException", message)
    })
}

fn function_error(failure: &Failure) -> Vec<u8> {
    failure.payload().to_string().into_bytes()
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    if status == StatusCode::OK {
        let latest = HeaderValue::from_static("$LATEST");
        headers.insert(HeaderName::from_static("x-amz-executed-version"), latest);
    }
    response
}

impl Refused {
    fn response(self) -> Response {
        let kind = if self.status.is_server_error() {
            "Service"
        } else {
            "User"
        };
        let body = json!({"Type": kind, "Message": self.message, "message": self.message});
        let mut response = answer(self.status, body.to_string().into_bytes());
        let code = HeaderValue::from_static(self.code);
        let name = HeaderName::from_static("x-amzn-errortype");
        response.headers_mut().insert(name, code);
        response
    }
}
