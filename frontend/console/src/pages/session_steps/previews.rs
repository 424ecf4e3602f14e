//! From what a dry run answers to what a person reads.

use dr_api::cleanup::{CleanupAction, CleanupInventoryView};
use dr_api::failback::{AgentRepairStarted, CopyEstimate, RefusedServer, StepStarted};
use dr_api::mirror::MirrorView;
use dr_api::start::Started;
use dr_model::check::Check;
use dr_model::ids::SourceServerId;
use dr_model::session::Action;
use ui::Status;

use super::view_model::{Asked, GO_BACK, Item, Names, Preview, Wish, Wishes, purpose, servers};
use crate::format::{bytes, duration};
use crate::words;

fn estimate(facts: &mut Vec<(&'static str, String)>, copy: Option<&CopyEstimate>) {
    let Some(copy) = copy else { return };
    facts.push((
        "Copied in full",
        format!("{}, {}", servers(copy.servers), bytes(copy.bytes)),
    ));
    facts.push((
        "Takes about",
        format!(
            "{} at {}/s a server, {} at a time",
            duration(copy.seconds_at_rate),
            bytes(copy.rate_bytes_per_second),
            copy.parallel
        ),
    ));
    facts.push((
        "Transfer costs about",
        format!(
            "{:.2} USD at {:.3} USD per GB",
            copy.transfer_cost_usd, copy.price_per_gb_usd
        ),
    ));
    facts.push(("Stands on", copy.note.clone()));
}

fn finding(check: &Check) -> Item {
    Item {
        status: words::severity(check.severity).0,
        title: format!("{}: {}", check.subject, check.message),
        detail: check.remediation.clone().unwrap_or_default(),
    }
}

fn left(refused: &[RefusedServer], names: &Names) -> Vec<Item> {
    refused
        .iter()
        .map(|one| Item {
            status: Status::Stopped,
            title: format!("{} is not taken", name_of(&one.source_server_id, names)),
            detail: one.reason.clone(),
        })
        .collect()
}

fn name_of(id: &SourceServerId, names: &Names) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_string())
}

fn plain(ids: &[SourceServerId], names: &Names) -> Vec<Item> {
    ids.iter()
        .map(|id| Item {
            status: Status::Info,
            title: name_of(id, names),
            detail: id.to_string(),
        })
        .collect()
}

const CHECKS_FAILED: &str = "A check forbids it: see above what to do";

/// Repair of agents.
#[must_use]
pub fn of_repair(asked: &Asked, would: &AgentRepairStarted, names: &Names) -> Preview {
    let needed = would.candidates.iter().filter(|one| one.is_needed).count();
    let taken = if asked.servers.is_some() {
        would.candidates.len()
    } else {
        needed
    };
    let mut facts = vec![
        (
            "Agents that need repair",
            format!("{needed} of {}", would.candidates.len()),
        ),
        ("Copied again", bytes(would.total_bytes)),
    ];
    if taken > 0 {
        estimate(&mut facts, would.copy_estimate.as_ref());
    }
    let item = |one: &dr_api::failback::RepairCandidate| {
        let ssm = match one.ssm_online {
            Some(true) => "SSM reaches it",
            Some(false) => "SSM does not reach it",
            None => "SSM could not be asked",
        };
        Item {
            status: if one.is_needed {
                Status::Warning
            } else {
                Status::Success
            },
            title: format!(
                "{}: {}",
                one.name,
                if one.is_needed {
                    "needs repair"
                } else {
                    "works"
                }
            ),
            detail: format!("{}. {ssm}.", one.reason.trim_end_matches('.')),
        }
    };
    Preview {
        what: format!("{} {}", purpose(Action::InstallAgents), would.note),
        facts,
        findings: left(&would.refused, names),
        items: would.candidates.iter().map(item).collect(),
        word: (taken > 0).then(|| would.confirmation.clone()),
        why_not: (taken == 0).then(|| "No agent needs repair".to_owned()),
        ..Preview::default()
    }
}

