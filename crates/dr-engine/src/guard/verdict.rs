//! The blast radius of every destructive operation: what it may hit, and on what terms. Pure; `tests/tables/guard.md` is
//! its table.

use std::fmt::Display;

use crate::sessions::cleanup::ACCEPT_UNPROTECTED;
use crate::sessions::{go_back, repair};

/// Whatever the product does that cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destruction {
    /// A drill of the server: DRS terminates its earlier recovery instances.
    LaunchDrill,
    /// A real recovery or failback of it: likewise.
    LaunchRecovery,
    /// Terminate the instance.
    Terminate,
    /// Stop it.
    Stop,
    /// Cut it off from DRS.
    Disconnect,
    /// Forget DRS's record of it.
    DeleteRecord,
    /// Remove its agent.
    UninstallAgent,
    /// Stop replication of a source server, which deletes its points in time.
    StopReplication,
    /// Disconnect a source server and delete it.
    DeleteSourceServer,
    /// Turn replication round: whoever receives its data gives up what it received before.
    ReverseReplication,
    /// Delete a volume.
    DeleteVolume,
}

/// What an operation is for, and what it may hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Instance,
    SourceServer,
    Volume,
}

impl Destruction {
    /// Every one.
    pub const ALL: [Destruction; 11] = [
        Self::LaunchDrill,
        Self::LaunchRecovery,
        Self::Terminate,
        Self::Stop,
        Self::Disconnect,
        Self::DeleteRecord,
        Self::UninstallAgent,
        Self::StopReplication,
        Self::DeleteSourceServer,
        Self::ReverseReplication,
        Self::DeleteVolume,
    ];

    /// In words, after "would".
    #[must_use]
    pub fn would(self) -> &'static str {
        match self {
            Self::LaunchDrill | Self::LaunchRecovery | Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Disconnect => "cut off from DRS",
            Self::DeleteRecord => "take out of DRS",
            Self::UninstallAgent => "remove the agent of",
            Self::StopReplication => "stop the replication of",
            Self::DeleteSourceServer | Self::DeleteVolume => "delete",
            Self::ReverseReplication => "turn round the replication of",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::StopReplication | Self::DeleteSourceServer => Kind::SourceServer,
            Self::DeleteVolume => Kind::Volume,
            Self::LaunchDrill
            | Self::LaunchRecovery
            | Self::Terminate
            | Self::Stop
            | Self::Disconnect
            | Self::DeleteRecord
            | Self::UninstallAgent
            | Self::ReverseReplication => Kind::Instance,
        }
    }
}

/// What an operation would hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// Nothing, or what is terminated already.
    Nothing,
    /// The instance of a drill.
    Drill,
    /// The instance of a drill that is pre-provisioned: the very instance to launch into.
    DrillInTarget,
    /// The instance of a failback drill from which somebody turned replication round: it is what B1 receives now.
    DrillReversed,
    /// A pre-provisioned instance that is stopped and not in DRS.
    Idle,
    /// B2: runs production, and nothing brings it home.
    Production,
    /// B2: runs production, and a session is bringing it home.
    OnItsWayHome,
    /// B2 of a server that came home and is not protected there yet.
    ReplacedUnprotected,
    /// B2 of a server that came home and is protected again.
    Replaced,
    /// A3 and A4: production came home and is not protected yet.
    HomeUnprotected,
    /// A3 and A4: production came home and is protected again, or has no copy elsewhere.
    Home,
    /// A3 and A4 of a failback that is being undone, A4 stopped: production is B2.
    TakenBack,
    /// B1: protects production.
    Protecting,
    /// A2 while production runs in the recovery region.
    OnlyWayHome,
    /// A2 of a server that is home.
    SpentWayHome,
    /// A volume that a launch of ours left detached.
    LeftVolume,
    /// Any other volume.
    OtherVolume,
}

