//! `dr failover`: groups, or plain pairs, without a plan.

use clap::Args;
use dr_api::bounded::RtoSeconds;
use dr_api::matching::PairRef;
use dr_api::start::{ExecuteFailover, ExecuteFailoverRequest};
use dr_model::group::ProtectionGroup;
use dr_model::place::{Direction, Place};

use super::start::{LaunchArgs, SkipArgs, Subject, launch};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::{given, names};

/// Fails over.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr failover --group web --group db --drill --watch
  dr failover --group web --recovery --confirm us-west-2
  dr failover --from 111122223333/us-east-1 --to 444455556666/us-west-2 \\
    --pair s-0123456789abcdef0=i-0123456789abcdef0 --drill")]
pub struct Failover {
    /// The saved pairs of this group, by id or name; repeat for more.
    #[arg(
        long = "group",
        value_name = "GROUP",
        required_unless_present = "pairs"
    )]
    groups: Vec<String>,
    /// This pair; repeat for more. Needs --from and --to.
    #[arg(
        long = "pair",
        value_name = "SERVER=INSTANCE",
        value_parser = given::pair,
        conflicts_with = "groups",
        requires_all = ["from", "to"]
    )]
    pairs: Vec<PairRef>,
    /// Where the original instances run.
    #[arg(long, value_name = "ACCOUNT/REGION", requires = "to")]
    from: Option<Place>,
    /// Where they are recovered.
    #[arg(long, value_name = "ACCOUNT/REGION", requires = "from")]
    to: Option<Place>,
    /// Name of the one wave.
    #[arg(long, value_name = "NAME", default_value = "wave-1")]
    wave: String,
    /// Target time to recover, such as 30m.
    #[arg(long, value_name = "DURATION", value_parser = given::bounded_seconds::<RtoSeconds>)]
    rto: Option<RtoSeconds>,
    #[command(flatten)]
    launch: LaunchArgs,
    #[command(flatten)]
    skip: SkipArgs,
}

impl Failover {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let mut groups: Vec<ProtectionGroup> = Vec::with_capacity(self.groups.len());
        for name in &self.groups {
            groups.push(names::group(&desk.client, name).await?);
        }
        let given = match (self.from, self.to) {
            (Some(primary), Some(recovery)) => Some(Direction { primary, recovery }),
            _ => None,
        };
        let direction = direction(&groups, given)?;
        let token = self.launch.client_token()?;
        let what = if groups.is_empty() {
            crate::text::count(self.pairs.len(), "pair")
        } else {
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            format!("the groups {}", names.join(", "))
        };
        let subject = Subject {
            what: format!("{what} in {}", direction.recovery),
            words: direction.recovery.region.to_string(),
            ..Subject::recovery()
        };
        let request = ExecuteFailoverRequest {
            primary_account_id: direction.primary.account_id,
            dr_account_id: direction.recovery.account_id,
            primary_region: direction.primary.region,
            dr_region: direction.recovery.region,
            wave: self.wave,
            is_drill: self.launch.execution_type().is_drill(),
            pairs: (!self.pairs.is_empty()).then_some(self.pairs),
            group_ids: (!groups.is_empty())
                .then(|| groups.into_iter().map(|group| group.id).collect()),
            rto_target_seconds: self.rto.unwrap_or_default(),
            wait_for_completion: false,
            client_token: Some(token),
            skip_invalid_servers: self.skip.skip_invalid,
            dry_run: false,
        };
        let rehearsal = ExecuteFailoverRequest {
            client_token: None,
            dry_run: true,
            ..request.clone()
        };
        launch::<ExecuteFailover>(desk, &self.launch, &subject, &rehearsal, &request).await
    }
}

/// The one direction of all groups, or the one that was given.
fn direction(groups: &[ProtectionGroup], given: Option<Direction>) -> Result<Direction, Failure> {
    let mut all = groups
        .iter()
        .map(|group| group.direction.clone())
        .chain(given);
    let first = all
        .next()
        .ok_or_else(|| Failure::Usage("Give --group, or --pair with --from and --to".to_owned()))?;
    if all.all(|other| other == first) {
        Ok(first)
    } else {
        Err(Failure::Usage(
            "The groups do not all go from the same place to the same place: start one after the other"
                .to_owned(),
        ))
    }
}
