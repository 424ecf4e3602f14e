//! Signing in, staying signed in, signing out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::stand::{Stand, error};

fn tokens(id_token: &str) -> Value {
    json!({ "id_token": id_token, "refresh_token": "refresh-1", "expires_in": 3600, "token_type": "Bearer" })
}

fn no_plans() -> Value {
    json!({ "recovery_plans": [], "next_token": null })
}

async fn signed_in() -> Stand {
    let mut stand = Stand::new().await;
    stand.environment.token = None;
    stand.answers = Some(vec!["pass word"]);
    stand.says("POST /auth/sign-in", 200, tokens("id-1")).says(
        "GET /recovery-plans",
        200,
        no_plans(),
    );
    let ran = stand.run(&["sign-in", "--username", "ada"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!format!("{ran:?}").contains("id-1"), "a token was printed");
    let asked = json!({ "username": "ada", "password": "pass word" });
    assert_eq!(stand.calls()[0].body, asked);
    assert_eq!(stand.calls()[0].authorization, None);
    // From now on the server is the one that was signed in to.
    stand.environment.url = None;
    stand
}

#[tokio::test]
async fn a_session_is_kept_for_the_next_command_and_its_server_with_it() {
    let stand = signed_in().await;
    let ran = stand.run(&["plan", "list"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        stand.calls()[1].authorization.as_deref(),
        Some("Bearer id-1")
    );
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_first_and_the_new_one_is_kept() {
    let stand = signed_in().await;
    stand.says(
        "POST /auth/refresh",
        200,
        json!({ "id_token": "id-2", "expires_in": 3600 }),
    );
    stand.pass(3580);
    assert_eq!(stand.run(&["plan", "list"]).await.code, 0);
    assert_eq!(stand.run(&["plan", "list"]).await.code, 0);
    let calls = stand.calls();
    let lines: Vec<&str> = calls[1..].iter().map(|call| call.line.as_str()).collect();
    let list = "GET /recovery-plans?limit=100";
    assert_eq!(lines, ["POST /auth/refresh", list, list]);
    assert_eq!(calls[1].body, json!({ "refresh_token": "refresh-1" }));
    assert_eq!(calls[3].authorization.as_deref(), Some("Bearer id-2"));
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_renewed_once() {
    let mut stand = Stand::new().await;
    stand.answers = Some(vec!["pw"]);
    stand.environment.token = None;
    stand
        .says("POST /auth/sign-in", 200, tokens("id-1"))
        .says(
            "POST /auth/refresh",
            200,
            json!({ "id_token": "id-2", "expires_in": 3600 }),
        )
        .says(
            "GET /recovery-plans",
            401,
            error("UNAUTHENTICATED", json!({})),
        )
        .says("GET /recovery-plans", 200, no_plans())
        .says(
            "GET /recovery-plans",
            401,
            error("UNAUTHENTICATED", json!({})),
        );
    assert_eq!(stand.run(&["sign-in", "--username", "ada"]).await.code, 0);
    assert_eq!(stand.run(&["plan", "list"]).await.code, 0);
    // Refused for good: exit code 3, and no circle.
    let before = stand.calls().len();
    assert_eq!(stand.run(&["plan", "list"]).await.code, 3);
    assert!(stand.calls().len() - before <= 3);
}

#[tokio::test]
async fn a_session_that_is_over_says_to_sign_in_again() {
    let stand = signed_in().await;
    stand.says(
        "POST /auth/refresh",
        401,
        error("UNAUTHENTICATED", json!({})),
    );
    stand.pass(4000);
    let ran = stand.run(&["plan", "list"]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("dr sign-in"), "{ran:?}");
}

#[tokio::test]
async fn a_token_is_never_sent_to_another_server() {
    let stand = signed_in().await;
    let other = Stand::new().await;
    let url = other.environment.url.clone().unwrap();
    let ran = stand.run(&["--url", &url, "plan", "list"]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("not to"), "{ran:?}");
    assert_eq!(other.lines(), [""; 0]);
}

#[tokio::test]
async fn name_and_password_of_the_environment_sign_in_without_leaving_a_session() {
    let mut stand = Stand::new().await;
    stand.environment.token = None;
    stand.environment.username = Some("robot".to_owned());
    stand.environment.password = Some("pw".to_owned());
    stand.says("POST /auth/sign-in", 200, tokens("id-9")).says(
        "GET /recovery-plans",
        200,
        no_plans(),
    );
    assert_eq!(stand.run(&["plan", "list"]).await.code, 0);
    assert_eq!(
        stand.calls()[1].authorization.as_deref(),
        Some("Bearer id-9")
    );
    assert!(!stand.session_file().exists());
}

#[tokio::test]
async fn a_wrong_password_leaves_no_session() {
    let mut stand = Stand::new().await;
    stand.environment.token = None;
    stand.answers = Some(vec!["wrong\n"]);
    stand.says(
        "POST /auth/sign-in",
        401,
        error("INVALID_CREDENTIALS", json!({})),
    );
    let ran = stand
        .run(&["sign-in", "--username", "ada", "--password-stdin"])
        .await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(stand.calls()[0].body["password"], "wrong");
    assert!(!stand.session_file().exists());
}

#[tokio::test]
async fn signing_out_forgets_the_session_even_when_the_server_does_not_answer_well() {
    let stand = signed_in().await;
    stand.says("POST /auth/sign-out", 500, error("INTERNAL", json!({})));
    let ran = stand.run(&["sign-out"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!stand.session_file().exists());
    assert_eq!(stand.run(&["plan", "list"]).await.code, 3);
}

#[tokio::test]
async fn whoami_reads_the_token_and_shows_none_of_it() {
    let mut stand = Stand::new().await;
    let claims = json!({
        "sub": "u-1", "email": "ada@example.com", "cognito:username": "ada",
        "cognito:groups": ["operator", "nonsense"], "exp": 1_700_000_000,
    });
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    stand.environment.token = Some(format!("head.{payload}.signature"));
    let ran = stand.run(&["whoami"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("ada@example.com") && ran.out.contains("operator"),
        "{ran:?}"
    );
    assert!(
        !ran.out.contains(&payload) && !ran.out.contains("nonsense"),
        "{ran:?}"
    );
    assert_eq!(stand.lines(), [""; 0]);
}
