//! The console's files, served below `/console`, where no operation has a path. Read at each request: a console that is
//! built again is there at the next reload.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{self, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

/// Only our own files run and only our own server is called; nothing may frame us, nothing may be sent elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Names that change with their content stay a year, which is as long as anything does.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What `config.json` says here: the API is beside the files, people sign in with the users of this machine, the
/// version, and that what they look at is simulated.
const CONFIG: &str = concat!(
    r#"{"api_url":"","sign_in":{"kind":"local"},"version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","simulator":true}"#
);
const PAGE: &str = "index.html";

/// The folder that `cargo xtask console` wrote.
#[derive(Debug, Clone)]
pub struct Console {
    folder: Arc<PathBuf>,
}

impl Console {
    /// The console in a folder; none where no console was built.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Option<Self> {
        folder.join(PAGE).is_file().then(|| Self {
            folder: Arc::new(folder),
        })
    }

    /// `/` leads to the console; `/console/...` is a file of it or, for every other path, its page: the app knows its
    /// own addresses.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(|| async { Redirect::to("/console/") }))
            .route("/console", get(|| async { Redirect::to("/console/") }))
            .route("/console/", get(page))
            .route("/console/config.json", get(config))
            .route("/console/{*path}", get(file))
            .with_state(self.clone())
    }
}

async fn config() -> Response {
    guarded("application/json", "no-cache", Body::from(CONFIG))
}

async fn page(State(console): State<Console>, headers: HeaderMap) -> Response {
    answer(&console.folder, PAGE, &headers).await
}

async fn file(
    State(console): State<Console>,
    extract::Path(path): extract::Path<String>,
    headers: HeaderMap,
) -> Response {
    let name = if is_file_name(&path) {
        path.as_str()
    } else {
        PAGE
    };
    answer(&console.folder, name, &headers).await
}

/// The files lie in one folder and have an ending that we know; everything else is an address within the app. What has
/// a slash, or two dots, never reaches the file system.
fn is_file_name(path: &str) -> bool {
    let plain = path
        .bytes()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'));
    plain && !path.contains("..") && kind(path).is_some()
}

fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

async fn answer(folder: &Path, name: &str, headers: &HeaderMap) -> Response {
    let takes_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
    let packed = if takes_gzip {
        tokio::fs::read(folder.join(format!("{name}.gz")))
            .await
            .ok()
    } else {
        None
    };
    let is_packed = packed.is_some();
    let content = match packed {
        Some(content) => content,
        None => match tokio::fs::read(folder.join(name)).await {
            Ok(content) => content,
            Err(_) => return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
        },
    };
    let keep = if name == PAGE { "no-cache" } else { FOR_EVER };
    let mut response = guarded(
        kind(name).unwrap_or("application/octet-stream"),
        keep,
        Body::from(content),
    );
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn guarded(kind: &'static str, keep: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let fixed = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
