//! The thin driver: one look at the jobs of a place.

use chrono::{DateTime, Duration, Utc};
use dr_drs::Drs;
use dr_error::Result;
use dr_model::job::Job;

/// Jobs that began this long before the first of ours are looked at too: they take room.
const OTHERS_HOURS: i64 = 1;

/// All jobs of the place that matter now, in one `DescribeJobs` when they fit on a page.
///
/// # Errors
/// Whatever DRS answers. An error while looking says nothing of the jobs.
pub async fn jobs(drs: &Drs, earliest: DateTime<Utc>) -> Result<Vec<Job>> {
    drs.jobs_since(earliest - Duration::hours(OTHERS_HOURS))
        .await
}
