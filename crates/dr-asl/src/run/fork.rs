//! Parallel and Map: lanes below a lane. A failed lane cuts off its siblings.

use std::mem;

use serde_json::{Value, json};

use super::lane::{Fork, Item, Lane, Phase, Slot};
use super::states::unfit;
use super::walk::{Reached, Turn, Walk};
use crate::context::{Facts, Scope};
use crate::definition::{Flow, Kind, MapState, Parallel, State};
use crate::failure::Failure;
use crate::limits;

/// What Parallel and Map have in common while their lanes run.
#[derive(Clone, Copy)]
struct Shape<'a> {
    branches: &'a [Flow],
    /// A Map runs its one flow in every slot.
    is_map: bool,
    at_a_time: usize,
}

impl<'a> Shape<'a> {
    fn of(state: &'a State) -> Option<Self> {
        let (branches, is_map, at_a_time) = match &state.kind {
            Kind::Parallel(parallel) => (parallel.branches.as_slice(), false, usize::MAX),
            Kind::Map(map) => (
                std::slice::from_ref(&map.processor),
                true,
                map.max_concurrency.unwrap_or(usize::MAX),
            ),
            _ => return None,
        };
        Some(Self {
            branches,
            is_map,
            at_a_time,
        })
    }

    fn flow(&self, slot: usize) -> Option<&'a Flow> {
        self.branches.get(if self.is_map { 0 } else { slot })
    }
}

