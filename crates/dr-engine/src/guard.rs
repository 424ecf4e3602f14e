//! The guard: what a start, stop, terminate, disconnect or delete would destroy. Nothing destructive is reachable
//! except through it: `verdict` and this file decide, and are pure; `carry_out` alone asks AWS.
//!
//! A new drill or recovery of a source server terminates all its earlier recovery instances, even
//! disconnected ones: a drill after a real failover would destroy production.

pub(crate) mod carry_out;
pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use dr_error::{Error, Result};
use dr_model::execution::LaunchInto;
use dr_model::guard::Loss;
use dr_model::ids::{InstanceId, JobId, SourceServerId};
use dr_model::server::RecoveryInstance;

use crate::sessions::re_protect;

use self::verdict::{Destruction, Hit, Verdict, Words, verdict};

pub use self::carry_out::{REFUSED, Target};

/// What starting a launch of these servers would destroy: every live recovery instance that a real
/// recovery made, whoever launched it, and every drill instance that is the very instance to launch into.
/// O(instances · log servers).
#[must_use]
pub fn losses_of_launch(
    servers: &BTreeMap<SourceServerId, LaunchInto>,
    existing: &[RecoveryInstance],
) -> Vec<Loss> {
    existing
        .iter()
        .filter(|instance| instance.is_live())
        .filter_map(|instance| {
            let launch_into = servers.get(&instance.source_server_id)?;
            // DRS names a recovery instance after its EC2 instance, also before it shows that one.
            let instance_id = instance
                .instance_id
                .clone()
                .or_else(|| instance.id.as_str().parse().ok())?;
            let is_target = matches!(launch_into, LaunchInto::Target { instance_id: target, .. } if *target == instance_id);
            let hit = hit_by_launch(instance.is_drill, is_target);
            // A drill and a recovery hit the same.
            let Verdict::Refused(instead) = verdict(Destruction::LaunchRecovery, hit) else {
                return None;
            };
            let why = would(&instance_id, instance, hit, "a new launch would terminate it", instead);
            Some(Loss {
                source_server_id: instance.source_server_id.clone(),
                instance_id,
                is_drill: instance.is_drill,
                launched_at: instance.launched_at,
                why,
            })
        })
        .collect()
}

/// Of a real recovery the launch does not know whether it is on its way home: it may hit neither.
fn hit_by_launch(is_drill: bool, is_target: bool) -> Hit {
    match (is_drill, is_target) {
        (false, _) => Hit::Production,
        (true, true) => Hit::DrillInTarget,
        (true, false) => Hit::Drill,
    }
}

/// An instance of a drill that ends. The end is confirmed before a list of what it terminates, on which a pre-provisioned
/// instance stands only if its id was typed. In the recovery region nobody's protection hangs on one that replicates back.
#[must_use]
pub fn of_drill<Id: Display>(id: Id, instance: &RecoveryInstance, is_failback: bool) -> Target<Id> {
    let is_reversed = is_failback && re_protect::is_reversed(instance);
    let hit = match hit_by_launch(instance.is_drill, true) {
        Hit::DrillInTarget if is_reversed => Hit::DrillReversed,
        other => other,
    };
    Target::new(id, hit).typed([Words::InstanceId])
}

/// What an instance is, when it was launched, whether it replicates back, and what would become of it.
fn would(
    id: &InstanceId,
    instance: &RecoveryInstance,
    hit: Hit,
    effect: &str,
    instead: &str,
) -> String {
    let launched = instance
        .launched_at
        .map(|at| format!(", launched from {}", at.format("%Y-%m-%d %H:%M UTC")))
        .unwrap_or_default();
    let back = if re_protect::is_reversed(instance) {
        ", replicating back"
    } else {
        ""
    };
    let what = match hit {
        Hit::Production => format!("a live recovery of {}", instance.source_server_id),
        other => other.what().to_owned(),
    };
    format!("{id} is {what}{launched}{back}: {effect}; {instead}")
}

/// One instance that something would hit, with what that is.
#[must_use]
pub fn loss(
    what: Destruction,
    hit: Hit,
    instance: &RecoveryInstance,
    instead: &str,
) -> Option<Loss> {
    let instance_id = instance
        .instance_id
        .clone()
        .or_else(|| instance.id.as_str().parse().ok())?;
    let effect = format!("this would {} it", what.would());
    Some(Loss {
        source_server_id: instance.source_server_id.clone(),
        is_drill: instance.is_drill,
        launched_at: instance.launched_at,
        why: would(&instance_id, instance, hit, &effect, instead),
        instance_id,
    })
}

/// Refuses a launch that would destroy something. There is no override: not for a drill, and a real
/// recovery over a live recovery is brought home first.
///
/// # Errors
/// [`Error::WouldLose`] naming each instance.
pub fn allow_launch(
    action: &str,
    servers: &BTreeMap<SourceServerId, LaunchInto>,
    existing: &[RecoveryInstance],
) -> Result<()> {
    refuse(action, losses_of_launch(servers, existing))
}

