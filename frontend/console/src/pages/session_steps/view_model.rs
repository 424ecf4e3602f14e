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

/// Lines that say the same of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// What they say: the line itself where it is alone.
    pub item: Item,
    /// The lines, where they are many.
    pub members: Vec<String>,
}

/// As many lines may say the same before they are gathered.
const FEW: usize = 3;

/// What a line says, whomever it says it of: without what stands before the first colon, and without ids.
fn said(title: &str) -> String {
    let tail = title.split_once(": ").map_or(title, |(_, tail)| tail);
    let is_id = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let after = word.split_once('-').map_or("", |(_, after)| after);
        after.len() >= 8
            && after.chars().all(|c| c.is_ascii_alphanumeric())
            && after.chars().any(|c| c.is_ascii_digit())
    };
    let words: Vec<&str> = tail
        .split(' ')
        .map(|word| if is_id(word) { "…" } else { word })
        .collect();
    words.join(" ").trim_start_matches("… ").to_owned()
}

/// The lines, with those that say the same of more than a few made one.
#[must_use]
pub fn gather(items: &[Item]) -> Vec<Gathered> {
    let key = |item: &Item| (item.status, said(&item.title), item.detail.clone());
    let mut groups: Vec<Vec<&Item>> = Vec::new();
    for item in items {
        let same = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| key(first) == key(item)));
        match same {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    let alone = |item: &&Item| Gathered {
        item: (*item).clone(),
        members: Vec::new(),
    };
    let gathered = |group: Vec<&Item>| match group.first() {
        Some(first) if group.len() > FEW => vec![Gathered {
            item: Item {
                status: first.status,
                title: format!("{} times: {}", group.len(), said(&first.title)),
                detail: first.detail.clone(),
            },
            members: group.iter().map(|item| item.title.clone()).collect(),
        }],
        _ => group.iter().map(alone).collect(),
    };
    groups.into_iter().flat_map(gathered).collect()
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

#[cfg(test)]
mod tests {
    use ui::Status;

    use super::{Item, gather};

    fn item(title: &str, detail: &str) -> Item {
        Item {
            status: Status::Warning,
            title: title.to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn what_is_said_of_many_is_said_once_with_all_of_them_behind_it() {
        let mut items: Vec<Item> = (1..=4)
            .map(|n| {
                item(
                    &format!("web-{n}: The instance i-0000000000000000{n} is running"),
                    "stop it",
                )
            })
            .collect();
        items.push(item("web-9: something else", ""));
        let shown = gather(&items);
        assert_eq!(shown.len(), 2);
        assert_eq!(shown[0].item.title, "4 times: The instance … is running");
        assert_eq!(
            (shown[0].item.detail.as_str(), shown[0].members.len()),
            ("stop it", 4)
        );
        assert_eq!(shown[1].item.title, "web-9: something else");
    }

    #[test]
    fn a_few_are_shown_each_with_its_name() {
        let items = [
            item("web-1: it broke", "mend it"),
            item("web-2: it broke", "mend it"),
        ];
        let titles: Vec<String> = gather(&items)
            .into_iter()
            .map(|one| one.item.title)
            .collect();
        assert_eq!(titles, ["web-1: it broke", "web-2: it broke"]);
        // The same words with another remedy are something else.
        let other = [
            item("a: x", "1"),
            item("b: x", "1"),
            item("c: x", "1"),
            item("d: x", "2"),
        ];
        assert_eq!(gather(&other).len(), 4);
    }
}
