//! An AWS that answers from a script, behind the SDK's HTTP client: what goes over the wire is seen as it
//! is, and answers can be what no simulator would give. Also included by dr-aws's tests.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dr_model::place::Place;

/// One call as it went out.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Name of the operation, whichever way the protocol carries it.
    pub operation: String,
    /// The body, percent-decoded where it is a form.
    pub body: String,
    /// The `authorization` header: key id and credential scope.
    pub authorization: String,
}

/// One answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection broke after the call arrived.
    Lost,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, Vec::new(), body.into())
    }

    /// An error of a restJson1 or awsJson service.
    pub fn error(status: u16, code: &str) -> Self {
        Self::Answer(
            status,
            vec![("x-amzn-errortype", code.to_owned())],
            br#"{"message":"scripted"}"#.to_vec(),
        )
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

type Answers = dyn Fn(&Sent, usize) -> Reply + Send + Sync;

/// A script: answers each call, given how many came before it.
#[derive(Clone)]
pub struct Script {
    answers: Arc<Answers>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    /// Answers by a function of the call and of the number of calls before it.
    pub fn new(answers: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            answers: Arc::new(answers),
            sent: Arc::default(),
        }
    }

    /// What was called, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// A configuration that leads here.
    pub fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIAHOME", "home-secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(self.clone()))
            .build()
    }
}

/// Our own account.
pub fn home() -> Place {
    place("111122223333", "us-east-1")
}

/// Any place.
pub fn place(account: &str, region: &str) -> Place {
    Place {
        account_id: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

impl HttpClient for Script {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = read(&request);
        let reply = {
            let mut all = self.sent.lock().unwrap();
            let before = all.len();
            all.push(sent.clone());
            (self.answers)(&sent, before)
        };
        HttpConnectorFuture::new(async move {
            // Others get their turn, as they do while a real call is out.
            tokio::task::yield_now().await;
            match reply {
                Reply::Lost => Err(ConnectorError::io("the connection broke".into())),
                Reply::Answer(status, headers, body) => {
                    let mut response =
                        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                    for (name, value) in headers {
                        response.headers_mut().insert(name, value);
                    }
                    Ok(response)
                }
            }
        })
    }
}

fn read(request: &HttpRequest) -> Sent {
    let raw = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let body = percent_decoded(&raw);
    let path = request
        .uri()
        .split('?')
        .next()
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    let operation = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.rsplit('.').next())
        .or_else(|| {
            body.split('&')
                .find_map(|pair| pair.strip_prefix("Action="))
        })
        .unwrap_or(path)
        .to_owned();
    Sent {
        operation,
        body,
        authorization: request
            .headers()
            .get("authorization")
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Enough of percent-decoding to read a form in an assertion.
fn percent_decoded(text: &str) -> String {
    text.replace("%3A", ":")
        .replace("%2F", "/")
        .replace("%24", "$")
        .replace("%20", " ")
}
