//! One HTTP exchange with the server.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use chrono::DateTime;
use dr_api::{ErrorBody, ErrorDetails, ErrorEnvelope, Method};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect;
use serde_json::Value;

use super::Parts;
use crate::failure::Failure;

/// A server that does not take the connection within this is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// API Gateway gives up after 29 s; the rest is for the way.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The address of a server: scheme, host, port, and a stage in AWS. No slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    is_loopback: bool,
}

impl Address {
    /// Reads an address. Plain HTTP is for this machine alone: passwords and tokens go over it.
    ///
    /// # Errors
    /// [`Failure::Usage`] in words.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let usage = |reason: &str| Failure::Usage(format!("{text:?} is no server: {reason}"));
        let example = "expected a URL such as https://dr.example.com or http://127.0.0.1:8080";
        let url = reqwest::Url::parse(text).map_err(|_| usage(example))?;
        let host = url.host_str().ok_or_else(|| usage(example))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if !url.username().is_empty() || url.password().is_some() {
            return Err(usage("leave the user out of it; use `dr sign-in`"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(usage(example));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => {
                return Err(usage(
                    "passwords and tokens go over plain HTTP only within this machine; use https",
                ));
            }
            _ => return Err(usage(example)),
        }
        Ok(Self {
            text: url.as_str().trim_end_matches('/').to_owned(),
            is_loopback,
        })
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How long to wait, if it says so.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: String,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error that this answer is.
    #[must_use]
    pub fn failure(self) -> Failure {
        let error = match serde_json::from_str::<ErrorEnvelope>(&self.body) {
            Ok(envelope) => envelope.error,
            Err(_) => self.foreign_error(),
        };
        Failure::Api {
            status: self.status,
            error: Box::new(error),
            raw: self.body,
        }
    }

    /// An error of something on the way, such as API Gateway's `{"message": "Forbidden"}`.
    fn foreign_error(&self) -> ErrorBody {
        let said = serde_json::from_str::<Value>(&self.body)
            .ok()
            .and_then(|body| body.get("message")?.as_str().map(ToOwned::to_owned))
            .unwrap_or_else(|| self.body.chars().take(300).collect());
        ErrorBody {
            code: format!("HTTP_{}", self.status),
            message: if said.trim().is_empty() {
                "The server said nothing more".to_owned()
            } else {
                said
            },
            details: ErrorDetails::default(),
            request_id: String::new(),
            timestamp: DateTime::UNIX_EPOCH,
        }
    }
}

/// The connection to one server.
pub struct Wire {
    http: reqwest::Client,
    address: Address,
}

impl Wire {
    /// To this server.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn to(address: Address) -> Result<Self, Failure> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // A token goes where it was meant to go.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("dr/", env!("CARGO_PKG_VERSION")));
        if address.is_loopback {
            builder = builder.no_proxy();
        }
        if !address.text.starts_with("https:") {
            // Reading the machine's certificates takes longer than a call within the machine.
            builder = builder.tls_built_in_root_certs(false);
        }
        let http = builder.build().map_err(|error| Failure::Unreachable {
            url: address.as_str().to_owned(),
            reason: chain(&error),
        })?;
        Ok(Self { http, address })
    }

    /// Where to.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// One exchange.
    ///
    /// # Errors
    /// [`Failure::Unreachable`].
    pub async fn send(&self, parts: &Parts, token: Option<&str>) -> Result<Reply, Failure> {
        let method = match parts.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = format!("{}{}", self.address.as_str(), parts.target);
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(body) = &parts.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(Value::Object(body.clone()).to_string());
        }
        let unreachable = |error: reqwest::Error| Failure::Unreachable {
            url: self.address.as_str().to_owned(),
            reason: if error.is_timeout() {
                format!("no answer within {} s", TIMEOUT.as_secs())
            } else {
                chain(&error.without_url())
            },
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = response.text().await.map_err(unreachable)?;
        Ok(Reply {
            status,
            retry_after,
            body,
        })
    }
}

/// An error with what is behind it, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Address, Reply};
    use crate::failure::Failure;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in [
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
            "http://localhost",
            "https://api.example.com/prod",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://dr.example.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "127.0.0.1:8080",
            "https://ada:pw@dr.example.com",
            "",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        let address = Address::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(address.as_str(), "http://127.0.0.1:8080");
    }

    #[test]
    fn an_error_that_is_not_ours_is_told_all_the_same() {
        let reply = Reply {
            status: 403,
            retry_after: None,
            body: r#"{"message":"Forbidden"}"#.to_owned(),
        };
        let failure = reply.failure();
        assert_eq!(failure.exit_code(), 3);
        assert!(matches!(&failure, Failure::Api { .. }));
        assert!(failure.for_a_person().contains("HTTP_403: Forbidden"));
    }
}
