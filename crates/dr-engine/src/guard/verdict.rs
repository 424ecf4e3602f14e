//! The blast radius of every destructive operation: what it may hit, and on what terms. Pure; `tests/tables/guard.md` is
//! its table.

use dr_model::ids::InstanceId;

use crate::sessions::cleanup::ACCEPT_UNPROTECTED;
use crate::sessions::go_back;

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
}

impl Destruction {
    /// Every one.
    pub const ALL: [Destruction; 9] = [
        Self::LaunchDrill,
        Self::LaunchRecovery,
        Self::Terminate,
        Self::Stop,
        Self::Disconnect,
        Self::DeleteRecord,
        Self::UninstallAgent,
        Self::StopReplication,
        Self::DeleteSourceServer,
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
            Self::DeleteSourceServer => "delete",
        }
    }

    fn is_of_source_server(self) -> bool {
        matches!(self, Self::StopReplication | Self::DeleteSourceServer)
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
    /// A3 and A4: production came home and is protected again.
    Home,
    /// B1: protects production.
    Protecting,
    /// A2 while production runs in the recovery region.
    OnlyWayHome,
    /// A2 of a server that is home.
    SpentWayHome,
}

impl Hit {
    /// Every one.
    pub const ALL: [Hit; 13] = [
        Self::Nothing,
        Self::Drill,
        Self::DrillInTarget,
        Self::Idle,
        Self::Production,
        Self::OnItsWayHome,
        Self::ReplacedUnprotected,
        Self::Replaced,
        Self::HomeUnprotected,
        Self::Home,
        Self::Protecting,
        Self::OnlyWayHome,
        Self::SpentWayHome,
    ];

    /// What it is, for a person.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Nothing => "nothing that lives",
            Self::Drill => "the instance of a drill",
            Self::DrillInTarget => "a pre-provisioned instance that holds an earlier drill",
            Self::Idle => "a pre-provisioned instance that waits",
            Self::Production => "a live recovery that nothing brings home",
            Self::OnItsWayHome => "a live recovery on its way home",
            Self::ReplacedUnprotected => {
                "the copy of a server that came home and is not protected yet"
            }
            Self::Replaced => "the copy of a server that came home and is protected again",
            Self::HomeUnprotected => "the live primary, which is not protected yet",
            Self::Home => "the live primary",
            Self::Protecting => "the source server that protects production",
            Self::OnlyWayHome => "the only way home of what runs in the recovery region",
            Self::SpentWayHome => "the way back of a server that is home",
        }
    }

    fn is_source_server(self) -> bool {
        matches!(
            self,
            Self::Protecting | Self::OnlyWayHome | Self::SpentWayHome
        )
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
}

impl Words {
    /// The text itself.
    #[must_use]
    pub fn text(self, id: &InstanceId) -> String {
        match self {
            Self::InstanceId => id.to_string(),
            Self::Unprotected => ACCEPT_UNPROTECTED.to_owned(),
            Self::GoBack => go_back::CONFIRMATION.to_owned(),
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

/// On what terms an operation may hit something. A launch counts as hitting every earlier recovery instance of its
/// server, and the instance that it launches into.
#[must_use]
pub fn verdict(what: Destruction, hit: Hit) -> Verdict {
    use Destruction as D;
    use Hit as H;
    use Verdict::{Allowed, NeedsConfirmation, Refused};
    if hit == H::Nothing {
        return Allowed;
    }
    if matches!(what, D::LaunchDrill | D::LaunchRecovery) {
        return launch(hit);
    }
    if what.is_of_source_server() != hit.is_source_server() {
        return Refused("it is not what this operation is for");
    }
    match (what, hit) {
        (_, H::Protecting) => Refused("it protects production: its points in time would go"),
        (_, H::OnlyWayHome) => Refused(BRING_HOME),
        (_, H::Production | H::OnItsWayHome) => match (what, hit) {
            (D::Terminate, H::Production) | (D::UninstallAgent, _) => {
                NeedsConfirmation(Words::InstanceId)
            }
            _ => Refused(BRING_HOME),
        },
        (D::UninstallAgent, _) => Refused("only what is on its way home has its agent repaired"),
        (_, H::ReplacedUnprotected) => NeedsConfirmation(Words::Unprotected),
        (D::Terminate, H::DrillInTarget | H::Idle | H::Replaced) => {
            NeedsConfirmation(Words::InstanceId)
        }
        (D::Stop, H::HomeUnprotected) => NeedsConfirmation(Words::GoBack),
        // A failback that is undone, or a clean-up of what may stay unprotected.
        (D::DeleteRecord, H::HomeUnprotected) => NeedsConfirmation(Words::Unprotected),
        (D::DeleteRecord, H::Home) => Allowed,
        (D::Disconnect, H::Home | H::HomeUnprotected) => Refused(CUTS_OFF),
        (_, H::Home | H::HomeUnprotected) => Refused(LIVE),
        _ => Allowed,
    }
}

fn launch(hit: Hit) -> Verdict {
    match hit {
        Hit::Production | Hit::OnItsWayHome => Verdict::Refused(BRING_HOME),
        Hit::Replaced | Hit::ReplacedUnprotected => Verdict::Refused(CLEAN_UP),
        Hit::Home | Hit::HomeUnprotected => Verdict::Refused(LIVE),
        Hit::DrillInTarget => {
            Verdict::Refused("hand it back first: terminate the instances of that drill")
        }
        // DRS ends a drill elsewhere; a source server is launched from, not hit.
        Hit::Nothing
        | Hit::Drill
        | Hit::Idle
        | Hit::Protecting
        | Hit::OnlyWayHome
        | Hit::SpentWayHome => Verdict::Allowed,
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
