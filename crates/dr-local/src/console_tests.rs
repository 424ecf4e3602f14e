//! What a browser is given, and what it is not.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use dr_api::Operation;
use tower::ServiceExt as _;

use super::{Console, is_file_name};

async fn get(console: &Console, path: &str, encoding: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::get(path)
        .header(header::ACCEPT_ENCODING, encoding)
        .body(Body::empty())
        .unwrap();
    let response = console.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.status,
        parts.headers,
        to_bytes(body, 10_000).await.unwrap().to_vec(),
    )
}

fn built() -> (tempfile::TempDir, Console) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("index.html", "page"),
        ("console-0a.wasm", "code"),
        ("console-0a.wasm.gz", "packed"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let console = Console::in_folder(folder.path().to_owned()).unwrap();
    (folder, console)
}

#[tokio::test]
async fn every_address_of_the_app_is_its_page_and_is_asked_for_again() {
    let (_folder, console) = built();
    for path in [
        "/console/",
        "/console/protection-groups/pg-1",
        "/console/..%2f..%2fetc%2fpasswd",
        "/console/a/b.js",
    ] {
        let (status, headers, body) = get(&console, path, "").await;
        assert_eq!(
            (status, body.as_slice()),
            (StatusCode::OK, &b"page"[..]),
            "{path}"
        );
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
        assert!(!policy.contains("unsafe-inline"));
    }
}

#[tokio::test]
async fn files_whose_name_holds_their_hash_are_kept_and_come_packed_to_who_takes_it() {
    let (_folder, console) = built();
    let (_, headers, body) = get(&console, "/console/console-0a.wasm", "br, gzip").await;
    assert_eq!(body, b"packed");
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
    assert!(
        headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .ends_with("immutable")
    );
    let (_, headers, body) = get(&console, "/console/console-0a.wasm", "").await;
    assert_eq!(body, b"code");
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
    let (status, _, _) = get(&console, "/console/gone-1.js", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_front_door_leads_to_the_console() {
    let (_folder, console) = built();
    let (status, headers, _) = get(&console, "/", "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers[header::LOCATION], "/console/");
}

#[test]
fn no_operation_has_a_path_of_the_console() {
    for operation in Operation::ALL {
        assert!(
            operation
                .routes()
                .iter()
                .all(|route| !route.path.starts_with("/console")),
            "{operation:?}"
        );
    }
}

#[test]
fn a_folder_without_a_page_is_no_console_and_only_plain_names_are_files() {
    assert!(Console::in_folder(tempfile::tempdir().unwrap().path().to_owned()).is_none());
    assert!(is_file_name("start-0a1b.js"));
    for other in ["../start.js", "a/b.js", "protection-groups", "x.gz", "..js"] {
        assert!(!is_file_name(other), "{other}");
    }
}
