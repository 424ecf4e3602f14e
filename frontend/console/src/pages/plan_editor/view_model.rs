//! What the editor does to a plan: its waves are those of the wire, so that what it does not show is kept.

use dr_api::bounded::{Description, Name, PauseSeconds, RtoSeconds};
use dr_api::plans::{CreateRecoveryPlanRequest, UpdateRecoveryPlanRequest};
use dr_model::action::{ActionSide, SsmAction};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::plan::{
    DEFAULT_PAUSE_TIMEOUT_SECONDS, DEFAULT_RTO_TARGET_SECONDS, MAX_WAVES, OnFailure, RecoveryPlan,
    Wave,
};
use ui::{Choice, Finding, Problem};

use super::draft_action::DraftAction;
use crate::fields::{kept, refused};

/// A wave that is edited. The key stays when it is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftWave {
    /// What it is known by while the page is shown.
    pub key: usize,
    /// The wave; its actions stand beside it.
    pub wave: Wave,
    before: Vec<DraftAction>,
    after: Vec<DraftAction>,
}

impl DraftWave {
    fn of(key: usize, wave: &Wave) -> Self {
        let mut wave = wave.clone();
        let before = std::mem::take(&mut wave.actions_before);
        let after = std::mem::take(&mut wave.actions_after);
        let drafts = |actions: &[SsmAction], first: usize| {
            let with_key = |(turn, action)| DraftAction::of(first + turn, action);
            actions.iter().enumerate().map(with_key).collect()
        };
        Self {
            key,
            wave,
            after: drafts(&after, before.len()),
            before: drafts(&before, 0),
        }
    }

    /// Its actions on a side.
    #[must_use]
    pub fn actions(&self, side: ActionSide) -> &[DraftAction] {
        match side {
            ActionSide::Before => &self.before,
            ActionSide::After => &self.after,
        }
    }

    /// The same, to change them.
    pub fn actions_mut(&mut self, side: ActionSide) -> &mut Vec<DraftAction> {
        match side {
            ActionSide::Before => &mut self.before,
            ActionSide::After => &mut self.after,
        }
    }

    /// The wave with its actions. What no action can have is added to the findings.
    #[must_use]
    pub fn read(&self, at: usize, findings: &mut Vec<Finding>) -> Wave {
        let mut of = |side: ActionSide| {
            let drafts = self.actions(side).iter().enumerate();
            drafts
                .map(|(turn, draft)| {
                    let path = format!("waves[{at}].actions_{}[{turn}]", side.as_str());
                    draft.read(&path, findings)
                })
                .collect()
        };
        Wave {
            actions_before: of(ActionSide::Before),
            actions_after: of(ActionSide::After),
            ..self.wave.clone()
        }
    }
}

/// What stands in the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Target time to recover, in minutes.
    pub rto_minutes: String,
    /// How long a pause waits, in minutes.
    pub pause_minutes: String,
    /// Waves.
    pub waves: Vec<DraftWave>,
}

impl Draft {
    /// The fields of a plan; of none: a new one with one wave.
    #[must_use]
    pub fn of(plan: Option<&RecoveryPlan>) -> Self {
        let Some(plan) = plan else {
            return Self {
                name: String::new(),
                description: String::new(),
                rto_minutes: minutes(DEFAULT_RTO_TARGET_SECONDS),
                pause_minutes: minutes(DEFAULT_PAUSE_TIMEOUT_SECONDS),
                waves: vec![DraftWave::of(0, &new_wave(1))],
            };
        };
        Self {
            name: plan.name.clone(),
            description: plan.description.clone(),
            rto_minutes: minutes(plan.rto_target_seconds),
            pause_minutes: minutes(plan.pause_timeout_seconds),
            waves: plan
                .waves
                .iter()
                .enumerate()
                .map(|(key, wave)| DraftWave::of(key, wave))
                .collect(),
        }
    }

    /// The request that makes it.
    ///
    /// # Errors
    /// Each field that no plan can have.
    pub fn create(&self) -> Result<CreateRecoveryPlanRequest, Problem> {
        let Checked {
            name,
            description,
            rto,
            pause,
            waves,
        } = self.checked()?;
        Ok(CreateRecoveryPlanRequest {
            name,
            description,
            waves,
            rto_target_seconds: rto,
            pause_timeout_seconds: pause,
        })
    }

    /// The request that changes a plan, unless somebody else did since it was read.
    ///
    /// # Errors
    /// Each field that no plan can have.
    pub fn update(&self, plan: &RecoveryPlan) -> Result<UpdateRecoveryPlanRequest, Problem> {
        let Checked {
            name,
            description,
            rto,
            pause,
            waves,
        } = self.checked()?;
        Ok(UpdateRecoveryPlanRequest {
            plan_id: plan.id.clone(),
            name: Some(name),
            description: Some(description),
            waves: Some(waves),
            rto_target_seconds: Some(rto),
            pause_timeout_seconds: Some(pause),
            version: Some(plan.version),
        })
    }

