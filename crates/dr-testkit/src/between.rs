//! Standing between the product and AWS: every call of an SDK configuration goes through somebody else first.

use std::fmt::Debug;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dr_local::local::SdkConfig;

/// Who stands there.
pub(crate) trait Between: Debug + Clone + Send + Sync + 'static {
    /// Makes the call, or not: `onward` leads to AWS.
    fn call(&self, request: HttpRequest, onward: SharedHttpConnector) -> HttpConnectorFuture;
}

/// The same configuration, with somebody between. One without an HTTP client makes no calls and stays as it is.
pub(crate) fn standing<B: Between>(between: &B, sdk: &SdkConfig) -> SdkConfig {
    match sdk.http_client() {
        Some(inner) => {
            let client = Client {
                inner,
                between: between.clone(),
            };
            sdk.to_builder().http_client(client).build()
        }
        None => sdk.clone(),
    }
}

#[derive(Debug)]
struct Client<B> {
    inner: SharedHttpClient,
    between: B,
}

impl<B: Between> HttpClient for Client<B> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            between: self.between.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector<B> {
    inner: SharedHttpConnector,
    between: B,
}

impl<B: Between> HttpConnector for Connector<B> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.between.call(request, self.inner.clone())
    }
}
