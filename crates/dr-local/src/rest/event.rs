//! The proxy event of a REST API (payload version 1.0), field by field as API Gateway sends it.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, header, request};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::routes::Found;
use crate::auth::Claims;

/// In place of the id that API Gateway gives an API.
const API_ID: &str = "local";

/// What the event says about the deployment and the moment.
pub(super) struct Stage<'a> {
    pub(super) account: &'a str,
    pub(super) name: &'a str,
    pub(super) request_id: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// The event of one call.
pub(super) fn proxy(
    stage: &Stage<'_>,
    parts: &request::Parts,
    (method, found): (&Method, &Found<'_>),
    claims: &Claims,
    body: Option<String>,
) -> Result<Value, Refusal> {
    let path = parts.uri.path();
    let query = query(parts.uri.query().unwrap_or_default())?;
    let headers = headers(&parts.headers);
    Ok(json!({
        "resource": found.resource(),
        "path": path,
        "httpMethod": method.as_str(),
        "headers": last(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": last(&query),
        "multiValueQueryStringParameters": none_if_empty(&query),
        "pathParameters": if found.parameters.is_empty() { Value::Null } else { json!(found.parameters) },
        "stageVariables": null,
        "requestContext": context(stage, parts, (method, found), claims),
        "body": body,
        "isBase64Encoded": false,
    }))
}

fn context(
    stage: &Stage<'_>,
    parts: &request::Parts,
    (method, found): (&Method, &Found<'_>),
    claims: &Claims,
) -> Value {
    let host = text(&parts.headers, header::HOST).unwrap_or_default();
    json!({
        "resourceId": API_ID,
        "authorizer": {"claims": flat(claims)},
        "resourcePath": found.resource(),
        "httpMethod": method.as_str(),
        "extendedRequestId": stage.request_id,
        "requestTime": stage.now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "path": format!("/{}{}", stage.name, parts.uri.path()),
        "accountId": stage.account,
        "protocol": "HTTP/1.1",
        "stage": stage.name,
        "domainPrefix": host.split([':', '.']).next().unwrap_or_default(),
        "requestTimeEpoch": stage.now.timestamp_millis(),
        "requestId": stage.request_id,
        "identity": {
            "cognitoIdentityPoolId": null,
            "accountId": null,
            "cognitoIdentityId": null,
            "caller": null,
            // The door is open on loopback alone.
            "sourceIp": "127.0.0.1",
            "principalOrgId": null,
            "accessKey": null,
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": null,
            "userAgent": text(&parts.headers, header::USER_AGENT),
            "user": null,
        },
        "domainName": host,
        "apiId": API_ID,
    })
}

/// A Cognito authorizer hands claims on as texts: lists joined by commas, times in words.
fn flat(claims: &Claims) -> Value {
    let words = |seconds: i64| {
        let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        time.format("%a %b %d %H:%M:%S UTC %Y").to_string()
    };
    json!({
        "sub": claims.sub,
        "email": claims.email,
        "email_verified": claims.email_verified.to_string(),
        "cognito:username": claims.username,
        "cognito:groups": claims.groups.join(","),
        "iss": claims.iss,
        "aud": claims.aud,
        "token_use": claims.token_use,
        "auth_time": claims.auth_time.to_string(),
        "iat": words(claims.iat),
        "exp": words(claims.exp),
        "jti": claims.jti,
    })
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut lists = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lists.entry(name.to_string()).or_default().push(value);
    }
    lists
}

fn query(text: &str) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
    let not_utf8 = || Refusal::not_utf8("The query string");
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| not_utf8())?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).map_err(|_| not_utf8())?;
    let mut lists = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in pairs {
        lists.entry(name).or_default().push(value);
    }
    Ok(lists)
}

/// The single-value maps hold the last value; no parameters at all are `null`.
fn last(lists: &BTreeMap<String, Vec<String>>) -> Value {
    if lists.is_empty() {
        return Value::Null;
    }
    let single: Map<String, Value> = lists
        .iter()
        .filter_map(|(name, values)| Some((name.clone(), json!(values.last()?))))
        .collect();
    Value::Object(single)
}

fn none_if_empty(lists: &BTreeMap<String, Vec<String>>) -> Value {
    if lists.is_empty() {
        Value::Null
    } else {
        json!(lists)
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
