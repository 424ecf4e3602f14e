//! What a quota means, how much of it is used, and what to do.

use std::collections::BTreeSet;

use dr_api::infrastructure::QuotaView;
use dr_model::place::Place;
use ui::{Choice, Status};

/// From this share on, a person is to look at it.
const NEARLY_PERCENT: f64 = 80.0;
/// From this share on, the next failover may meet it.
const FULL_PERCENT: f64 = 95.0;

/// What may be chosen: everything, or one of these.
#[must_use]
pub fn choices(all: &str, values: impl Iterator<Item = String>) -> Vec<Choice> {
    let values: BTreeSet<String> = values.collect();
    std::iter::once(Choice::new("", all))
        .chain(
            values
                .into_iter()
                .map(|value| Choice::new(value.clone(), value)),
        )
        .collect()
}

/// The place is one of the account and of the region; an empty choice is every one.
#[must_use]
pub fn is_wanted(place: &Place, account: &str, region: &str) -> bool {
    let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
    fits(account, place.account_id.as_str()) && fits(region, place.region.as_str())
}

/// A quota, as a person reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What is limited.
    pub title: String,
    /// Used, in percent; none where it cannot be told.
    pub percent: Option<f64>,
    /// `12 of 300`.
    pub figures: String,
    /// How near the limit is.
    pub status: Status,
    /// The same in words.
    pub state: &'static str,
    /// What reaching it means.
    pub meaning: &'static str,
    /// What to do when it is near.
    pub remedy: &'static str,
    /// Where the limit comes from.
    pub origin: String,
}

/// Title, what reaching it means, what to do. A quota that nobody knows here keeps its name.
fn words(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match name {
        "servers_per_job" => (
            "Servers in one job",
            "A wave of more servers becomes several jobs. Nothing waits for it.",
            "Nothing needs to be done.",
        ),
        "concurrent_jobs" => (
            "Jobs at once",
            "No further launch begins until a job ends: executions wait for room, which takes longer and fails nothing.",
            "Let what runs end before starting more, or pause an execution that is less urgent.",
        ),
        "servers_in_all_jobs" => (
            "Servers in all jobs",
            "No further servers are launched until a job ends: executions wait for room, which takes longer and fails nothing.",
            "Let what runs end before starting more, or pause an execution that is less urgent.",
        ),
        "replicating_servers" => (
            "Replicating servers",
            "No further server can replicate into this account and region: a new agent is refused. AWS does not raise this limit.",
            "Let further servers replicate through a staging account, and extend them into this one.",
        ),
        "source_servers" => (
            "Source servers",
            "No further server can be added, not even one that replicates through a staging account.",
            "Ask AWS for more in Service Quotas, or remove servers that are no longer protected.",
        ),
        _ => return None,
    })
}

/// A quota, as a person reads it.
#[must_use]
pub fn line(quota: &QuotaView) -> Line {
    let percent = quota.used.map(|used| match quota.limit {
        0 => 100.0,
        limit => used as f64 * 100.0 / limit as f64,
    });
    let (status, state) = match percent {
        None => (Status::Info, "Applies to each job by itself"),
        Some(share) if share >= FULL_PERCENT => (Status::Error, "Reached, or as good as"),
        Some(share) if share >= NEARLY_PERCENT => (Status::Warning, "Nearly reached"),
        Some(_) => (Status::Success, "There is room"),
    };
    let (title, meaning, remedy) = match words(&quota.name) {
        Some((title, meaning, remedy)) => (title.to_owned(), meaning, remedy),
        None => (
            quota.name.replace('_', " "),
            "",
            "See Service Quotas of AWS.",
        ),
    };
    let source = if quota.is_live {
        "read from Service Quotas"
    } else {
        "AWS's default: Service Quotas could not be read"
    };
    Line {
        title,
        percent,
        figures: match quota.used {
            Some(used) => format!("{used} of {}", quota.limit),
            None => format!("at most {}", quota.limit),
        },
        status,
        state,
        meaning,
        remedy,
        origin: format!("{}, {source}", quota.code),
    }
}

#[cfg(test)]
mod tests {
    use dr_api::infrastructure::QuotaView;
    use dr_model::place::Place;
    use ui::Status;

    use super::{choices, is_wanted, line, words};

    fn quota(name: &str, used: Option<u64>, limit: u64) -> QuotaView {
        QuotaView {
            name: name.to_owned(),
            code: "L-C1D14A2B".to_owned(),
            limit,
            used,
            is_live: true,
        }
    }

    #[test]
    fn a_quota_warns_from_80_percent_and_is_an_error_from_95() {
        let status = |used| line(&quota("replicating_servers", Some(used), 300)).status;
        assert_eq!(
            [239, 240, 284, 285, 400].map(status),
            [
                Status::Success,
                Status::Warning,
                Status::Warning,
                Status::Error,
                Status::Error,
            ]
        );
        assert_eq!(
            line(&quota("concurrent_jobs", Some(0), 0)).status,
            Status::Error
        );
    }

    #[test]
    fn what_cannot_be_counted_has_a_limit_and_no_share() {
        let shown = line(&quota("servers_per_job", None, 100));
        assert_eq!(
            (shown.percent, shown.figures.as_str()),
            (None, "at most 100")
        );
        assert_eq!(shown.status, Status::Info);
    }

    #[test]
    fn every_quota_that_the_server_answers_is_explained_and_a_new_one_is_shown_by_its_name() {
        for name in [
            "servers_per_job",
            "concurrent_jobs",
            "servers_in_all_jobs",
            "replicating_servers",
            "source_servers",
        ] {
            let (_, meaning, remedy) = words(name).unwrap();
            assert!(!meaning.is_empty() && !remedy.is_empty(), "{name}");
        }
        assert_eq!(
            line(&quota("launch_actions", Some(1), 200)).title,
            "launch actions"
        );
    }

    #[test]
    fn a_limit_that_was_not_read_says_so() {
        let shown = line(&QuotaView {
            is_live: false,
            ..quota("source_servers", Some(1), 4000)
        });
        assert!(shown.origin.contains("default"), "{}", shown.origin);
    }

    #[test]
    fn an_empty_choice_is_every_place() {
        let place: Place =
            serde_json::from_str(r#"{"account_id":"111122223333","region":"us-east-1"}"#).unwrap();
        assert!(is_wanted(&place, "", ""));
        assert!(is_wanted(&place, "111122223333", ""));
        assert!(!is_wanted(&place, "", "us-west-2"));
        let offered = choices(
            "All regions",
            ["b", "a", "b"].map(str::to_owned).into_iter(),
        );
        let values: Vec<&str> = offered.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(values, ["", "a", "b"]);
    }
}
