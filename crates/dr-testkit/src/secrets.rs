//! What must be in no log: the credentials that the product's AWS calls carry and that STS hands out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use dr_local::local::SdkConfig;

use crate::between::{Between, standing};

/// Credentials as they pass on the wire: access key ids, signatures and session tokens of requests; secret keys and
/// tokens of STS's answers.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Secrets {
    /// The same configuration, with its calls listened to.
    #[must_use]
    pub fn around(&self, sdk: &SdkConfig) -> SdkConfig {
        standing(self, sdk)
    }

    /// All so far.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<String> {
        let seen = self.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn<'a>(&self, found: impl Iterator<Item = &'a str>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(found.map(str::to_owned));
    }

    fn of_request(&self, request: &HttpRequest) {
        let token = request.headers().get("x-amz-security-token");
        let signed = request.headers().get("authorization").unwrap_or_default();
        let key = between(signed, "Credential=", "/");
        let signature = signed.split_once("Signature=").map(|(_, rest)| rest);
        self.learn(token.into_iter().chain(key).chain(signature));
    }

    fn of_answer(&self, answer: &HttpResponse) {
        let body = answer.body().bytes().unwrap_or_default();
        let Ok(text) = std::str::from_utf8(body) else {
            return;
        };
        let secret = between(text, "<SecretAccessKey>", "<");
        self.learn(
            secret
                .into_iter()
                .chain(between(text, "<SessionToken>", "<")),
        );
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split(to).next()
}

impl Between for Secrets {
    fn call(&self, request: HttpRequest, onward: SharedHttpConnector) -> HttpConnectorFuture {
        self.of_request(&request);
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let answered = onward.call(request).await;
            if let Ok(answer) = &answered {
                this.of_answer(answer);
            }
            answered
        })
    }
}