/// Reverse replication, or re-protection.
#[must_use]
pub fn of_step(would: &StepStarted, wishes: &Wishes, names: &Names) -> Preview {
    let taken = would.source_server_ids.len();
    let mut facts = vec![("Servers", taken.to_string())];
    estimate(&mut facts, would.copy_estimate.as_ref());
    let mut findings: Vec<Item> = would
        .critical_failures
        .iter()
        .chain(&would.warnings)
        .map(finding)
        .collect();
    if findings.is_empty() {
        findings.push(Item {
            status: Status::Success,
            title: "Every check passed".to_owned(),
            detail: String::new(),
        });
    }
    findings.extend(left(&would.refused, names));
    let is_forbidden = !would.critical_failures.is_empty() && !wishes.contains(&Wish::SkipChecks);
    Preview {
        what: purpose(would.action).to_owned(),
        facts,
        findings,
        items: plain(&would.source_server_ids, names),
        why_not: match (taken, is_forbidden) {
            (0, _) => Some("There is no server to take".to_owned()),
            (_, true) => Some(CHECKS_FAILED.to_owned()),
            (_, false) => None,
        },
        ..Preview::default()
    }
}

/// The mirrored configuration.
#[must_use]
pub fn of_mirror(would: &MirrorView) -> Preview {
    let groups: Vec<&str> = would
        .mirrored_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    let waves: Vec<String> = would
        .waves
        .iter()
        .enumerate()
        .map(|(at, wave)| format!("{}. {}", at + 1, wave.name))
        .collect();
    let mirrored = would
        .servers
        .iter()
        .filter(|server| server.reason_not.is_none())
        .count();
    let mut facts = vec![
        (
            "Plan for the way home",
            would
                .mirrored_plan_name
                .clone()
                .unwrap_or_else(|| "none".to_owned()),
        ),
        ("Groups", groups.join(", ")),
        ("Waves, in order", waves.join(", ")),
        ("Servers", format!("{mirrored} of {}", would.servers.len())),
    ];
    if would.remaining > 0 {
        facts.push(("Still being applied", servers(would.remaining)));
    }
    let warning = |text: &String| Item {
        status: Status::Warning,
        title: text.clone(),
        detail: String::new(),
    };
    let refused = |server: &dr_api::mirror::MirrorServer| {
        let reason = server.reason_not.as_ref()?;
        Some(Item {
            status: Status::Error,
            title: format!("{}: {reason}", server.name),
            detail: server.remediation.clone().unwrap_or_default(),
        })
    };
    Preview {
        what: "Groups and a plan are made whose servers are those of the way back, each with the original instance as its target, \
               and the launch configuration of each is set to fit."
            .to_owned(),
        facts,
        findings: would.servers.iter().filter_map(refused).chain(would.warnings.iter().map(warning)).collect(),
        items: would.servers.iter().filter(|server| server.reason_not.is_none()).map(mirrored_item).collect(),
        why_not: (mirrored == 0).then(|| "There is no server to mirror".to_owned()),
        ..Preview::default()
    }
}

fn mirrored_item(server: &dr_api::mirror::MirrorServer) -> Item {
    let target = server
        .mirrored
        .as_ref()
        .and_then(|part| part.target_instance_id.as_ref());
    let target = target.map_or_else(
        || "into a new instance".to_owned(),
        |id| format!("into {id}"),
    );
    let changes: Vec<String> = server
        .changes
        .iter()
        .map(|change| format!("{}: {} → {}", change.setting, change.from, change.to))
        .collect();
    Item {
        status: if server
            .mirrored
            .as_ref()
            .is_some_and(|part| part.problem.is_some())
        {
            Status::Warning
        } else {
            Status::Success
        },
        title: format!("{}, {target}", server.name),
        detail: server
            .mirrored
            .as_ref()
            .and_then(|part| part.problem.clone())
            .unwrap_or_else(|| changes.join("; ")),
    }
}

/// A failback: drill or recovery.
#[must_use]
pub fn of_failback(asked: &Asked, would: &Started, wishes: &Wishes) -> Preview {
    let is_real = asked.action == Action::FailbackRecovery;
    let what = if is_real {
        format!(
            "{} are launched at home, in {}. From then on they run there; what is written in {} after the launch stays behind.",
            servers(would.total_servers),
            asked.home,
            asked.away
        )
    } else {
        format!(
            "{} are launched at home, in {}, as a rehearsal: production stays in {}.",
            servers(would.total_servers),
            asked.home,
            asked.away
        )
    };
    let wave = |wave: &dr_api::start::StartedWave| Item {
        status: if wave.skipped > 0 {
            Status::Warning
        } else {
            Status::Info
        },
        title: format!(
            "{}: {} in {} DRS jobs",
            wave.name,
            servers(wave.servers),
            wave.jobs
        ),
        detail: format!(
            "{} into new instances, {} left out{}",
            wave.new_instances,
            wave.skipped,
            if wave.pause_before {
                ", waits for a person before it"
            } else {
                ""
            }
        ),
    };
    let is_forbidden = !would.failed_checks.is_empty() && !wishes.contains(&Wish::SkipInvalid);
    Preview {
        what,
        facts: vec![
            ("Servers", would.total_servers.to_string()),
            ("Waves", would.waves.len().to_string()),
        ],
        findings: would
            .failed_checks
            .iter()
            .chain(&would.warnings)
            .map(finding)
            .collect(),
        items: would.waves.iter().map(wave).collect(),
        word: is_real.then(|| asked.name.clone()),
        why_not: match (would.total_servers, is_forbidden) {
            (0, _) => Some("There is no server to launch".to_owned()),
            (_, true) => Some(CHECKS_FAILED.to_owned()),
            (_, false) => None,
        },
        ..Preview::default()
    }
}

