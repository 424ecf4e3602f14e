//! The last step of a clean-up: detached volumes, and the launch configuration of the next failover.

use dr_aws::{Volume, VolumeFilter};
use dr_error::{AwsClass, Error, Result};
use dr_model::session::{CleanupStep, SessionServer, StageEvent};

use super::run::{Run, at_once, repeat};
use super::volumes::{Side, is_left_by};
use super::{Act, tell};
use crate::guard::verdict::Hit;
use crate::guard::{Target, carry_out};
use crate::sessions::{Done, Outcomes, moved, re_protect};

/// Volumes that resist this often are left to a person.
const TRIES: u32 = 5;

impl Run<'_> {
    /// Detached volumes go, and the next failover is looked after: then the server is home.
    pub(super) async fn volumes(&self, servers: Vec<SessionServer>) -> Outcomes {
        let is_wanted = |server: &SessionServer| {
            server
                .cleanup
                .as_ref()
                .is_some_and(|cleanup| cleanup.delete_volumes)
        };
        let detached = if servers.iter().any(is_wanted) {
            async {
                let there = self.there.ec2.volumes(&VolumeFilter::Detached).await?;
                Ok((there, self.here.ec2.volumes(&VolumeFilter::Detached).await?))
            }
            .await
        } else {
            Ok((Vec::new(), Vec::new()))
        };
        let calls = servers.into_iter().map(|server| {
            let detached = &detached;
            async move {
                let outcome = self.last(&server, detached).await;
                (server.source_server_id, outcome)
            }
        });
        at_once(calls.collect()).await
    }

    async fn last(
        &self,
        server: &SessionServer,
        detached: &Result<(Vec<Volume>, Vec<Volume>)>,
    ) -> Result<Done> {
        let cleanup = server.cleanup.clone().unwrap_or_default();
        let mut manual = Vec::new();
        if cleanup.delete_volumes {
            manual = self.delete_volumes(server, detached).await?;
        }
        match re_protect::restore_launch(&self.there, server, cleanup.terminate).await {
            Ok(_) => {}
            Err(error) if error.aws_class() == Some(AwsClass::NotFound) => manual.push(format!(
                "{} is not in DRS any more: nothing protects {}",
                server.source_server_id, server.name
            )),
            Err(error) => return Err(error),
        }
        if cleanup.terminate
            && let Some(b2) = &server.recovered
        {
            manual.push(format!(
                "{} was terminated as asked: choose another target for {}",
                b2.instance_id, server.name
            ));
        }
        Ok(Box::new(move |server| {
            if let Some(cleanup) = &mut server.cleanup {
                cleanup.step = CleanupStep::Done;
                for what in &manual {
                    tell(cleanup, what.clone());
                }
            }
            *server = moved(server.clone(), StageEvent::CleanedUp);
        }))
    }

    /// Deletes what launches left detached; answers what is left to a person.
    async fn delete_volumes(
        &self,
        server: &SessionServer,
        detached: &Result<(Vec<Volume>, Vec<Volume>)>,
    ) -> Result<Vec<String>> {
        let (there, here) = match detached {
            Ok(detached) => detached,
            Err(error) => {
                let error = repeat(error);
                let what = "Detached volumes could not be listed";
                return if is_given_up(server, &error) {
                    Ok(vec![format!("{what}: {}", error.words())])
                } else {
                    Err(error)
                };
            }
        };
        let mut manual = Vec::new();
        let mut failed = None;
        for (side, cloud, volumes) in [
            (Side::Recovery, &self.there, there),
            (Side::Origin, &self.here, here),
        ] {
            for volume in volumes {
                if !is_left_by(server, side, volume, self.live.now) {
                    continue;
                }
                let target = Target::new(volume.id.clone(), Hit::LeftVolume);
                if let Err(error) = carry_out::delete_volume(cloud, &target).await {
                    manual.push(format!(
                        "Delete volume {} in {}: {}",
                        volume.id,
                        cloud.place,
                        error.words()
                    ));
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(error) if !is_given_up(server, &error) => Err(error),
            _ => Ok(manual),
        }
    }
}

/// Going on without is safe, and trying again will not help or has not.
fn is_given_up(server: &SessionServer, error: &Error) -> bool {
    let step = Act(CleanupStep::DeleteVolumes).name();
    let known = server.error.as_ref().filter(|known| known.step == step);
    let tries = known.map_or(1, |known| known.tries + 1);
    let is_waiting = matches!(
        error.aws_class(),
        Some(AwsClass::Conflict | AwsClass::QuotaExceeded)
    );
    tries >= TRIES || !error.retryable() && !is_waiting
}
