//! Room in DRS: how many more jobs, and servers in jobs, an account and region can take.

use dr_model::execution::MAX_SERVERS_PER_JOB;
use dr_model::job::Job;

/// Concurrent jobs as documented (DRS quota L-D88FAC3A).
pub const MAX_JOBS: usize = 20;
/// Servers in all jobs as documented (DRS quota L-05AFA8C6).
pub const MAX_SERVERS_IN_JOBS: usize = 500;

/// How much an account and region takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Concurrent jobs.
    pub jobs: usize,
    /// Servers in all jobs.
    pub servers: usize,
}

impl Default for Limits {
    /// As documented.
    fn default() -> Self {
        Self {
            jobs: MAX_JOBS,
            servers: MAX_SERVERS_IN_JOBS,
        }
    }
}

/// What is left. Other people's jobs count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Jobs that may be started.
    pub jobs: usize,
    /// Servers that may be put into them.
    pub servers: usize,
}

impl Room {
    /// What the active jobs leave.
    #[must_use]
    pub fn beside(jobs: &[Job], limits: Limits) -> Self {
        let active = jobs.iter().filter(|job| job.is_active());
        let (count, servers) = active.fold((0, 0), |(count, servers), job| {
            (count + 1, servers + job.servers.len())
        });
        Self {
            jobs: limits.jobs.saturating_sub(count),
            servers: limits.servers.saturating_sub(servers),
        }
    }

    /// Takes room for one job, if there is enough.
    pub fn take(&mut self, servers: usize) -> bool {
        let fits = servers <= MAX_SERVERS_PER_JOB && self.jobs > 0 && self.servers >= servers;
        if fits {
            self.jobs -= 1;
            self.servers -= servers;
        }
        fits
    }

    /// Nothing more fits in this tick: DRS said so.
    pub fn close(&mut self) {
        self.jobs = 0;
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