impl Hit {
    /// Every one.
    pub const ALL: [Hit; 17] = [
        Self::Nothing,
        Self::Drill,
        Self::DrillInTarget,
        Self::DrillReversed,
        Self::Idle,
        Self::Production,
        Self::OnItsWayHome,
        Self::ReplacedUnprotected,
        Self::Replaced,
        Self::HomeUnprotected,
        Self::Home,
        Self::TakenBack,
        Self::Protecting,
        Self::OnlyWayHome,
        Self::SpentWayHome,
        Self::LeftVolume,
        Self::OtherVolume,
    ];

    /// What it is, for a person.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Nothing => "nothing that lives",
            Self::Drill => "the instance of a drill",
            Self::DrillInTarget => "a pre-provisioned instance that holds an earlier drill",
            Self::DrillReversed => "the instance of a failback drill that was re-protected",
            Self::Idle => "a pre-provisioned instance that waits",
            Self::Production => "a live recovery that nothing brings home",
            Self::OnItsWayHome => "a live recovery on its way home",
            Self::ReplacedUnprotected => {
                "the copy of a server that came home and is not protected yet"
            }
            Self::Replaced => "the copy of a server that came home and is protected again",
            Self::HomeUnprotected => "the live primary, which is not protected yet",
            Self::Home => "the live primary",
            Self::TakenBack => "what came home and was stopped, for its failback is undone",
            Self::Protecting => "the source server that protects production",
            Self::OnlyWayHome => "the only way home of what runs in the recovery region",
            Self::SpentWayHome => "the way back of a server that is home",
            Self::LeftVolume => "a detached volume that a launch left",
            Self::OtherVolume => "any other volume",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Protecting | Self::OnlyWayHome | Self::SpentWayHome => Kind::SourceServer,
            Self::LeftVolume | Self::OtherVolume => Kind::Volume,
            Self::Nothing
            | Self::Drill
            | Self::DrillInTarget
            | Self::DrillReversed
            | Self::Idle
            | Self::Production
            | Self::OnItsWayHome
            | Self::ReplacedUnprotected
            | Self::Replaced
            | Self::HomeUnprotected
            | Self::Home
            | Self::TakenBack => Kind::Instance,
        }
    }
}

/// What a person has to type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// The id of the instance.
    InstanceId,
    /// That the fleet may stay unprotected.
    Unprotected,
    /// That the failback is undone.
    GoBack,
    /// That everything is copied again.
    FullCopy,
}

impl Words {
    /// The text itself.
    #[must_use]
    pub fn text(self, id: impl Display) -> String {
        match self {
            Self::InstanceId => id.to_string(),
            Self::Unprotected => ACCEPT_UNPROTECTED.to_owned(),
            Self::GoBack => go_back::CONFIRMATION.to_owned(),
            Self::FullCopy => repair::CONFIRMATION.to_owned(),
        }
    }
}

/// On what terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is lost that anybody needs.
    Allowed,
    /// Only for who types this.
    NeedsConfirmation(Words),
    /// Never: what to do instead.
    Refused(&'static str),
}

const BRING_HOME: &str = "it runs production: bring it home by failback";
const LIVE: &str = "it is the live primary";
const CUTS_OFF: &str = "it would lose its protection, or its way back";
const CLEAN_UP: &str = "clean up the session that brought it home first";
const UNDONE: &str = "its failback is being undone: wait until that is over";
const NOT_FOR_THIS: &str = "it is not what this operation is for";

/// On what terms an operation may hit something. A launch counts as hitting every earlier recovery instance of its
/// server, and the instance that it launches into.
#[must_use]
pub fn verdict(what: Destruction, hit: Hit) -> Verdict {
    use Destruction as D;
    use Verdict::{Allowed, Refused};
    if hit == Hit::Nothing {
        return Allowed;
    }
    match (what, hit.kind()) {
        (D::LaunchDrill | D::LaunchRecovery, Kind::Instance) => launch(hit),
        // It is launched from, not hit.
        (D::LaunchDrill | D::LaunchRecovery, Kind::SourceServer) => Allowed,
        (_, kind) if what.kind() != kind => Refused(NOT_FOR_THIS),
        (_, Kind::SourceServer) => remove_source_server(hit),
        (_, Kind::Volume) if hit == Hit::LeftVolume => Allowed,
        (_, Kind::Volume) => Refused("no launch of these servers left it detached"),
        (D::UninstallAgent, _) => uninstall(hit),
        (D::ReverseReplication, _) => reverse(hit),
        (_, Kind::Instance) => end(what, hit),
    }
}

