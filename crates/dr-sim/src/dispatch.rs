//! The way of a request, whichever door it came by: scope, operation, caller, faults, throttle,
//! the service itself, and one line in the call log.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde_json::Value;

use crate::control::{CallRecord, FaultKind, Outcome, Target, is_away, throttled};
use crate::error::{ServiceError, ServiceResult};
use crate::identity;
use crate::journal::Journal;
use crate::registry::{self, Answered, Service};
use crate::request::{Incoming, Scope};
use crate::service::{Answer, Call, Caller};
use crate::sim::Sim;
use crate::wire::aws_json::{self, Version};
use crate::wire::{self, Protocol};

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// An answer.
    Answer(Answer),
    /// No answer comes, nothing was done.
    Silence,
    /// The call was carried out, its answer is lost.
    Lost,
}

impl Sim {
    /// Answers a request.
    pub(crate) async fn deliver(&self, request: &Incoming) -> Delivered {
        let (service, call) = match self.read(request) {
            Ok(read) => read,
            Err(answer) => return Delivered::Answer(answer),
        };
        let target = Target {
            service: service.name,
            operation: &call.operation,
            account: &call.caller.account,
            region: &call.region,
        };
        let away = self.live(|live| is_away(&live.world, service.name, &call.region));
        let fault = match away {
            true => Some(FaultKind::NoAnswer),
            false => self.held(|held| held.faults.strike(target)),
        };
        let place = (call.caller.account.as_str(), call.region.as_str());
        let admitted = self.held(|held| {
            held.throttles
                .take(service.name, &call.operation, place, call.now)
        });
        let refuse = |error: &ServiceError| wire::error(service.protocol, &call, error);
        let (delivered, outcome) = match (fault, admitted) {
            (Some(FaultKind::NoAnswer), _) => (Delivered::Silence, Outcome::Unanswered),
            (Some(FaultKind::Throttle), _) => {
                let answer = refuse(&throttled(service.protocol, 1.0));
                (Delivered::Answer(answer), Outcome::Throttled)
            }
            (
                Some(FaultKind::Error {
                    status,
                    code,
                    message,
                }),
                _,
            ) => {
                let answer = refuse(&ServiceError::new(status, code, message));
                (Delivered::Answer(answer), Outcome::Injected(status))
            }
            (_, Err(seconds)) => {
                let answer = refuse(&throttled(service.protocol, seconds));
                (Delivered::Answer(answer), Outcome::Throttled)
            }
            (Some(FaultKind::DropAfter), Ok(())) => {
                self.answer(service, &call).await;
                (Delivered::Lost, Outcome::Unanswered)
            }
            (None, Ok(())) => {
                let answer = self.answer(service, &call).await;
                let status = answer.status;
                (Delivered::Answer(answer), Outcome::Answered(status))
            }
        };
        let record = CallRecord {
            service: service.name.to_owned(),
            operation: call.operation.clone(),
            account: call.caller.account.clone(),
            region: call.region.clone(),
            at: call.now,
            outcome,
        };
        self.held(|held| held.calls.push(record));
        delivered
    }

    /// Service and call of a request, or the answer to one that cannot be read.
    fn read(&self, request: &Incoming) -> Result<(&'static Service, Call), Answer> {
        let Some(scope) = request.scope() else {
            let error = ServiceError::new(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            );
            return Err(self.unroutable(&error));
        };
        let Some(service) = registry::service(&scope.service) else {
            let error = ServiceError::new(
                501,
                "NotSimulated",
                format!("dr-sim does not simulate the service {}", scope.service),
            );
            return Err(self.unroutable(&error));
        };
        let mut call = self.blank(service.name, &scope);
        call.content_type = request
            .header("content-type")
            .unwrap_or_default()
            .to_owned();
        let read = request
            .plain_body()
            .and_then(|body| request.operation(service, body));
        match read {
            Ok((operation, body)) => {
                call.operation = operation;
                call.body = body;
            }
            Err(error) => return Err(wire::error(service.protocol, &call, &error)),
        }
        match self.identify(service.protocol, &scope, &call) {
            Ok(caller) => call.caller = caller,
            Err(error) => return Err(wire::error(service.protocol, &call, &error)),
        }
        Ok((service, call))
    }

    fn identify(&self, protocol: Protocol, scope: &Scope, call: &Call) -> ServiceResult<Caller> {
        let home = &self.inner.home;
        let key = &scope.access_key;
        self.live(|live| identity::caller(&live.world, home, protocol, key, call.now))
    }

    fn blank(&self, service: &'static str, scope: &Scope) -> Call {
        let now = self.inner.clock.now();
        let n = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        Call {
            caller: Caller {
                account: String::new(),
                arn: String::new(),
            },
            region: scope.region.clone(),
            service,
            operation: String::new(),
            content_type: String::new(),
            body: Bytes::new(),
            now,
            request_id: request_id(n, now.timestamp_micros()),
        }
    }

    fn unroutable(&self, error: &ServiceError) -> Answer {
        let nowhere = Scope {
            access_key: String::new(),
            region: String::new(),
            service: String::new(),
        };
        let call = self.blank("", &nowhere);
        wire::error(Protocol::RestJson1, &call, error)
    }

    async fn answer(&self, service: &Service, call: &Call) -> Answer {
        match service.answered {
            Answered::ByWorld { operations, handle } => {
                if !operations.contains(&call.operation.as_str()) {
                    return wire::error(service.protocol, call, &not_simulated(call));
                }
                self.live(|live| {
                    live.world.advance_to(call.now);
                    let answer = handle(&mut live.world, call);
                    // Written down before the answer leaves.
                    live.write(|journal, world| journal.call(world, call));
                    answer
                })
            }
            Answered::ByTables => {
                self.live(|live| {
                    live.world.advance_to(call.now);
                    live.write(Journal::tick);
                });
                self.inner.tables.handle(call)
            }
            Answered::ByBackend => self.by_backend(service, call).await,
        }
    }

    async fn by_backend(&self, service: &Service, call: &Call) -> Answer {
        let backend = self
            .inner
            .backends
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(service.name)
            .cloned();
        let Some(backend) = backend else {
            return wire::error(service.protocol, call, &not_simulated(call));
        };
        let body: Value = match aws_json::parse(call) {
            Ok(body) => body,
            Err(error) => return wire::error(service.protocol, call, &error),
        };
        match backend.call(&call.operation, body).await {
            Ok(body) => aws_json::ok(call, Version::V1_0, &body),
            Err(error) => {
                let error = ServiceError::new(error.status, error.code, error.message);
                wire::error(service.protocol, call, &error)
            }
        }
    }
}

fn not_simulated(call: &Call) -> ServiceError {
    ServiceError::new(
        501,
        "NotSimulated",
        format!(
            "dr-sim does not simulate {} {}",
            call.service, call.operation
        ),
    )
}

/// A request id that follows from the request's number and time: unique within a world, and the
/// dice stay untouched, so that calls that only read change nothing.
fn request_id(n: u64, micros: i64) -> String {
    let time = micros.unsigned_abs();
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        time >> 32 & 0xffff_ffff,
        time >> 16 & 0xffff,
        time >> 4 & 0xfff,
        time & 0xf,
        n & 0xffff_ffff_ffff,
    )
}
