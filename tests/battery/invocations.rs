//! The real functions, invoked otherwise than asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use dr_local::{Failure, Function, Handlers, Product, wiring};
use dr_testkit::{TestApp, TestAppBuilder};
use serde_json::{Value, json};

/// What is done to an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// Every task and event is delivered twice, one after the other.
    Twice,
    /// Every look of the poller and every event is delivered twice at the same time.
    Twins,
    /// The poller and the events do not run while the switch is on.
    Stopped,
}

/// What a test can see and switch.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    on: Arc<AtomicBool>,
    twisted: Arc<AtomicUsize>,
}

impl Switch {
    /// Turns it.
    pub fn turn(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }

    /// How many invocations were twisted.
    pub fn twisted(&self) -> usize {
        self.twisted.load(Ordering::SeqCst)
    }
}

/// The product over three servers with its functions invoked so.
pub async fn product(twist: Twist) -> (TestApp, Switch) {
    let switch = Switch::default();
    let of_functions = switch.clone();
    let machines = wiring::machines("test").unwrap();
    let connect = move |connection| {
        let Product { handlers, prepare } = wiring::product(connection);
        let handlers = Arc::new(Twisted {
            inner: handlers,
            twist,
            switch: of_functions.clone(),
        });
        Product { handlers, prepare }
    };
    let app = TestAppBuilder::over(connect, machines).servers(3).start();
    (app.await, switch)
}

struct Twisted {
    inner: Arc<dyn Handlers>,
    twist: Twist,
    switch: Switch,
}

fn is_look(event: &Value) -> bool {
    event["task"] == "poll" || event["source"] == "aws.drs"
}

#[async_trait]
impl Handlers for Twisted {
    async fn invoke(
        &self,
        function: Function,
        event: Value,
        request_id: String,
    ) -> Result<Value, Failure> {
        let once = || {
            self.inner
                .invoke(function, event.clone(), request_id.clone())
        };
        let is_background = event["task"].is_string() || is_look(&event);
        let twists = match self.twist {
            Twist::Twice => is_background,
            Twist::Twins => is_look(&event),
            Twist::Stopped => is_look(&event) && self.switch.on.load(Ordering::SeqCst),
        };
        if !twists {
            return once().await;
        }
        self.switch.twisted.fetch_add(1, Ordering::SeqCst);
        match self.twist {
            Twist::Twice => {
                // Step Functions invokes again when an answer is lost: the last answer counts.
                let first = once().await;
                let second = once().await;
                assert_eq!(
                    first.is_ok(),
                    second.is_ok(),
                    "{event}: {first:?} {second:?}"
                );
                second
            }
            Twist::Twins => {
                let (first, second) = tokio::join!(once(), once());
                second?;
                first
            }
            Twist::Stopped => Ok(json!({ "active": false })),
        }
    }
}