fn launch(hit: Hit) -> Verdict {
    use Verdict::{Allowed, Refused};
    match hit {
        Hit::Production | Hit::OnItsWayHome => Refused(BRING_HOME),
        Hit::Replaced | Hit::ReplacedUnprotected => Refused(CLEAN_UP),
        Hit::Home | Hit::HomeUnprotected => Refused(LIVE),
        Hit::TakenBack => Refused(UNDONE),
        Hit::DrillInTarget | Hit::DrillReversed => {
            Refused("hand it back first: terminate the instances of that drill")
        }
        // DRS ends a drill elsewhere.
        _ => Allowed,
    }
}

/// Ends an instance, or takes it out of DRS: terminate, stop, disconnect, delete its record.
fn end(what: Destruction, hit: Hit) -> Verdict {
    use Destruction as D;
    use Verdict::{Allowed, NeedsConfirmation, Refused};
    match (what, hit) {
        (D::Terminate, Hit::Production) => NeedsConfirmation(Words::InstanceId),
        (_, Hit::Production | Hit::OnItsWayHome) => Refused(BRING_HOME),
        (_, Hit::ReplacedUnprotected) => NeedsConfirmation(Words::Unprotected),
        (D::Terminate, Hit::DrillInTarget | Hit::DrillReversed | Hit::Idle | Hit::Replaced) => {
            NeedsConfirmation(Words::InstanceId)
        }
        (D::Disconnect, Hit::Home | Hit::HomeUnprotected | Hit::DrillReversed | Hit::TakenBack) => {
            Refused(CUTS_OFF)
        }
        (D::Stop, Hit::HomeUnprotected) => NeedsConfirmation(Words::GoBack),
        (D::DeleteRecord, Hit::HomeUnprotected) => NeedsConfirmation(Words::Unprotected),
        (D::DeleteRecord, Hit::Home) => Allowed,
        (_, Hit::Home | Hit::HomeUnprotected) => Refused(LIVE),
        (D::DeleteRecord, Hit::TakenBack) => NeedsConfirmation(Words::GoBack),
        (D::Terminate, Hit::TakenBack) => Refused(UNDONE),
        _ => Allowed,
    }
}

fn remove_source_server(hit: Hit) -> Verdict {
    match hit {
        Hit::SpentWayHome => Verdict::Allowed,
        Hit::OnlyWayHome => Verdict::Refused(BRING_HOME),
        _ => Verdict::Refused("it protects production: its points in time would go"),
    }
}

fn uninstall(hit: Hit) -> Verdict {
    match hit {
        Hit::OnItsWayHome => Verdict::NeedsConfirmation(Words::FullCopy),
        _ => Verdict::Refused("only what is on its way home has its agent repaired"),
    }
}

/// Away from a recovery it makes the way home; away from what came home, its protection.
fn reverse(hit: Hit) -> Verdict {
    use Verdict::{Allowed, Refused};
    match hit {
        Hit::Production | Hit::OnItsWayHome | Hit::HomeUnprotected | Hit::Home => Allowed,
        Hit::Drill | Hit::DrillInTarget | Hit::DrillReversed => {
            Refused("a drill is never re-protected: what protects production would follow it")
        }
        Hit::Replaced | Hit::ReplacedUnprotected => Refused(CLEAN_UP),
        Hit::TakenBack => Refused(UNDONE),
        _ => Refused(NOT_FOR_THIS),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
