//! The blueprint: which servers in which waves and batches, into which instances. Pure; nothing of it is
//! decided again later.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::action::{ActionRun, ActionTally, SsmAction};
use dr_model::check::Check;
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, MAX_SERVERS_PER_JOB,
    ServerBlueprint, ServerProgress, ServerRun, ServerStatus, Subject, Tally, WaveRun,
};
use dr_model::ids::{ExecutionId, SessionId, SourceServerId};
use dr_model::place::Direction;
use dr_model::plan::OnFailure;

use chrono::{DateTime, Utc};

use crate::recovery::actions::planned;

/// One wave as asked for, with its servers resolved.
#[derive(Debug, Clone)]
pub struct WantedWave {
    /// Its name.
    pub name: String,
    /// Wait for a person before it.
    pub pause_before: bool,
    /// What to do after it when servers failed.
    pub on_failure: OnFailure,
    /// SSM actions before its launch.
    pub actions_before: Vec<SsmAction>,
    /// SSM actions after its last server came to an end.
    pub actions_after: Vec<SsmAction>,
    /// Its servers.
    pub servers: Vec<ServerBlueprint>,
}

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The plan, or a plain set of pairs.
    pub subject: Subject,
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// From where to where.
    pub direction: Direction,
    /// The failover session that it brings home, if it is a failback.
    pub session_id: Option<SessionId>,
    /// Waves in order.
    pub waves: Vec<WantedWave>,
    /// Target time to recover, in seconds.
    pub rto_target_seconds: u64,
    /// How long a pause waits for a person, in seconds.
    pub pause_timeout_seconds: u64,
    /// Who starts it.
    pub started_by: String,
    /// Leave out servers that fail a critical check instead of refusing to start.
    pub skip_invalid: bool,
}

/// The header and the batches of an execution that can be stored and run.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// Header.
    pub execution: Execution,
    /// Batches, wave by wave.
    pub batches: Vec<Batch>,
    /// SSM actions, wave by wave.
    pub actions: Vec<ActionRun>,
}

/// Servers that are named in more than one wave, with the wave in which they are named again. DRS would
/// launch them twice, and the second launch would terminate the first.
#[must_use]
pub fn named_twice(waves: &[WantedWave]) -> Vec<(SourceServerId, String)> {
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();
    for wave in waves {
        for server in &wave.servers {
            if !seen.insert(&server.source_server_id) {
                twice.push((server.source_server_id.clone(), wave.name.clone()));
            }
        }
    }
    twice
}

/// Makes the blueprint. `failed` has the critical checks of servers that cannot be launched: they are left
/// out, with the reason.
#[must_use]
pub fn blueprint(
    id: &ExecutionId,
    wanted: &Wanted,
    failed: &BTreeMap<SourceServerId, Vec<Check>>,
    now: DateTime<Utc>,
) -> Blueprint {
    let mut batches = Vec::new();
    let mut waves = Vec::new();
    for (number, wave) in wanted.waves.iter().enumerate() {
        let of_wave = batches_of_wave(id, number, wave, failed);
        waves.push(WaveRun {
            name: wave.name.clone(),
            pause_before: wave.pause_before,
            on_failure: wave.on_failure,
            batches: of_wave.len(),
            tally: Tally::of(&of_wave),
            actions_before: ActionTally::waiting(wave.actions_before.len()),
            actions_after: ActionTally::waiting(wave.actions_after.len()),
            held_by: None,
            launch_since: None,
            started_at: None,
            ended_at: None,
        });
        batches.extend(of_wave);
    }
    let execution = Execution {
        id: id.clone(),
        subject: wanted.subject.clone(),
        execution_type: wanted.execution_type,
        direction: wanted.direction.clone(),
        session_id: wanted.session_id.clone(),
        status: ExecutionStatus::Pending,
        pause_requested: false,
        wave: 0,
        released_wave: None,
        waves,
        rto_target_seconds: wanted.rto_target_seconds,
        pause_timeout_seconds: wanted.pause_timeout_seconds,
        started_by: wanted.started_by.clone(),
        created_at: now,
        ended_at: None,
        paused_at: None,
        paused_seconds: 0,
        reason: None,
        task_token: None,
        instances_terminated_at: None,
        version: 0,
    };
    Blueprint {
        actions: planned(id, &wanted.waves),
        execution,
        batches,
    }
}

/// Servers that launch come first, so that they fill as few jobs as possible; those left out follow.
fn batches_of_wave(
    id: &ExecutionId,
    wave: usize,
    wanted: &WantedWave,
    failed: &BTreeMap<SourceServerId, Vec<Check>>,
) -> Vec<Batch> {
    let run = |server: &ServerBlueprint| {
        let mut progress = ServerProgress::waiting();
        if let Some(check) = failed
            .get(&server.source_server_id)
            .and_then(|checks| checks.first())
        {
            progress.status = ServerStatus::Skipped;
            progress.reason = Some(format!("Left out: {}", check.message));
        }
        ServerRun {
            blueprint: server.clone(),
            progress,
        }
    };
    let (launching, left_out): (Vec<ServerRun>, Vec<ServerRun>) = wanted
        .servers
        .iter()
        .map(run)
        .partition(|server| server.progress.status == ServerStatus::Waiting);
    launching
        .chunks(MAX_SERVERS_PER_JOB)
        .chain(left_out.chunks(MAX_SERVERS_PER_JOB))
        .enumerate()
        .map(|(number, servers)| Batch {
            execution_id: id.clone(),
            wave,
            number,
            servers: servers.to_vec(),
            launch: BatchLaunch::Waiting,
            log: Vec::new(),
            log_copied_at: None,
            version: 0,
        })
        .collect()
}

/// Where each server of a blueprint is to go, for the guard.
#[must_use]
pub fn destinations(waves: &[WantedWave]) -> BTreeMap<SourceServerId, LaunchInto> {
    waves
        .iter()
        .flat_map(|wave| &wave.servers)
        .map(|server| (server.source_server_id.clone(), server.launch_into.clone()))
        .collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
