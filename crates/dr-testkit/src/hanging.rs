//! What a test may not leave behind.

use dr_local::Local;
use dr_local::local::{POLLER, machine_name};

use crate::builder::ENVIRONMENT;

/// Everything unfinished, in words: executions other than the poller's, events and asynchronous
/// invocations on their way.
pub(crate) fn hanging(local: &Local) -> Vec<String> {
    let poller = format!(":{}:", machine_name(POLLER, ENVIRONMENT));
    let mut found: Vec<String> = local
        .driver
        .shell()
        .running()
        .into_iter()
        .filter(|arn| !arn.contains(&poller))
        .map(|arn| format!("the execution {arn} runs"))
        .collect();
    match local.driver.inbox().len() {
        Ok(0) => {}
        Ok(waiting) => found.push(format!("{waiting} asynchronous invocation(s) wait")),
        Err(error) => found.push(format!("the inbox cannot be read: {error}")),
    }
    let events = local.sim.control().inspect(|world| world.events.len());
    if events > 0 {
        found.push(format!("{events} event(s) are undelivered"));
    }
    found
}
