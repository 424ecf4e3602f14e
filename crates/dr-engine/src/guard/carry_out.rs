//! The hands of the guard: the only place that asks AWS for anything destructive. Every call says what it hits and what
//! was typed for that, and is made if the verdict allows it.
//!
//! A batch is made whole or not at all: who has servers of which some may be refused asks [`Target::allow`] of each
//! before. What a call hits is known from what was looked at anyway, so that the guard costs no call of its own.

use std::collections::BTreeMap;
use std::fmt::Display;

use dr_error::{Error, Result};
use dr_model::execution::LaunchInto;
use dr_model::ids::{InstanceId, RecoveryInstanceId, SourceServerId};
use dr_model::job::Job;
use dr_model::server::RecoveryInstance;
use futures::{StreamExt, stream};

use super::allow_launch;
use super::verdict::{Destruction, Hit, Verdict, Words, verdict};
use crate::cloud::Cloud;
use crate::validation::gather::CONCURRENCY;

/// The error code of a refusal.
pub const REFUSED: &str = "GUARD_REFUSED";

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<Id> {
    /// Its id.
    pub id: Id,
    /// What it is.
    pub hit: Hit,
    /// What a person typed who asked for this, now or when the step was asked for.
    pub typed: Vec<Words>,
}

impl<Id: Display> Target<Id> {
    /// Something that needs no words.
    pub fn new(id: Id, hit: Hit) -> Self {
        Self {
            id,
            hit,
            typed: Vec::new(),
        }
    }

    /// With what was typed.
    #[must_use]
    pub fn typed(mut self, words: impl IntoIterator<Item = Words>) -> Self {
        self.typed.extend(words);
        self
    }

    /// The same by another id.
    pub fn of<Other>(&self, id: Other) -> Target<Other> {
        Target {
            id,
            hit: self.hit,
            typed: self.typed.clone(),
        }
    }

    /// The guard's word on it. Pure.
    ///
    /// # Errors
    /// What would be hit, and what to do instead.
    pub fn allow(&self, what: Destruction) -> Result<()> {
        let instead = match verdict(what, self.hit) {
            Verdict::Allowed => return Ok(()),
            Verdict::NeedsConfirmation(words) if self.typed.contains(&words) => return Ok(()),
            Verdict::NeedsConfirmation(words) => {
                format!("that needs the words {:?}", words.text(&self.id))
            }
            Verdict::Refused(instead) => instead.to_owned(),
        };
        Err(Error::Conflict {
            code: REFUSED,
            message: format!(
                "{} is {}: this would {} it; {instead}",
                self.id,
                self.hit.what(),
                what.would()
            ),
        })
    }
}

fn allow_all<Id: Display + Clone>(what: Destruction, targets: &[Target<Id>]) -> Result<Vec<Id>> {
    targets
        .iter()
        .map(|target| target.allow(what).map(|()| target.id.clone()))
        .collect()
}

/// Starts a recovery of servers, if it terminates nothing that is needed. `existing`: all their recovery instances.
pub(crate) async fn start_recovery(
    cloud: &Cloud,
    servers: &[SourceServerId],
    is_drill: bool,
    destinations: &BTreeMap<SourceServerId, LaunchInto>,
    existing: &[RecoveryInstance],
) -> Result<Job> {
    allow_launch("this launch", destinations, existing)?;
    cloud
        .drs
        .start_recovery(servers, is_drill, &BTreeMap::new())
        .await
}

/// Terminates instances by a job of DRS.
pub(crate) async fn terminate(
    cloud: &Cloud,
    targets: &[Target<RecoveryInstanceId>],
) -> Result<Job> {
    let ids = allow_all(Destruction::Terminate, targets)?;
    cloud.drs.terminate_recovery_instances(&ids).await
}

/// Stops instances.
pub(crate) async fn stop(cloud: &Cloud, targets: &[Target<InstanceId>]) -> Result<()> {
    let ids = allow_all(Destruction::Stop, targets)?;
    cloud.ec2.stop_instances(&ids).await
}