fn refuse(action: &str, losses: Vec<Loss>) -> Result<()> {
    if losses.is_empty() {
        Ok(())
    } else {
        Err(Error::WouldLose {
            action: action.to_owned(),
            losses,
        })
    }
}

/// Where a drill launched a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The instance.
    pub instance_id: InstanceId,
    /// Where it was to go.
    pub launch_into: LaunchInto,
    /// The job that launched it.
    pub job_id: Option<JobId>,
}

impl Launched {
    /// Whether DRS records this launch, and not a later one into the same instance.
    fn is_recorded_by(&self, instance: &RecoveryInstance) -> bool {
        match (&self.job_id, &instance.job_id) {
            (Some(ours), Some(recorded)) => ours.as_str() == recorded,
            // Where one side is not known, the instance decides.
            _ => true,
        }
    }
}

/// What ending a drill does to each recovery instance that it launched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndOfDrill {
    /// To terminate: new instances, and pre-provisioned ones that the caller named.
    pub terminate: Vec<RecoveryInstance>,
    /// To hand back: take out of DRS, stop, keep id, IP and tag.
    pub release: Vec<RecoveryInstance>,
}

/// Sorts the instances of a drill. Refuses when one of them is no drill's: then somebody has launched a real
/// recovery since, and ending the drill would destroy that.
///
/// # Errors
/// [`Error::WouldLose`] naming each instance that is not a drill's.
pub fn end_of_drill(
    launched: &BTreeMap<SourceServerId, Launched>,
    existing: &[RecoveryInstance],
    also_terminate: &BTreeSet<InstanceId>,
) -> Result<EndOfDrill> {
    let mut end = EndOfDrill::default();
    let mut losses = Vec::new();
    for instance in existing {
        let Some(launch) = launched.get(&instance.source_server_id) else {
            continue;
        };
        let id = &launch.instance_id;
        if instance.instance_id.as_ref() != Some(id) || !instance.is_live() {
            continue;
        }
        let hit = hit_by_launch(instance.is_drill, true);
        if matches!(verdict(Destruction::Stop, hit), Verdict::Refused(_)) {
            losses.push(Loss {
                source_server_id: instance.source_server_id.clone(),
                instance_id: id.clone(),
                is_drill: false,
                launched_at: instance.launched_at,
                why: format!("{id} is now a live recovery, not this drill's instance"),
            });
        } else if !launch.is_recorded_by(instance) {
            // A later drill launched into the same instance: it is that drill's to end.
        } else if launch.launch_into == LaunchInto::NewInstance || also_terminate.contains(id) {
            end.terminate.push(instance.clone());
        } else {
            end.release.push(instance.clone());
        }
    }
    refuse("ending this drill", losses).map(|()| end)
}

#[cfg(test)]
mod tests {
    use super::{
        BTreeMap, BTreeSet, LaunchInto, Launched, RecoveryInstance, allow_launch, end_of_drill,
        losses_of_launch,
    };
    use dr_error::Error;

    fn instance(server: &str, id: &str, is_drill: bool, state: &str) -> RecoveryInstance {
        RecoveryInstance {
            id: id.parse().unwrap(),
            instance_id: id.parse().ok(),
            source_server_id: server.parse().unwrap(),
            is_drill,
            instance_state: state.to_owned(),
            job_id: None,
            launched_at: None,
            failback_state: None,
            replication: Default::default(),
            agent_seen_at: None,
            name: None,
        }
    }

    fn launched_into(id: &str, launch_into: LaunchInto) -> Launched {
        Launched {
            instance_id: id.parse().unwrap(),
            launch_into,
            job_id: "drsjob-00000000000000001".parse().ok(),
        }
    }

    #[test]
    fn a_later_drill_in_the_same_instance_is_not_this_drills_to_end() {
        let launched: BTreeMap<_, _> = into_target()
            .into_iter()
            .map(|(server, into)| (server, launched_into(TARGET, into)))
            .collect();
        for (job, released) in [
            ("drsjob-00000000000000001", 1),
            ("drsjob-00000000000000002", 0),
        ] {
            let recorded = RecoveryInstance {
                job_id: Some(job.to_owned()),
                ..instance(SERVER, TARGET, true, "RUNNING")
            };
            let end = end_of_drill(&launched, &[recorded], &BTreeSet::new()).unwrap();
            assert_eq!(
                (end.terminate.len(), end.release.len()),
                (0, released),
                "{job}"
            );
        }
    }

    const SERVER: &str = "s-11111111111111111";
    const LIVE: &str = "i-0000000000000000a";
    const TARGET: &str = "i-0000000000000000b";

    fn into_target() -> BTreeMap<super::SourceServerId, LaunchInto> {
        let target = LaunchInto::Target {
            instance_id: TARGET.parse().unwrap(),
            private_ip: None,
        };
        BTreeMap::from([(SERVER.parse().unwrap(), target)])
    }

