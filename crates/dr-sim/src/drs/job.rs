//! Jobs and their logs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::input::{self, Page};
use super::state::{State, Tags};
use super::{Reply, find, ok, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// `drsjob-` + 17.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `LAUNCH` or `TERMINATE`.
    pub kind: String,
    /// What started it.
    pub initiated_by: String,
    /// ARN of who started it: the EC2 part is done with that principal's permissions.
    pub started_by: String,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// `PENDING`, `STARTED` or `COMPLETED`: there is no other.
    pub status: String,
    /// Servers, in the order of the request.
    pub participants: Vec<Participant>,
    /// Its tags.
    pub tags: Tags,
    /// Its log, in order.
    pub log: Vec<LogItem>,
}

/// A server in a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Participant {
    /// The source server.
    pub server: String,
    /// The recovery instance: launched by, or terminated by the job.
    pub instance: Option<String>,
    /// `PENDING`, `IN_PROGRESS`, `LAUNCHED`, `FAILED` or `TERMINATED`.
    pub status: String,
    /// The point in time that was asked for.
    pub point: Option<String>,
    /// The point in time that is used.
    pub point_at: Option<DateTime<Utc>>,
    /// How the EC2 part of the launch went, until it is reported: the raw error.
    pub refused: Option<String>,
    /// Whether the job is done with this server.
    pub done: bool,
}

/// One line of a job's log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogItem {
    /// When.
    pub at: DateTime<Utc>,
    /// What, in the words of DRS.
    pub event: String,
    /// The server, except in lines about the job.
    pub server: Option<String>,
    /// The conversion server.
    pub conversion_server: Option<String>,
    /// The target instance.
    pub target: Option<String>,
    /// Why it failed.
    pub raw_error: Option<String>,
}

impl LogItem {
    /// A line about a server, or about the job.
    #[must_use]
    pub fn new(at: DateTime<Utc>, event: &str, server: Option<&str>) -> Self {
        Self {
            at,
            event: event.to_owned(),
            server: server.map(str::to_owned),
            conversion_server: None,
            target: None,
            raw_error: None,
        }
    }
}

impl Participant {
    /// A server that has just been asked for.
    #[must_use]
    pub fn pending(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            instance: None,
            status: "PENDING".to_owned(),
            point: None,
            point_at: None,
            refused: None,
            done: false,
        }
    }
}

impl Job {
    /// The job as the API shows it.
    #[must_use]
    pub fn view(&self) -> Value {
        let servers: Vec<Value> = self
            .participants
            .iter()
            .map(|participant| {
                json!({
                    "sourceServerID": participant.server,
                    "recoveryInstanceID": participant.instance,
                    "launchStatus": participant.status,
                })
            })
            .collect();
        json!({
            "jobID": self.id,
            "arn": self.arn,
            "type": self.kind,
            "initiatedBy": self.initiated_by,
            "creationDateTime": words::time(self.created),
            "endDateTime": self.ended.map(words::time),
            "status": self.status,
            "participatingServers": servers,
            "tags": self.tags,
        })
    }

    /// A server of the job.
    pub fn participant(&mut self, server: &str) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|p| p.server == server)
    }
}

impl State {
    /// Puts a new job on the books: its servers are busy from now on.
    pub fn open_job(&mut self, job: Job) {
        for participant in &job.participants {
            self.busy.insert(participant.server.clone(), job.id.clone());
        }
        self.active_jobs.insert(job.id.clone());
        self.jobs_by_time.insert((job.created, job.id.clone()));
        self.jobs.insert(job.id.clone(), job);
    }

