//! What a step of the way home would do, as a person reads it before taking it; and what is asked of that person.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::bounded::Servers;
use dr_api::sessions::SessionView;
use dr_api::{Operation, bounded::OutOfBounds};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::role::Permission;
use dr_model::session::Action;
use ui::Status;

/// What going back asks for: what was written since the failback is given up.
pub const GO_BACK: &str = "go back";

/// Names of servers, by their id.
pub type Names = BTreeMap<SourceServerId, String>;

/// A step of one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The session.
    pub session_id: SessionId,
    /// The step.
    pub action: Action,
    /// Only these servers; none takes all that the step can take.
    pub servers: Option<Servers>,
    /// How many servers it takes.
    pub count: usize,
    /// What a real failback must be confirmed with: the plan's name.
    pub name: String,
    /// Where home is.
    pub home: String,
    /// Where the fleet runs now.
    pub away: String,
}

impl Asked {
    /// A step, for the servers that are ticked, or for all where none is.
    ///
    /// # Errors
    /// More servers than one step takes.
    pub fn of(
        session: &SessionView,
        action: Action,
        chosen: BTreeSet<SourceServerId>,
    ) -> Result<Self, OutOfBounds> {
        let all = session.actions.iter().find(|one| one.action == action);
        let count = match chosen.len() {
            0 => all.map_or(0, |one| one.servers),
            some => some,
        };
        let takes_some = !matches!(
            action,
            Action::MirrorConfig | Action::Commit | Action::GoBack
        );
        let servers = match takes_some && !chosen.is_empty() {
            true => Some(Servers::try_from(chosen)?),
            false => None,
        };
        Ok(Self {
            session_id: session.session_id.clone(),
            action,
            count: if takes_some {
                count
            } else {
                all.map_or(0, |one| one.servers)
            },
            servers,
            name: session
                .plan_name
                .clone()
                .unwrap_or_else(|| "fail back".to_owned()),
            home: session.direction.primary.to_string(),
            away: session.direction.recovery.to_string(),
        })
    }
}

/// Something that a person may want besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Let the wave that went last come home first.
    ReverseWaves,
    /// Leave out servers that fail a critical check.
    SkipInvalid,
    /// Start though a check failed.
    SkipChecks,
    /// Keep the volumes that launches left detached.
    KeepVolumes,
}

impl Wish {
    /// What may be wished of a step.
    #[must_use]
    pub fn offered(action: Action) -> &'static [Wish] {
        match action {
            Action::StartReverseReplication => &[Self::SkipChecks],
            Action::MirrorConfig => &[Self::ReverseWaves],
            Action::FailbackDrill | Action::FailbackRecovery => &[Self::SkipInvalid],
            Action::Cleanup => &[Self::KeepVolumes],
            Action::InstallAgents
            | Action::Commit
            | Action::GoBack
            | Action::ReProtect
            | Action::Split => &[],
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::ReverseWaves => "Let the wave that went last come home first",
            Self::SkipInvalid => "Leave out servers that fail a critical check",
            Self::SkipChecks => {
                "Start though a check failed: DRS then says by itself what is missing, later"
            }
            Self::KeepVolumes => "Keep the volumes that launches left detached",
        }
    }
}

/// What is wished.
pub type Wishes = BTreeSet<Wish>;

/// One line of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its sign.
    pub status: Status,
    /// What.
    pub title: String,
    /// Why, or what to do.
    pub detail: String,
}

/// What a step would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// What happens, in sentences.
    pub what: String,
    /// Figures.
    pub facts: Vec<(&'static str, String)>,
    /// What forbids it, and what a person should know.
    pub findings: Vec<Item>,
    /// To what it happens.
    pub items: Vec<Item>,
    /// Words that must be typed.
    pub word: Option<String>,
    /// Words that accept what otherwise forbids it.
    pub accept: Option<String>,
    /// Why it cannot be done.
    pub why_not: Option<String>,
}

impl Preview {
    /// Why it may not be done yet, given what was typed.
    #[must_use]
    pub fn refusal(&self, typed: &str, accepted: &str) -> Option<String> {
        if let Some(why) = &self.why_not {
            let is_accepted = self
                .accept
                .as_deref()
                .is_some_and(|words| accepted.trim() == words);
            if !is_accepted {
                return Some(why.clone());
            }
        }
        let wanted = self
            .word
            .as_deref()
            .filter(|wanted| typed.trim() != *wanted)?;
        Some(format!("Type “{wanted}” first"))
    }
}

/// The permission that a step needs: that of its operation, and for a real failback that of real recoveries.
#[must_use]
pub fn needs(action: Action) -> Permission {
    match action {
        Action::InstallAgents => Operation::InstallAgents.permission(),
        Action::StartReverseReplication => Operation::StartReverseReplication.permission(),
        Action::MirrorConfig => Operation::MirrorConfig.permission(),
        Action::FailbackDrill => Operation::ExecuteFailback.permission(),
        Action::FailbackRecovery => Permission::StartRecovery,
        Action::Commit => Operation::CommitFailback.permission(),
        Action::GoBack => Operation::GoBack.permission(),
        Action::ReProtect => Operation::ReProtect.permission(),
        Action::Cleanup => Operation::Cleanup.permission(),
        Action::Split => Operation::SplitFailoverSession.permission(),
    }
}

/// What a step is for, in a line.
#[must_use]
pub fn purpose(action: Action) -> &'static str {
    match action {
        Action::InstallAgents => {
            "Uninstall, restart, install: only where an agent is broken, for a full copy follows."
        }
        Action::StartReverseReplication => "Replicate from the recovery region back to the origin.",
        Action::MirrorConfig => "Make the groups and the plan for the way home.",
        Action::FailbackDrill => "Rehearse the way home; production stays where it is.",
        Action::FailbackRecovery => "Launch the fleet at home.",
        Action::Commit => "Let a failback on trial stand.",
        Action::GoBack => "Undo a failback on trial.",
        Action::ReProtect => "Replicate what came home to the recovery region again.",
        Action::Cleanup => "Remove what is left in the recovery region.",
        Action::Split => "Put the chosen servers into a session of their own.",
    }
}

/// A number of servers, in words.
#[must_use]
pub fn servers(count: usize) -> String {
    match count {
        1 => "1 server".to_owned(),
        count => format!("{count} servers"),
    }
}

/// What was done, in words.
#[must_use]
pub fn done(action: Action, count: usize, refused: usize) -> String {
    let of = servers(count);
    let text = match action {
        Action::InstallAgents => format!("The agents of {of} are being repaired"),
        Action::StartReverseReplication => format!("Reverse replication of {of} is asked for"),
        Action::MirrorConfig => "Groups and plan for the way home are made".to_owned(),
        Action::FailbackDrill => format!("A failback drill of {of} runs"),
        Action::FailbackRecovery => format!("The failback of {of} runs"),
        Action::Commit => "The failback is committed".to_owned(),
        Action::GoBack => format!("{of} are being stopped at home"),
        Action::ReProtect => format!("Re-protection of {of} is asked for"),
        Action::Cleanup => format!("The clean-up of {of} runs"),
        Action::Split => format!("{of} are in a session of their own"),
    };
    match refused {
        0 => text,
        refused => format!("{text}; not taken: {}", servers(refused)),
    }
}