    fn checked(&self) -> Result<Checked, Problem> {
        let mut findings = Vec::new();
        let name = kept("name", Name::try_from(self.name.clone()), &mut findings);
        let description = kept(
            "description",
            Description::try_from(self.description.clone()),
            &mut findings,
        );
        let rto = kept(
            "rto_target_seconds",
            RtoSeconds::try_from(seconds(&self.rto_minutes, 60.0)),
            &mut findings,
        );
        let pause = kept(
            "pause_timeout_seconds",
            PauseSeconds::try_from(seconds(&self.pause_minutes, 60.0)),
            &mut findings,
        );
        let waves = self.waves.iter().enumerate();
        let waves = waves.map(|(at, one)| one.read(at, &mut findings)).collect();
        match (name, description, rto, pause) {
            (Some(name), Some(description), Some(rto), Some(pause)) if findings.is_empty() => {
                Ok(Checked {
                    name,
                    description,
                    rto,
                    pause,
                    waves,
                })
            }
            _ => Err(refused(findings)),
        }
    }
}

struct Checked {
    name: Name,
    description: Description,
    rto: RtoSeconds,
    pause: PauseSeconds,
    waves: Vec<Wave>,
}

fn minutes(seconds: u64) -> String {
    amount(seconds, 60.0)
}

/// So many minutes, or hours, as a person writes them. Two decimals give every second of a minute back.
#[must_use]
pub fn amount(seconds: u64, unit: f64) -> String {
    let text = format!("{:.2}", seconds as f64 / unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Seconds of an amount; what is no number is out of every bound.
#[must_use]
pub fn seconds(amount: &str, unit: f64) -> i64 {
    amount
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .map_or(-1, |value| (value * unit).round() as i64)
}

fn new_wave(number: usize) -> Wave {
    Wave {
        name: format!("wave-{number}"),
        group_ids: Vec::new(),
        pause_before: false,
        on_failure: OnFailure::Continue,
        actions_before: Vec::new(),
        actions_after: Vec::new(),
    }
}

/// Adds a wave at the end.
pub fn add(waves: &mut Vec<DraftWave>) {
    let key = waves
        .iter()
        .map(|one| one.key + 1)
        .max()
        .unwrap_or_default();
    waves.push(DraftWave::of(key, &new_wave(waves.len() + 1)));
}

/// Adds an action at the end of a side.
pub fn add_action(waves: &mut [DraftWave], wave: usize, side: ActionSide) {
    if let Some(one) = waves.iter_mut().find(|one| one.key == wave) {
        let keys = one.before.iter().chain(&one.after).map(|one| one.key + 1);
        let key = keys.max().unwrap_or_default();
        one.actions_mut(side).push(DraftAction::new(key, side));
    }
}

/// Why no wave can be added: none if one can.
#[must_use]
pub fn why_not_add(count: usize) -> Option<String> {
    (count >= MAX_WAVES).then(|| format!("A plan has at most {MAX_WAVES} waves"))
}

/// Which way a wave is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It runs earlier.
    Up,
    /// It runs later.
    Down,
}

impl Step {
    /// The way that a key leads to, while Alt is held.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        match key {
            "ArrowUp" => Some(Self::Up),
            "ArrowDown" => Some(Self::Down),
            _ => None,
        }
    }

    /// Where it leads to from there, of so many. None: nowhere.
    fn from(self, at: usize, count: usize) -> Option<usize> {
        match self {
            Self::Up => at.checked_sub(1),
            Self::Down => Some(at + 1).filter(|to| *to < count),
        }
    }
}

/// Moves a wave; says where it stands now, in words. None: it stands at that end already.
pub fn shift(waves: &mut [DraftWave], key: usize, step: Step) -> Option<String> {
    let at = position(waves, key)?;
    let to = step.from(at, waves.len())?;
    waves.swap(at, to);
    let name = waves.get(to).map_or("", |one| one.wave.name.as_str());
    Some(format!("{name} is wave {} of {} now", to + 1, waves.len()))
}

/// Moves an action on its side; says where it stands now. None: it stands at that end already.
pub fn shift_action(
    waves: &mut [DraftWave],
    wave: usize,
    side: ActionSide,
    key: usize,
    step: Step,
) -> Option<String> {
    let wave = waves.iter_mut().find(|one| one.key == wave)?;
    let actions = wave.actions_mut(side);
    let at = actions.iter().position(|one| one.key == key)?;
    let to = step.from(at, actions.len())?;
    actions.swap(at, to);
    let name = actions.get(to).map_or("", |one| one.name.as_str());
    Some(format!(
        "{name} is action {} of {} now",
        to + 1,
        actions.len()
    ))
}

/// Where a wave stands, from 0.
#[must_use]
pub fn position(waves: &[DraftWave], key: usize) -> Option<usize> {
    waves.iter().position(|one| one.key == key)
}

/// Groups that can be added: in no wave yet, and of the same direction as those that are.
#[must_use]
pub fn free_groups(groups: &[ProtectionGroup], waves: &[DraftWave]) -> Vec<Choice> {
    let used: Vec<&GroupId> = waves.iter().flat_map(|one| &one.wave.group_ids).collect();
    let direction = groups
        .iter()
        .find(|group| used.contains(&&group.id))
        .map(|group| &group.direction);
    let free = groups.iter().filter(|group| {
        !used.contains(&&group.id)
            && direction.is_none_or(|direction| *direction == group.direction)
    });
    std::iter::once(Choice::new("", "Choose a group"))
        .chain(free.map(|group| Choice::new(group.id.to_string(), group.name.clone())))
        .collect()
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
