//! One HTTP call by the browser.

use js_sys::JsString;
use ui::Problem;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestInit, Response};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Method.
    pub method: &'static str,
    /// URL, or path of this origin.
    pub url: &'a str,
    /// The body and its content type.
    pub body: Option<(&'static str, String)>,
    /// The id token.
    pub token: Option<&'a str>,
}

impl<'a> Ask<'a> {
    /// A GET without a token.
    #[must_use]
    pub fn get(url: &'a str) -> Self {
        Self {
            method: "GET",
            url,
            body: None,
            token: None,
        }
    }

    /// A POST without a token.
    #[must_use]
    pub fn post(url: &'a str, content_type: &'static str, body: String) -> Self {
        Self {
            method: "POST",
            url,
            body: Some((content_type, body)),
            token: None,
        }
    }
}

/// A successful answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// The code of a call that got no answer.
pub const UNREACHABLE: &str = "UNREACHABLE";
/// The code of a call whose token is not accepted.
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";

/// Calls, and reads the answer.
///
/// # Errors
/// No answer, or one that is no success.
pub async fn send(ask: Ask<'_>) -> Result<Answer, Problem> {
    let response = call(&ask).await.map_err(|_| unreachable())?;
    let request_id = response.headers().get("x-amzn-requestid").ok().flatten();
    let body = text(&response).await.map_err(|_| unreachable())?;
    let status = response.status();
    if response.ok() {
        return Ok(Answer { status, body });
    }
    let mut problem = super::problem::of_answer(status, request_id, &body);
    if status == 401 {
        // API Gateway's own refusal has another body than the product's.
        UNAUTHENTICATED.clone_into(&mut problem.code);
    }
    Err(problem)
}

fn unreachable() -> Problem {
    Problem {
        remediation: Some("Look whether the server runs and the network is there.".to_owned()),
        ..Problem::new(UNREACHABLE, "The server cannot be reached")
    }
}

async fn call(ask: &Ask<'_>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    if let Some(token) = ask.token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let init = RequestInit::new();
    init.set_method(ask.method);
    if let Some((content_type, body)) = &ask.body {
        headers.set("content-type", content_type)?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    let request = Request::new_with_str_and_init(ask.url, &init)?;
    JsFuture::from(leptos::prelude::window().fetch_with_request(&request))
        .await?
        .dyn_into()
}

async fn text(response: &Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text
        .dyn_into::<JsString>()
        .map(String::from)
        .unwrap_or_default())
}
