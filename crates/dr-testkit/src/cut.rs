//! `kill -9` at an exact place: before or after the nth AWS call of an operation, the caller is
//! never answered, and the test takes the process down.
//!
//! Every call lets others run first, so that invocations at the same time really interleave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use dr_local::local::SdkConfig;
use tokio::sync::Notify;

use crate::between::{Between, standing};

/// On which side of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// AWS never sees it.
    Before,
    /// AWS has carried it out; nobody has seen the answer.
    After,
}

/// A place to die.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The operation: `StartRecovery`, `PutItem`, ...; empty for any.
    pub operation: String,
    /// Which call of it, from 1, counted from when the cut was set.
    pub nth: u32,
    /// On which side of it.
    pub when: When,
}

impl Cut {
    /// Before the nth call of an operation.
    #[must_use]
    pub fn before(operation: &str, nth: u32) -> Self {
        Self {
            operation: operation.to_owned(),
            nth,
            when: When::Before,
        }
    }

    /// At the nth call of all.
    #[must_use]
    pub fn any(nth: u32, when: When) -> Self {
        Self {
            operation: String::new(),
            nth,
            when,
        }
    }

    /// After the nth call of an operation.
    #[must_use]
    pub fn after(operation: &str, nth: u32) -> Self {
        Self {
            operation: operation.to_owned(),
            nth,
            when: When::After,
        }
    }
}

/// The cut that is set, if one is, and whether it was reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cuts {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    set: Mutex<Option<Set>>,
    heard: Mutex<Option<Vec<String>>>,
    /// Bytes of the largest request of each operation.
    largest: Mutex<BTreeMap<String, usize>>,
    reached: Notify,
}

#[derive(Debug)]
struct Set {
    cut: Cut,
    seen: u32,
}

impl Cuts {
    pub(crate) fn set(&self, cut: Cut) {
        *self.lock() = Some(Set { cut, seen: 0 });
    }

    pub(crate) fn clear(&self) {
        *self.lock() = None;
    }

    /// Begins to list the operations of all calls; answers those listed since the last time.
    pub(crate) fn listen(&self) -> Vec<String> {
        let mut heard = self
            .inner
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        heard.replace(Vec::new()).unwrap_or_default()
    }

    pub(crate) fn largest(&self) -> BTreeMap<String, usize> {
        let largest = self.inner.largest.lock();
        largest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, request: &HttpRequest) {
        let name = operation(request).unwrap_or_default();
        let bytes = request.body().bytes().map_or(0, <[u8]>::len);
        let mut largest = self
            .inner
            .largest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let most = largest.entry(name.clone()).or_default();
        *most = bytes.max(*most);
        drop(largest);
        let mut heard = self
            .inner
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(heard) = heard.as_mut() {
            heard.push(name);
        }
    }

    pub(crate) async fn reached(&self) {
        self.inner.reached.notified().await;
    }

    /// The same configuration, with the cuts around its calls.
    pub(crate) fn around(&self, sdk: &SdkConfig) -> SdkConfig {
        standing(self, sdk)
    }

    /// Whether this call is the one.
    fn strikes(&self, request: &HttpRequest) -> Option<When> {
        let mut set = self.lock();
        let set = set.as_mut()?;
        let is_any = set.cut.operation.is_empty();
        if !is_any && operation(request).as_deref() != Some(set.cut.operation.as_str()) {
            return None;
        }
        set.seen += 1;
        (set.seen == set.cut.nth).then_some(set.cut.when)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Set>> {
        self.inner
            .set
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The operation of a request, by each protocol's way to say it.
fn operation(request: &HttpRequest) -> Option<String> {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().map(str::to_owned);
    }
    let body = request.body().bytes().unwrap_or_default();
    let named = body
        .split(|byte| *byte == b'&')
        .find_map(|pair| pair.strip_prefix(b"Action="));
    if let Some(name) = named {
        return String::from_utf8(name.to_vec()).ok();
    }
    // restJson1 (drs) and rpcv2Cbor (cloudwatch): the last part of the path.
    let path = request.uri().split('?').next().unwrap_or_default();
    path.rsplit('/').next().map(str::to_owned)
}

impl Between for Cuts {
    fn call(&self, request: HttpRequest, onward: SharedHttpConnector) -> HttpConnectorFuture {
        self.hear(&request);
        let when = self.strikes(&request);
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            let Some(when) = when else {
                return onward.call(request).await;
            };
            if when == When::After {
                let _answered = onward.call(request).await;
            }
            this.inner.reached.notify_one();
            std::future::pending().await
        })
    }
}
