//! The door in process: an HTTP client for the AWS SDKs that never opens a socket.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::dispatch::Delivered;
use crate::request::Incoming;
use crate::service::Answer;
use crate::sim::Sim;

#[derive(Debug, Clone)]
struct Door {
    sim: Sim,
}

impl Sim {
    /// An HTTP client for the AWS SDKs. The credential scope in `authorization` decides service
    /// and region, the access key id decides the caller: `AKIAHOME...` the home account,
    /// `AKIA` + account id that account's root, session keys what `AssumeRole` handed out.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Door { sim: self.clone() })
    }
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sim = self.sim.clone();
        HttpConnectorFuture::new(async move {
            let incoming = read(request).await?;
            match sim.deliver(&incoming).await {
                Delivered::Answer(answer) => write(answer),
                Delivered::Silence => Err(ConnectorError::timeout(
                    "simulated: no answer came in time".into(),
                )),
                Delivered::Lost => Err(ConnectorError::io(
                    "simulated: the connection broke before the answer came".into(),
                )),
            }
        })
    }
}

async fn read(mut request: HttpRequest) -> Result<Incoming, ConnectorError> {
    let uri: http::Uri = request
        .uri()
        .parse()
        .map_err(|error: http::uri::InvalidUri| ConnectorError::user(error.into()))?;
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let method = request.method().to_owned();
    let body = match request.body().bytes() {
        Some(bytes) => Bytes::copy_from_slice(bytes),
        // A compressed or streamed body is collected.
        None => request
            .take_body()
            .collect()
            .await
            .map_err(ConnectorError::user)?
            .to_bytes(),
    };
    Ok(Incoming {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    })
}

fn write(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status)
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response
            .headers_mut()
            .try_insert(name, value)
            .map_err(|error| ConnectorError::other(error.into(), None))?;
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Fault, FaultKind};
    use crate::identity::Home;
    use crate::sim::SimOptions;
    use crate::{Speed, scenario};

    fn door() -> Door {
        let sim = Sim::open(SimOptions {
            seed: 1,
            start: "2026-11-21T08:00:00Z".parse().unwrap(),
            speed: Speed::Manual,
            tables: None,
            world: None,
            home: Home {
                account: "444455556666".to_owned(),
                region: "us-west-2".to_owned(),
                principal_arn: "arn:aws:sts::444455556666:assumed-role/dr/test".to_owned(),
            },
        })
        .unwrap();
        let estate = scenario::Estate {
            servers: 3,
            ..scenario::Estate::default()
        };
        sim.control().scenario(&estate).unwrap();
        Door { sim }
    }

    async fn call(door: &Door) -> Result<HttpResponse, ConnectorError> {
        let request =
            http::Request::post("https://drs.us-west-2.amazonaws.com/DescribeSourceServers")
                .header(
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIAHOME1/20261121/us-west-2/drs/aws4_request, x",
                )
                .body(SdkBody::from("{}"))
                .unwrap();
        door.call(HttpRequest::try_from(request).unwrap()).await
    }

    #[tokio::test]
    async fn the_home_key_sees_the_home_account() {
        let response = call(&door()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let body: serde_json::Value =
            serde_json::from_slice(response.body().bytes().unwrap()).unwrap();
        assert_eq!(body["items"].as_array().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn no_answer_is_a_timeout_and_a_lost_answer_a_broken_connection() {
        let door = door();
        let fault = |kind| Fault {
            service: "drs".to_owned(),
            operation: "*".to_owned(),
            nth: 1,
            times: 1,
            kind,
        };
        door.sim.control().inject(fault(FaultKind::NoAnswer));
        assert!(call(&door).await.unwrap_err().is_timeout());
        door.sim.control().inject(fault(FaultKind::DropAfter));
        assert!(call(&door).await.unwrap_err().is_io());
        assert!(call(&door).await.is_ok());
    }
}