impl Walk<'_> {
    pub(super) fn fork_branches(
        &mut self,
        state: &State,
        parallel: &Parallel,
        lane: &mut Lane,
    ) -> Result<Turn, Failure> {
        let mut input = self.effective_input(state, lane)?;
        if let Some(template) = &parallel.parameters {
            let given = template.resolve(&self.scope(lane, &input, None))?;
            input = limits::within_payload_limit(given, &lane.state)?;
        }
        self.log(lane, "ParallelStateStarted", None);
        let slots = parallel
            .branches
            .iter()
            .map(|_| Slot::Waiting {
                input: input.clone(),
                item: lane.item.clone(),
            })
            .collect();
        lane.phase = Phase::Fork(Fork {
            slots,
            started_event: lane.last_event,
        });
        Ok(Turn::Go)
    }

    pub(super) fn fork_items(
        &mut self,
        state: &State,
        map: &MapState,
        lane: &mut Lane,
    ) -> Result<Turn, Failure> {
        let input = self.effective_input(state, lane)?;
        let scope = self.scope(lane, &input, None);
        let found = scope.value(&map.items, "ItemsPath")?;
        let items = found
            .as_array()
            .ok_or_else(|| unfit("ItemsPath", lane, found))?;
        let slots = items
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let item = Item {
                    index,
                    value: value.clone(),
                };
                let input = match &map.selector {
                    Some(selector) => {
                        let facts = Facts {
                            item: Some((index, value)),
                            ..self.facts(lane, None)
                        };
                        let selected = selector.resolve(&Scope::new(&input, facts))?;
                        limits::within_payload_limit(selected, &lane.state)?
                    }
                    None => value.clone(),
                };
                Ok(Slot::Waiting {
                    input,
                    item: Some(item),
                })
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        drop(scope);
        self.log(
            lane,
            "MapStateStarted",
            Some(json!({"length": slots.len()})),
        );
        lane.phase = Phase::Fork(Fork {
            slots,
            started_event: lane.last_event,
        });
        Ok(Turn::Go)
    }

    pub(super) fn drive_fork(&mut self, state: &State, lane: &mut Lane) -> Turn {
        let phase = mem::replace(&mut lane.phase, Phase::Attempt);
        let (Some(shape), Phase::Fork(mut fork)) = (Shape::of(state), phase) else {
            return Turn::Fail(Failure::runtime(format!(
                "'{}' has no branches",
                lane.state
            )));
        };
        let driven = self.drive_slots(shape, lane, &mut fork);
        if self.shared.history.is_full() {
            lane.phase = Phase::Fork(fork);
            return Turn::Wait;
        }
        if let Err(failure) = driven {
            self.cut_off(shape, lane, &mut fork);
            self.log(lane, &format!("{}StateFailed", state.kind.name()), None);
            return self.recover(state, lane, failure);
        }
        if !fork.slots.iter().all(|slot| matches!(slot, Slot::Done(_))) {
            lane.phase = Phase::Fork(fork);
            return Turn::Wait;
        }
        let results = fork.slots.into_iter().filter_map(|slot| match slot {
            Slot::Done(output) => Some(output),
            Slot::Waiting { .. } | Slot::Running(_) => None,
        });
        let results = Value::Array(results.collect());
        self.log(lane, &format!("{}StateSucceeded", state.kind.name()), None);
        let after = match &state.kind {
            Kind::Parallel(parallel) => (&parallel.result, &parallel.next),
            Kind::Map(map) => (&map.result, &map.next),
            _ => {
                return Turn::Fail(Failure::runtime(format!(
                    "'{}' has no branches",
                    lane.state
                )));
            }
        };
        match self.finish(state, lane, results, after) {
            Ok(turn) => turn,
            Err(failure) => self.recover(state, lane, failure),
        }
    }

    /// Starts what may start and moves what runs, in order. One pass is enough: slots start in
    /// order, so whatever waits stands behind all that run.
    fn drive_slots(
        &mut self,
        shape: Shape<'_>,
        parent: &mut Lane,
        fork: &mut Fork,
    ) -> Result<(), Failure> {
        let mut running = fork
            .slots
            .iter()
            .filter(|slot| matches!(slot, Slot::Running(_)))
            .count();
        for (index, slot) in fork.slots.iter_mut().enumerate() {
            let Some(flow) = shape.flow(index) else {
                continue;
            };
            if let Slot::Waiting { input, item } = slot {
                if running >= shape.at_a_time {
                    break;
                }
                running += 1;
                let (input, item) = (mem::take(input), item.take());
                let mut lane = Lane::new(&flow.start_at, input, item, fork.started_event, self.now);
                if shape.is_map {
                    let details = iteration(parent, index);
                    self.log(&mut lane, "MapIterationStarted", Some(details));
                }
                *slot = Slot::Running(Box::new(lane));
            }
            let Slot::Running(lane) = slot else { continue };
            match self.run(flow, lane) {
                Reached::Waiting => {}
                Reached::End(output) => {
                    running -= 1;
                    if shape.is_map {
                        let details = iteration(parent, index);
                        self.log(lane, "MapIterationSucceeded", Some(details));
                    }
                    parent.last_event = lane.last_event;
                    *slot = Slot::Done(output);
                }
                Reached::Failure(failure) => {
                    if shape.is_map {
                        let details = iteration(parent, index);
                        self.log(lane, "MapIterationFailed", Some(details));
                    }
                    parent.last_event = lane.last_event;
                    *slot = Slot::Done(Value::Null);
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    /// Ends the lanes that still run because a sibling failed.
    fn cut_off(&mut self, shape: Shape<'_>, parent: &Lane, fork: &mut Fork) {
        for (index, slot) in fork.slots.iter_mut().enumerate() {
            let (Slot::Running(lane), Some(flow)) = (slot, shape.flow(index)) else {
                continue;
            };
            self.abort(flow, lane);
            if shape.is_map {
                self.log(lane, "MapIterationAborted", Some(iteration(parent, index)));
            }
        }
    }

    fn abort(&mut self, flow: &Flow, lane: &mut Lane) {
        let Some(state) = flow.states.get(&lane.state) else {
            return;
        };
        let phase = mem::replace(&mut lane.phase, Phase::Attempt);
        if let (Some(shape), Phase::Fork(mut fork)) = (Shape::of(state), phase) {
            self.cut_off(shape, lane, &mut fork);
        }
        // Only these four types can be under way between two calls.
        if matches!(
            state.kind,
            Kind::Task(_) | Kind::Wait { .. } | Kind::Parallel(_) | Kind::Map(_)
        ) {
            self.log(lane, &format!("{}StateAborted", state.kind.name()), None);
        }
    }
}

fn iteration(parent: &Lane, index: usize) -> Value {
    json!({"name": parent.state, "index": index})
}
