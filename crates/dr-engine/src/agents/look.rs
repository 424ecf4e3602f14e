//! A look at what SSM says of machines and of the commands that run on them.

use std::collections::{BTreeMap, BTreeSet};

use dr_aws::{Invocation, ManagedInstance, Ssm};
use dr_error::{Error, Result};
use futures::{StreamExt, TryStreamExt, stream};

/// Calls at the same time.
const CONCURRENCY: usize = 5;

/// What SSM says.
#[derive(Debug, Clone, Default)]
pub struct SsmView {
    machines: BTreeMap<String, ManagedInstance>,
    invocations: BTreeMap<String, BTreeMap<String, Invocation>>,
    problem: Option<String>,
}

impl SsmView {
    /// A look: a call per 50 machines, and one per command. What cannot be looked at is a problem of those who wait for
    /// it, and of nobody else.
    pub async fn of(ssm: &Ssm, machines: &[String], commands: BTreeSet<String>) -> Self {
        match looked(ssm, machines, commands).await {
            Ok(view) => view,
            Err(error) => {
                tracing::warn!(%error, "SSM could not be looked at");
                Self::failed(&error)
            }
        }
    }

    fn failed(error: &Error) -> Self {
        Self {
            problem: Some(error.words()),
            ..Self::default()
        }
    }

    /// What was read.
    #[must_use]
    pub fn read(
        machines: impl IntoIterator<Item = ManagedInstance>,
        invocations: impl IntoIterator<Item = (String, Vec<Invocation>)>,
    ) -> Self {
        let by_machine = |found: Vec<Invocation>| {
            found
                .into_iter()
                .map(|invocation| (invocation.instance_id.clone(), invocation))
                .collect()
        };
        Self {
            machines: machines
                .into_iter()
                .map(|machine| (machine.id.clone(), machine))
                .collect(),
            invocations: invocations
                .into_iter()
                .map(|(command, found)| (command, by_machine(found)))
                .collect(),
            problem: None,
        }
    }

    /// What it says of a machine; none where it does not manage it.
    #[must_use]
    pub fn machine(&self, id: &str) -> Option<&ManagedInstance> {
        self.machines.get(id)
    }

    /// What became of a command on a machine.
    #[must_use]
    pub fn invocation(&self, command: Option<&str>, machine: &str) -> Option<&Invocation> {
        self.invocations.get(command?)?.get(machine)
    }

    /// Why it could not be asked.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

async fn looked(ssm: &Ssm, machines: &[String], commands: BTreeSet<String>) -> Result<SsmView> {
    // No ids would mean all of them.
    if machines.is_empty() {
        return Ok(SsmView::default());
    }
    let managed = ssm.managed_instances(machines).await?;
    let calls = commands.into_iter().map(|command| async move {
        let found = ssm.invocations(&command).await?;
        Ok::<_, Error>((command, found))
    });
    let invocations: Vec<_> = stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(SsmView::read(managed, invocations))
}
