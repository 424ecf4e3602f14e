//! From an answer that is a refusal to what a person can use.

use dr_api::error_body::{ErrorDetails, ErrorEnvelope};
use ui::{Finding, Problem};

/// What an answer that is no success says. The request id of the header counts where the body has none.
#[must_use]
pub fn of_answer(status: u16, request_id: Option<String>, body: &str) -> Problem {
    match serde_json::from_str::<ErrorEnvelope>(body) {
        Ok(ErrorEnvelope { error }) => Problem {
            code: error.code,
            message: error.message,
            findings: findings(&error.details),
            remediation: error.details.remediation,
            request_id: Some(error.request_id)
                .filter(|id| !id.is_empty())
                .or(request_id),
        },
        Err(_) => Problem {
            request_id,
            remediation: Some(
                "Try again; if it stays, look for the request id in the log.".to_owned(),
            ),
            ..Problem::new(
                format!("HTTP_{status}"),
                format!("The server answered {status} without saying why"),
            )
        },
    }
}

fn findings(details: &ErrorDetails) -> Vec<Finding> {
    let fields = details.fields.iter().map(|field| Finding {
        subject: field.field.clone(),
        message: match &field.actual {
            Some(actual) => format!("expected {}, got {actual}", field.expected),
            None => format!("expected {}", field.expected),
        },
        remediation: None,
    });
    let checks = details.failed_checks.iter().map(|check| Finding {
        subject: check.subject.clone(),
        message: check.message.clone(),
        remediation: check.remediation.clone(),
    });
    let losses = details.losses.iter().map(|loss| Finding {
        subject: loss.instance_id.to_string(),
        message: loss.why.clone(),
        remediation: None,
    });
    fields.chain(checks).chain(losses).collect()
}

#[cfg(test)]
mod tests {
    use super::of_answer;

    #[test]
    fn checks_and_fields_of_a_refusal_are_findings_with_their_remediation() {
        let body = r#"{"error":{"code":"CHECKS_FAILED","message":"2 checks failed","request_id":"r-1","timestamp":"2026-01-01T00:00:00Z",
            "details":{"fields":[{"field":"name","expected":"a name","actual":"7"}],
            "failed_checks":[{"check_name":"x","passed":false,"severity":"critical","message":"it runs","subject":"i-1","remediation":"stop it"}]}}}"#;
        let problem = of_answer(409, Some("other".to_owned()), body);
        assert_eq!(problem.request_id.as_deref(), Some("r-1"));
        assert_eq!(problem.findings[0].message, "expected a name, got 7");
        assert_eq!(problem.findings[1].remediation.as_deref(), Some("stop it"));
    }

    #[test]
    fn an_answer_from_elsewhere_keeps_the_request_id_of_its_header() {
        let problem = of_answer(502, Some("r-2".to_owned()), "<html>");
        assert_eq!(
            (problem.code.as_str(), problem.request_id.as_deref()),
            ("HTTP_502", Some("r-2"))
        );
    }
}