    #[test]
    fn a_live_recovery_forbids_a_new_launch_and_is_named() {
        let error = allow_launch(
            "this drill",
            &into_target(),
            &[instance(SERVER, LIVE, false, "RUNNING")],
        )
        .unwrap_err();
        match error {
            Error::WouldLose { losses, .. } => assert_eq!(losses[0].instance_id.as_str(), LIVE),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stopped_recovery_is_live_and_a_terminated_one_is_not() {
        assert_eq!(
            losses_of_launch(&into_target(), &[instance(SERVER, LIVE, false, "STOPPED")]).len(),
            1
        );
        for gone in ["TERMINATED", "SHUTTING-DOWN"] {
            assert!(
                losses_of_launch(&into_target(), &[instance(SERVER, LIVE, false, gone)]).is_empty()
            );
        }
    }

    #[test]
    fn an_earlier_drill_elsewhere_is_no_loss_but_one_in_the_target_is() {
        assert!(
            losses_of_launch(&into_target(), &[instance(SERVER, LIVE, true, "RUNNING")]).is_empty()
        );
        assert_eq!(
            losses_of_launch(&into_target(), &[instance(SERVER, TARGET, true, "STOPPED")]).len(),
            1
        );
    }

    #[test]
    fn another_servers_recovery_is_none_of_our_business() {
        let other = instance("s-22222222222222222", LIVE, false, "RUNNING");
        assert!(losses_of_launch(&into_target(), &[other]).is_empty());
    }

    #[test]
    fn a_pre_provisioned_instance_is_handed_back_unless_it_is_named() {
        let launched: BTreeMap<_, _> = into_target()
            .into_iter()
            .map(|(server, into)| (server, launched_into(TARGET, into)))
            .collect();
        let existing = [instance(SERVER, TARGET, true, "RUNNING")];
        let end = end_of_drill(&launched, &existing, &BTreeSet::new()).unwrap();
        assert_eq!((end.terminate.len(), end.release.len()), (0, 1));
        let named = BTreeSet::from([TARGET.parse().unwrap()]);
        let end = end_of_drill(&launched, &existing, &named).unwrap();
        assert_eq!((end.terminate.len(), end.release.len()), (1, 0));
        let real = [instance(SERVER, TARGET, false, "RUNNING")];
        assert!(end_of_drill(&launched, &real, &named).is_err());
    }
    #[test]
    fn a_live_recovery_whose_ec2_instance_drs_does_not_show_is_a_loss_too() {
        let unnamed = RecoveryInstance {
            instance_id: None,
            ..instance(SERVER, LIVE, false, "RUNNING")
        };
        let losses = losses_of_launch(&into_target(), &[unnamed]);
        assert_eq!(losses[0].instance_id.as_str(), LIVE);
    }

    #[test]
    fn a_live_recovery_is_a_loss_where_it_is_the_target_and_where_there_is_no_pair() {
        let new = BTreeMap::from([(SERVER.parse().unwrap(), LaunchInto::NewInstance)]);
        for (servers, id) in [(into_target(), TARGET), (new, LIVE)] {
            let losses = losses_of_launch(&servers, &[instance(SERVER, id, false, "STOPPED")]);
            assert_eq!(losses.len(), 1);
            assert!(!losses[0].is_drill && losses[0].why.contains(id));
        }
    }

    #[test]
    fn every_instance_that_would_be_lost_is_named_with_the_action() {
        let existing = [
            instance(SERVER, LIVE, false, "RUNNING"),
            instance(SERVER, TARGET, true, "STOPPED"),
            instance(SERVER, "i-0000000000000000c", true, "RUNNING"),
        ];
        match allow_launch("this recovery", &into_target(), &existing).unwrap_err() {
            Error::WouldLose { action, losses } => {
                assert_eq!(action, "this recovery");
                let named: Vec<_> = losses.iter().map(|l| l.instance_id.as_str()).collect();
                assert_eq!(named, [LIVE, TARGET]);
            }
            other => panic!("{other:?}"),
        }
        assert!(allow_launch("this drill", &into_target(), &[]).is_ok());
    }

    #[test]
    fn ending_a_drill_touches_only_what_it_launched_and_what_lives() {
        let launched = BTreeMap::from([(
            SERVER.parse().unwrap(),
            launched_into(LIVE, LaunchInto::NewInstance),
        )]);
        let existing = [
            instance(SERVER, LIVE, true, "RUNNING"),
            // A later drill's, another server's, and one that is gone.
            instance(SERVER, TARGET, true, "RUNNING"),
            instance("s-22222222222222222", LIVE, true, "RUNNING"),
            instance(SERVER, LIVE, true, "TERMINATED"),
        ];
        let end = end_of_drill(&launched, &existing, &BTreeSet::new()).unwrap();
        // What was launched as a new instance is nobody's to keep.
        assert_eq!(end.terminate, [existing[0].clone()]);
        assert!(end.release.is_empty());
    }
}
