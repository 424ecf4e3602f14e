//! The door over HTTP, for boto3 and the AWS CLI on loopback, with the control beside it.

use std::io;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::control;
use crate::dispatch::Delivered;
use crate::request::Incoming;
use crate::service::Answer;
use crate::sim::Sim;

/// Largest body that is read.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

impl Sim {
    /// The wire over HTTP, and `/_sim`. Serve it on loopback only.
    pub fn http_router(&self) -> Router {
        Router::new()
            .fallback(aws)
            .with_state(self.clone())
            .merge(control::router(self.clone()))
            .layer(DefaultBodyLimit::disable())
    }
}

async fn aws(State(sim): State<Sim>, request: Request) -> Response {
    let (parts, stream) = request.into_parts();
    let Ok(body) = body::to_bytes(stream, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let incoming = Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    };
    match sim.deliver(&incoming).await {
        Delivered::Answer(answer) => write(answer),
        Delivered::Silence | Delivered::Lost => broken(),
    }
}

fn write(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A connection that breaks in the middle of the answer: the client learns nothing from it.
fn broken() -> Response {
    let cut = futures::stream::iter([Err::<Bytes, io::Error>(io::Error::new(
        io::ErrorKind::ConnectionReset,
        "simulated: no answer",
    ))]);
    Response::new(Body::from_stream(cut))
}