    /// Ends a job: its servers are free.
    pub fn close_job(&mut self, id: &str, now: DateTime<Utc>) {
        self.active_jobs.remove(id);
        self.busy.retain(|_, job| job != id);
        if let Some(job) = self.jobs.get_mut(id) {
            job.status = "COMPLETED".to_owned();
            job.ended = Some(now);
            job.log.push(LogItem::new(now, "JOB_END", None));
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    filters: Option<Filters>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    #[serde(rename = "jobIDs")]
    job_ids: Option<Vec<String>>,
    from_date: Option<String>,
    to_date: Option<String>,
}

/// `DescribeJobs`: newest first.
pub fn describe(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Describe = rest_json::parse(call)?;
    let filters = request.filters.unwrap_or_default();
    if let Some(ids) = &filters.job_ids {
        input::count("filters.jobIDs", ids, 0, 1_000)?;
        for id in ids {
            input::drs_id("filters.jobIDs", "drsjob-", id)?;
        }
    }
    let bound = |field: &str, text: &Option<String>| {
        text.as_ref().map(|t| input::time(field, t)).transpose()
    };
    let from = bound("filters.fromDate", &filters.from_date)?;
    let to = bound("filters.toDate", &filters.to_date)?;
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let before = match page.after()? {
        Some(key) => Some(
            key.split_once('|')
                .and_then(|(at, id)| {
                    let at = DateTime::parse_from_rfc3339(at).ok()?;
                    Some((at.with_timezone(&Utc), id.to_owned()))
                })
                .ok_or_else(|| input::invalid("nextToken", "is not a token of this operation"))?,
        ),
        None => None,
    };
    let state = find::state(world, call);
    let ids: Option<std::collections::BTreeSet<&String>> = filters
        .job_ids
        .as_ref()
        .filter(|ids| !ids.is_empty())
        .map(|ids| ids.iter().collect());
    let keys: Box<dyn Iterator<Item = (DateTime<Utc>, String)>> = match &ids {
        // A poller names a few jobs out of thousands: look those up.
        Some(ids) => {
            let named: std::collections::BTreeSet<(DateTime<Utc>, String)> = ids
                .iter()
                .filter_map(|id| state.jobs.get(*id))
                .map(|job| (job.created, job.id.clone()))
                .collect();
            Box::new(named.into_iter().rev())
        }
        None => Box::new(state.jobs_by_time.iter().rev().cloned()),
    };
    let found = keys
        .skip_while(|key| before.as_ref().is_some_and(|last| key >= last))
        .skip_while(|(at, _)| to.is_some_and(|to| *at > to))
        .take_while(|(at, _)| from.is_none_or(|from| *at >= from))
        .filter_map(|(_, id)| state.jobs.get(&id));
    let (taken, token) = input::page(found, page, |job| {
        format!("{}|{}", job.created.to_rfc3339(), job.id)
    })?;
    let items: Vec<Value> = taken.iter().map(|job| job.view()).collect();
    ok(json!({ "items": items, "nextToken": token }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLog {
    #[serde(rename = "jobID")]
    job_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `DescribeJobLogItems`: in the order in which things happened.
pub fn describe_log(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: DescribeLog = rest_json::parse(call)?;
    let id = input::required("jobID", request.job_id)?;
    input::drs_id("jobID", "drsjob-", &id)?;
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let start = match page.after()? {
        Some(key) => key
            .parse::<usize>()
            .map(|n| n + 1)
            .map_err(|_| input::invalid("nextToken", "is not a token of this operation"))?,
        None => 0,
    };
    let state = find::state(world, call);
    // The service model knows no ResourceNotFoundException here; the real one answers it.
    let job = state
        .jobs
        .get(&id)
        .ok_or_else(|| find::unknown("Job", &id))?;
    let found = job.log.iter().enumerate().skip(start);
    let (taken, token) = input::page(found, page, |(n, _)| n.to_string())?;
    let items: Vec<Value> = taken
        .iter()
        .map(|(_, item)| {
            json!({
                "logDateTime": words::time(item.at),
                "event": item.event,
                "eventData": {
                    "sourceServerID": item.server,
                    "conversionServerID": item.conversion_server,
                    "targetInstanceID": item.target,
                    "rawError": item.raw_error,
                },
            })
        })
        .collect();
    ok(json!({ "items": items, "nextToken": token }))
}
