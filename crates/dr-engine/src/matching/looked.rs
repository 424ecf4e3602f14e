//! What matching looks at, and what of it is remembered for a minute.
//!
//! Requirement 004, "Caching", lets matching be five minutes old. Only a report that a person reads is answered from
//! memory: whatever is saved or launched is looked at anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use dr_error::Result;
use dr_model::ids::InstanceId;
use dr_model::place::{Direction, Place};
use dr_model::server::SourceServer;
use dr_model::target::TargetInstance;

use crate::app::App;
use crate::servers;

/// How old a look may be that a report is made from.
const REMEMBERED_SECONDS: i64 = 60;

/// Both sides of a direction.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    /// Servers.
    pub sources: Vec<SourceServer>,
    /// Instances that may be launched into: tagged, or stopped and only lacking the tag. None of the servers'
    /// originals.
    pub targets: Vec<TargetInstance>,
    /// Name tags of the original instances.
    pub origin_names: BTreeMap<InstanceId, String>,
}

/// The last look at each direction, in this process.
#[derive(Debug, Default)]
pub struct Looks(Mutex<BTreeMap<(Place, Place), Timed>>);

/// A look and its time.
type Timed = (DateTime<Utc>, Arc<Looked>);

impl Looks {
    /// A look that is young enough.
    fn young(&self, direction: &Direction, now: DateTime<Utc>) -> Option<Arc<Looked>> {
        let looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, looked) = looks.get(&key(direction))?;
        is_young(*at, now).then(|| Arc::clone(looked))
    }

    /// Remembers a look, and forgets those that are old.
    fn keep(&self, direction: &Direction, looked: &Arc<Looked>, now: DateTime<Utc>) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, (at, _)| is_young(*at, now));
        looks.insert(key(direction), (now, Arc::clone(looked)));
    }
}

fn key(direction: &Direction) -> (Place, Place) {
    (direction.primary.clone(), direction.recovery.clone())
}

fn is_young(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at < Duration::seconds(REMEMBERED_SECONDS)
}

/// Looks at both sides, or remembers the last look where that is good enough.
pub(super) async fn look(
    app: &App,
    direction: &Direction,
    remembered: bool,
) -> Result<Arc<Looked>> {
    if remembered && let Some(looked) = app.looks().young(direction, app.clock().now()) {
        return Ok(looked);
    }
    // Before the look: it is as old as its oldest part.
    let now = app.clock().now();
    let cloud = app.cloud(&direction.recovery).await?;
    let (sources, mut targets) =
        futures::try_join!(servers::all(app, direction), cloud.ec2.candidate_targets())?;
    let originals: BTreeSet<&InstanceId> = sources
        .iter()
        .filter_map(|server| server.origin_instance_id.as_ref())
        .collect();
    targets.retain(|target| !originals.contains(&target.id));
    let (origin_names, failed) = servers::origin_names(app, direction, &sources).await;
    let looked = Arc::new(Looked {
        sources,
        targets,
        origin_names,
    });
    // Names that could not be read may be readable at once.
    if failed.is_none() {
        app.looks().keep(direction, &looked, now);
    }
    Ok(looked)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use dr_model::place::Direction;

    use super::{Looked, Looks};
    use crate::samples::{at, direction, source, target};

    fn looked() -> Arc<Looked> {
        Arc::new(Looked {
            sources: vec![source()],
            targets: vec![target()],
            origin_names: BTreeMap::new(),
        })
    }

    /// Requirement 004, "Caching": at most five minutes; we take one.
    #[test]
    fn a_look_is_remembered_for_a_minute_and_for_its_direction_alone() {
        let (looks, there) = (Looks::default(), direction());
        let back = Direction {
            primary: there.recovery.clone(),
            recovery: there.primary.clone(),
        };
        looks.keep(&there, &looked(), at(0));
        assert!(looks.young(&there, at(59)).is_some());
        assert!(looks.young(&there, at(60)).is_none());
        assert!(looks.young(&back, at(0)).is_none());
    }

    #[test]
    fn what_is_old_is_forgotten_with_the_next_look() {
        let (looks, there) = (Looks::default(), direction());
        let back = Direction {
            primary: there.recovery.clone(),
            recovery: there.primary.clone(),
        };
        looks.keep(&there, &looked(), at(0));
        looks.keep(&back, &looked(), at(60));
        assert_eq!(looks.0.lock().unwrap().len(), 1);
    }
}
