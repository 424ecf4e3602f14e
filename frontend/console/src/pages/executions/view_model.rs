//! What the list says of an execution.

use dr_api::executions::ExecutionView;

use crate::format::duration;
use crate::words;

/// What it is: `Drill of fleet`.
#[must_use]
pub fn title(run: &ExecutionView) -> String {
    format!(
        "{} of {}",
        words::execution_type(run.execution_type),
        words::subject(&run.subject)
    )
}

/// Its servers in numbers: `20 of 24 launched, 1 failed`.
#[must_use]
pub fn servers(run: &ExecutionView) -> String {
    let tally = &run.servers;
    let mut text = format!("{} of {} launched", tally.launched, tally.total());
    for (count, what) in [(tally.failed, "failed"), (tally.skipped, "left out")] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
}

/// Whether the target was met: of one that is not over, whether it can still be.
#[must_use]
pub fn rto(run: &ExecutionView) -> String {
    let target = duration(run.rto_target_seconds);
    let word = match (run.status.is_terminal(), run.rto_met) {
        (true, true) => "Met",
        (false, true) => "Can be met",
        (false, false) => "Will be missed",
        (true, false) => "Missed",
    };
    format!("{word} ({target})")
}

#[cfg(test)]
mod tests {
    use super::{rto, servers, title};
    use crate::pages::execution::sample;

    #[test]
    fn an_execution_is_named_by_what_it_runs_and_counted_by_its_servers() {
        let run = sample();
        assert_eq!(title(&run), "Recovery of fleet");
        assert_eq!(servers(&run), "2 of 5 launched, 1 failed");
    }

    #[test]
    fn a_target_is_met_only_when_it_is_over() {
        let mut run = sample();
        assert_eq!(rto(&run), "Can be met (30 min)");
        run.status = dr_model::execution::ExecutionStatus::Completed;
        assert_eq!(rto(&run), "Met (30 min)");
        run.rto_met = false;
        assert_eq!(rto(&run), "Missed (30 min)");
    }
}