/// Steps of which the session says all that there is to say.
#[must_use]
pub fn of_decision(asked: &Asked, names: &Names) -> Preview {
    let (what, word) = match asked.action {
        Action::Commit => (
            format!(
                "The failback of {} stands. It cannot be undone from here after that.",
                servers(asked.count)
            ),
            None,
        ),
        Action::GoBack => (
            format!(
                "{} that came home are stopped. What was written there since the failback is given up; production is in {} again.",
                servers(asked.count),
                asked.away
            ),
            Some(GO_BACK.to_owned()),
        ),
        _ => (
            format!(
                "{} leave this session for one of their own. Nothing changes in AWS.",
                servers(asked.count)
            ),
            None,
        ),
    };
    let chosen = asked.servers.as_ref();
    let items = chosen.map(|ids| plain(&ids.get().iter().cloned().collect::<Vec<_>>(), names));
    Preview {
        what,
        word,
        items: items.unwrap_or_default(),
        why_not: (asked.action == Action::Split && chosen.is_none())
            .then(|| "Tick the servers to split off in the list of servers first".to_owned()),
        ..Preview::default()
    }
}

/// Clean-up.
#[must_use]
pub fn of_cleanup(inventory: &CleanupInventoryView) -> Preview {
    let count = |wanted: CleanupAction| {
        inventory
            .items
            .iter()
            .filter(|item| item.action == wanted)
            .count()
    };
    let item = |item: &dr_api::cleanup::CleanupItem| {
        let (status, verb) = cleanup_words(item.action);
        let cost = item
            .monthly_cost_usd
            .map(|cost| format!(" {cost:.2} USD a month."))
            .unwrap_or_default();
        let place = item
            .place
            .as_ref()
            .map(|place| format!(" in {place}"))
            .unwrap_or_default();
        Item {
            status,
            title: format!(
                "{} {} {}{place}: {verb}",
                item.kind.replace('_', " "),
                item.id,
                item.name
            ),
            detail: format!("{}.{cost}", item.reason.trim_end_matches('.')),
        }
    };
    Preview {
        what: "What a recovery left in the recovery region is removed. Pre-provisioned instances are handed back stopped: id, IP and tag \
               stay. The source servers that protect the fleet stay."
            .to_owned(),
        facts: vec![
            ("Deleted", count(CleanupAction::Delete).to_string()),
            ("Terminated", count(CleanupAction::Terminate).to_string()),
            ("Handed back stopped", count(CleanupAction::HandBack).to_string()),
            ("Kept", count(CleanupAction::Keep).to_string()),
            ("By hand", count(CleanupAction::ByHand).to_string()),
            ("No longer paid", format!("{:.2} USD a month", inventory.monthly_cost_usd)),
        ],
        findings: inventory.refused.iter().map(finding).collect(),
        items: inventory.items.iter().map(item).collect(),
        word: Some(inventory.confirmation.clone()),
        accept: (!inventory.refused.is_empty()).then(|| inventory.unprotected_confirmation.clone()).filter(|words| !words.is_empty()),
        why_not: (!inventory.refused.is_empty()).then(|| CHECKS_FAILED.to_owned()),
    }
}

fn cleanup_words(action: CleanupAction) -> (Status, &'static str) {
    match action {
        CleanupAction::Delete => (Status::Removed, "deleted"),
        CleanupAction::Terminate => (Status::Removed, "terminated"),
        CleanupAction::HandBack => (Status::Stopped, "handed back stopped"),
        CleanupAction::Keep => (Status::Info, "stays"),
        CleanupAction::ByHand => (Status::Warning, "to be removed by hand"),
    }
}

#[cfg(test)]
#[path = "previews_tests.rs"]
mod tests;
