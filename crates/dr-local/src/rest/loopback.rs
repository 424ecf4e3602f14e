//! Against a web page that gives its own host name our address (DNS rebinding): a request must
//! name this machine by a loopback name.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets only requests through whose `Host` is `localhost` or a loopback address.
pub async fn only_loopback_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    if host.is_none_or(|host| host.to_str().is_ok_and(is_loopback)) {
        next.run(request).await
    } else {
        let status = StatusCode::MISDIRECTED_REQUEST;
        (
            status,
            "This server answers to localhost and 127.0.0.1 only.\n",
        )
            .into_response()
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8080",
            "127.0.0.2",
            "[::1]:8080",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "10.0.0.1",
            "[fe80::1]",
            "::1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