/// Stops instances; answers why some are not. A call for one that does not exist stops none of its chunk, so that then
/// each is tried alone.
pub(crate) async fn stop_each(
    cloud: &Cloud,
    targets: &[Target<InstanceId>],
) -> BTreeMap<InstanceId, Error> {
    if targets.is_empty() || stop(cloud, targets).await.is_ok() {
        return BTreeMap::new();
    }
    let calls = targets.iter().map(|target| async move {
        let stopped = stop(cloud, std::slice::from_ref(target)).await;
        Some((target.id.clone(), stopped.err()?))
    });
    let answers: Vec<_> = stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    answers.into_iter().flatten().collect()
}

/// Cuts an instance off from DRS.
pub(crate) async fn disconnect(cloud: &Cloud, target: &Target<RecoveryInstanceId>) -> Result<()> {
    target.allow(Destruction::Disconnect)?;
    cloud.drs.disconnect_recovery_instance(&target.id).await
}

/// Deletes DRS's record of an instance.
pub(crate) async fn delete_record(
    cloud: &Cloud,
    target: &Target<RecoveryInstanceId>,
) -> Result<()> {
    target.allow(Destruction::DeleteRecord)?;
    cloud.drs.delete_recovery_instance(&target.id).await
}

/// Turns replication round; answers the ARN of who receives it.
pub(crate) async fn reverse_replication(
    cloud: &Cloud,
    target: &Target<RecoveryInstanceId>,
) -> Result<String> {
    target.allow(Destruction::ReverseReplication)?;
    cloud.drs.reverse_replication(&target.id).await
}

/// Stops replication into a source server.
pub(crate) async fn stop_replication(cloud: &Cloud, target: &Target<SourceServerId>) -> Result<()> {
    target.allow(Destruction::StopReplication)?;
    cloud.drs.stop_replication(&target.id).await
}

/// Disconnects a source server, so that it can be deleted.
pub(crate) async fn disconnect_source_server(
    cloud: &Cloud,
    target: &Target<SourceServerId>,
) -> Result<()> {
    target.allow(Destruction::DeleteSourceServer)?;
    cloud.drs.disconnect_source_server(&target.id).await
}

/// Deletes a source server.
pub(crate) async fn delete_source_server(
    cloud: &Cloud,
    target: &Target<SourceServerId>,
) -> Result<()> {
    target.allow(Destruction::DeleteSourceServer)?;
    cloud.drs.delete_source_server(&target.id).await
}

/// Deletes a volume.
pub(crate) async fn delete_volume(cloud: &Cloud, target: &Target<String>) -> Result<()> {
    target.allow(Destruction::DeleteVolume)?;
    cloud.ec2.delete_volume(&target.id).await
}

#[cfg(test)]
mod tests {
    use dr_error::Error;

    use super::{Target, allow_all};
    use crate::guard::verdict::{Destruction as D, Hit, Words};

    fn target(hit: Hit) -> Target<String> {
        Target::new("i-1".to_owned(), hit)
    }

    fn refusal(target: &Target<String>, what: D) -> String {
        match target.allow(what) {
            Err(Error::Conflict { code, message }) => {
                assert_eq!(code, "GUARD_REFUSED");
                message
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_needs_words_is_refused_without_them_and_with_others() {
        let home = target(Hit::HomeUnprotected);
        assert_eq!(
            refusal(&home, D::Stop),
            "i-1 is the live primary, which is not protected yet: this would stop it; that needs the words \"go back\""
        );
        refusal(&home.clone().typed([Words::Unprotected]), D::Stop);
        assert!(home.typed([Words::GoBack]).allow(D::Stop).is_ok());
        assert!(refusal(&target(Hit::Replaced), D::Terminate).ends_with("the words \"i-1\""));
    }

    #[test]
    fn no_words_allow_what_is_refused() {
        let every = [
            Words::InstanceId,
            Words::Unprotected,
            Words::GoBack,
            Words::FullCopy,
        ];
        let production = target(Hit::OnItsWayHome).typed(every);
        for what in [D::Terminate, D::Stop, D::Disconnect, D::DeleteRecord] {
            assert!(refusal(&production, what).ends_with("bring it home by failback"));
        }
    }

    #[test]
    fn one_that_is_refused_keeps_the_whole_batch_from_being_asked_for() {
        let batch = [target(Hit::Drill), target(Hit::Home)];
        assert!(allow_all(D::Terminate, &batch).is_err());
        assert_eq!(allow_all(D::Terminate, &batch[..1]).unwrap(), ["i-1"]);
    }
}
