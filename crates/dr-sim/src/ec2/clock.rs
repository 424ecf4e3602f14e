//! What takes time in EC2: instance states and detachments, kept in a queue ordered by when they
//! are due, so that nothing is ever searched for.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::State;
use super::resources::InstanceState;
use crate::dice::Dice;
use crate::world::World;

/// Seconds from a start to `running`: about 20, as EC2 instances usually take.
const START_SECONDS: (u64, u64) = (15, 25);
/// Seconds from a stop to `stopped`: about 30.
const STOP_SECONDS: (u64, u64) = (25, 35);
/// Seconds from a termination to `terminated`: about 30.
const TERMINATE_SECONDS: (u64, u64) = (25, 35);
/// Seconds that a volume needs to leave an instance.
const DETACH_SECONDS: i64 = 5;
/// How long a terminated instance can still be described (EC2 user guide: about an hour).
const TERMINATED_SHOWN_HOURS: i64 = 1;

/// Something that will happen by itself. Ordered by time first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: Change,
}

/// What will happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Change {
    /// A pending instance runs.
    Runs(String),
    /// A stopping instance is stopped.
    Stops(String),
    /// An instance that shuts down is terminated.
    Ends(String),
    /// A terminated instance is forgotten.
    Vanishes(String),
    /// A volume has left its instance.
    Detaches(String),
}

/// The earliest time at which something changes by itself, anywhere.
#[must_use]
pub fn next_due(world: &World) -> Option<DateTime<Utc>> {
    world.next_of(|place| place.ec2.queue.first().map(|due| due.at))
}

/// Carries out everything that is due at `now` or earlier.
pub fn advance(world: &mut World, now: DateTime<Utc>) {
    for place in world.places.values_mut().flat_map(|r| r.values_mut()) {
        place.ec2.advance(now);
    }
}

impl State {
    fn advance(&mut self, now: DateTime<Utc>) {
        while self.queue.first().is_some_and(|due| due.at <= now) {
            let Some(Due { at, what }) = self.queue.pop_first() else {
                return;
            };
            match what {
                Change::Runs(id) => {
                    self.arrive(&id, InstanceState::Pending, InstanceState::Running, at)
                }
                Change::Stops(id) => {
                    self.arrive(&id, InstanceState::Stopping, InstanceState::Stopped, at)
                }
                Change::Ends(id) => {
                    self.arrive(
                        &id,
                        InstanceState::ShuttingDown,
                        InstanceState::Terminated,
                        at,
                    );
                    self.release(&id);
                    let at = at + Duration::hours(TERMINATED_SHOWN_HOURS);
                    self.queue.insert(Due {
                        at,
                        what: Change::Vanishes(id),
                    });
                }
                Change::Vanishes(id) => {
                    if let Some(gone) = self.instances.remove(&id) {
                        self.ended.insert(id, gone.state_since);
                    }
                }
                Change::Detaches(id) => self.finish_detach(&id),
            }
        }
    }

    /// Reaches a state, unless the instance has meanwhile been sent elsewhere (a start that was
    /// overtaken by a termination, for example).
    fn arrive(&mut self, id: &str, from: InstanceState, to: InstanceState, at: DateTime<Utc>) {
        if let Some(instance) = self.instances.get_mut(id)
            && instance.state == from
        {
            instance.state = to;
            instance.state_since = at;
        }
    }

    /// What a terminated instance gives back: its address and its volumes.
    fn release(&mut self, id: &str) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        let devices = std::mem::take(&mut instance.devices);
        if let Some(subnet) = self.subnets.get_mut(&instance.subnet_id) {
            subnet.taken.remove(&instance.private_ip);
        }
        for device in devices {
            if device.delete_on_termination {
                self.volumes.remove(&device.volume_id);
            } else if let Some(volume) = self.volumes.get_mut(&device.volume_id) {
                volume.attachment = None;
            }
        }
    }

    fn finish_detach(&mut self, volume_id: &str) {
        let Some(volume) = self.volumes.get_mut(volume_id) else {
            return;
        };
        let Some(attachment) = volume.attachment.take_if(|a| a.detaching) else {
            return;
        };
        if let Some(instance) = self.instances.get_mut(&attachment.instance_id) {
            instance.devices.retain(|d| d.volume_id != volume_id);
        }
    }

    /// Begins a start. The caller has checked that the instance is stopped.
    pub(super) fn begin_start(&mut self, dice: &mut Dice, id: &str, now: DateTime<Utc>) {
        self.begin(id, InstanceState::Pending, None, now);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.launched = now;
        }
        self.due(dice, START_SECONDS, Change::Runs(id.to_owned()), now);
    }

    /// Begins a stop. The caller has checked that the instance runs.
    pub(super) fn begin_stop(&mut self, dice: &mut Dice, id: &str, now: DateTime<Utc>) {
        let reason = ("Client.UserInitiatedShutdown", "User initiated shutdown");
        self.begin(id, InstanceState::Stopping, Some(reason), now);
        self.due(dice, STOP_SECONDS, Change::Stops(id.to_owned()), now);
    }

    /// Begins a termination; nothing happens to one that is under way or done.
    pub(super) fn begin_termination(&mut self, dice: &mut Dice, id: &str, now: DateTime<Utc>) {
        let over = [InstanceState::ShuttingDown, InstanceState::Terminated];
        if self
            .instances
            .get(id)
            .is_none_or(|i| over.contains(&i.state))
        {
            return;
        }
        let reason = ("Client.UserInitiatedShutdown", "User initiated shutdown");
        self.begin(id, InstanceState::ShuttingDown, Some(reason), now);
        self.due(dice, TERMINATE_SECONDS, Change::Ends(id.to_owned()), now);
    }

    /// Begins to detach a volume. The caller has checked that it is attached.
    pub(super) fn begin_detach(&mut self, volume_id: &str, now: DateTime<Utc>) {
        if let Some(attachment) = self
            .volumes
            .get_mut(volume_id)
            .and_then(|v| v.attachment.as_mut())
        {
            attachment.detaching = true;
            let at = now + Duration::seconds(DETACH_SECONDS);
            let what = Change::Detaches(volume_id.to_owned());
            self.queue.insert(Due { at, what });
        }
    }

    fn begin(
        &mut self,
        id: &str,
        state: InstanceState,
        reason: Option<(&str, &str)>,
        now: DateTime<Utc>,
    ) {
        if let Some(instance) = self.instances.get_mut(id) {
            instance.state = state;
            instance.state_since = now;
            instance.state_reason = reason.map(|(code, text)| (code.to_owned(), text.to_owned()));
        }
    }

    fn due(&mut self, dice: &mut Dice, span: (u64, u64), what: Change, now: DateTime<Utc>) {
        let seconds = i64::try_from(dice.between(span.0, span.1)).unwrap_or(0);
        let at = now + Duration::seconds(seconds);
        self.queue.insert(Due { at, what });
    }
}
