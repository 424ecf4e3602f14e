//! Where an execution stands: a tree of lanes. The machine itself is one lane; every running
//! branch and iteration is another below its fork. All of it serialises.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::TaskId;
use crate::failure::Failure;

/// One running flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Lane {
    /// The state it is in.
    pub(crate) state: String,
    pub(crate) entered: DateTime<Utc>,
    /// That state's input, before InputPath.
    pub(crate) input: Value,
    /// Retries made, by retrier.
    pub(crate) retries: Vec<u32>,
    /// The item of the nearest Map around it.
    pub(crate) item: Option<Item>,
    /// The latest event of this lane.
    pub(crate) last_event: u64,
    pub(crate) phase: Phase,
}

/// `$$.Map.Item`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) index: usize,
    pub(crate) value: Value,
}

/// How far the lane's state has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// To be entered.
    Enter,
    /// Entered, an attempt to be made.
    Attempt,
    /// A Wait.
    Sleeping { until: DateTime<Utc> },
    /// Between two attempts.
    Retrying { until: DateTime<Utc> },
    /// A Task whose answer is awaited or has just come.
    Task(Box<TaskRun>),
    /// A Parallel or Map whose lanes are running.
    Fork(Fork),
}

/// One attempt of a Task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskRun {
    pub(crate) id: TaskId,
    pub(crate) function: String,
    pub(crate) payload: Value,
    /// Present for `.waitForTaskToken`.
    pub(crate) token: Option<String>,
    pub(crate) handed_out: bool,
    /// The invocation has returned and the token's answer is awaited.
    pub(crate) submitted: bool,
    pub(crate) timeout_at: Option<DateTime<Utc>>,
    pub(crate) heartbeat_seconds: Option<u64>,
    pub(crate) heartbeat_at: Option<DateTime<Utc>>,
    pub(crate) answer: Option<Answer>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The task's result, wrapped as the integration wraps it.
    Succeeded(Value),
    Failed(Failure),
}

/// The lanes of a Parallel or Map.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Fork {
    pub(crate) slots: Vec<Slot>,
    /// The fork's Started event, from which its lanes descend.
    pub(crate) started_event: u64,
}

/// One branch or iteration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Slot {
    Waiting { input: Value, item: Option<Item> },
    Running(Box<Lane>),
    Done(Value),
}

impl Lane {
    pub(crate) fn new(
        start_at: &str,
        input: Value,
        item: Option<Item>,
        last_event: u64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            state: start_at.to_owned(),
            entered: now,
            input,
            retries: Vec::new(),
            item,
            last_event,
            phase: Phase::Enter,
        }
    }

    pub(crate) fn retry_count(&self) -> u32 {
        self.retries.iter().sum()
    }

    /// The lane that runs a task.
    pub(crate) fn lane_of(&mut self, id: TaskId) -> Option<&mut Self> {
        if matches!(&self.phase, Phase::Task(task) if task.id == id) {
            return Some(self);
        }
        match &mut self.phase {
            Phase::Fork(fork) => fork.slots.iter_mut().find_map(|slot| match slot {
                Slot::Running(lane) => lane.lane_of(id),
                Slot::Waiting { .. } | Slot::Done(_) => None,
            }),
            _ => None,
        }
    }

    /// Visits this lane and those below it, in order.
    pub(crate) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        if let Phase::Fork(fork) = &self.phase {
            for slot in &fork.slots {
                if let Slot::Running(lane) = slot {
                    lane.visit(visit);
                }
            }
        }
    }

    /// As `visit`, for every task of the tree, to change it.
    pub(crate) fn visit_tasks_mut(&mut self, visit: &mut dyn FnMut(&mut TaskRun)) {
        match &mut self.phase {
            Phase::Task(task) => visit(task),
            Phase::Fork(fork) => {
                for slot in &mut fork.slots {
                    if let Slot::Running(lane) = slot {
                        lane.visit_tasks_mut(visit);
                    }
                }
            }
            _ => {}
        }
    }

    /// When time alone will move this lane (not those below it).
    pub(crate) fn due(&self) -> Option<DateTime<Utc>> {
        match &self.phase {
            Phase::Sleeping { until } | Phase::Retrying { until } => Some(*until),
            Phase::Task(task) => task.timeout_at.into_iter().chain(task.heartbeat_at).min(),
            Phase::Enter | Phase::Attempt | Phase::Fork(_) => None,
        }
    }
}
