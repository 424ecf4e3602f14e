//! `cargo xtask test`: every check of this repository, cheap ones first, with a summary at the end. CI runs it.

mod outside;
mod steps;

use std::time::{Duration, Instant};

use crate::problem::{Problem, Result};
use crate::tree::Tree;

use steps::{STEPS, Step};

/// Options of `test`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Run these steps only; may be given several times, or with several names.
    #[arg(long, num_args = 1.., value_name = "STEP")]
    only: Vec<String>,
    /// Leave these steps out.
    #[arg(long, num_args = 1.., value_name = "STEP")]
    skip: Vec<String>,
    /// Go on after a failed step.
    #[arg(long)]
    keep_going: bool,
    /// List the steps and run none.
    #[arg(long)]
    list: bool,
}

/// How a step went.
struct Outcome {
    name: &'static str,
    took: Duration,
    problem: Option<Problem>,
}

/// Runs the steps asked for.
pub fn run(options: &Options) -> Result {
    let chosen = choose(options)?;
    if options.list {
        for step in &chosen {
            println!("{:<10} {}", step.name, step.about);
        }
        return Ok(());
    }
    let tree = Tree::here();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for step in &chosen {
        println!("\n=== {}: {}", step.name, step.about);
        let outcome = timed(step, &tree);
        let failed = outcome.problem.is_some();
        if let Some(problem) = &outcome.problem {
            println!("{}: {problem}", step.name);
        }
        outcomes.push(outcome);
        if failed && !options.keep_going {
            break;
        }
    }
    summarise(&outcomes, chosen.len())
}

fn choose(options: &Options) -> Result<Vec<&'static Step>> {
    let known = |name: &String| STEPS.iter().any(|step| step.name == name);
    if let Some(name) = options.only.iter().chain(&options.skip).find(|n| !known(n)) {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Problem::new(format!(
            "there is no step {name}; there are {}",
            names.join(", ")
        )));
    }
    Ok(STEPS
        .iter()
        .filter(|step| options.only.is_empty() || options.only.iter().any(|n| n == step.name))
        .filter(|step| !options.skip.iter().any(|n| n == step.name))
        .collect())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the summary shows how long steps really took"
)]
fn timed(step: &Step, tree: &Tree) -> Outcome {
    let begun = Instant::now();
    let problem = (step.run)(tree).err();
    Outcome {
        name: step.name,
        took: begun.elapsed(),
        problem,
    }
}

/// The last line is in a form that CI reads.
fn summarise(outcomes: &[Outcome], chosen: usize) -> Result {
    println!("\n{:<10} {:>9}  result", "step", "time");
    for outcome in outcomes {
        let result = if outcome.problem.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        println!(
            "{:<10} {:>7.1} s  {result}",
            outcome.name,
            outcome.took.as_secs_f64()
        );
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    println!("{:<10} {:>7.1} s", "all", total.as_secs_f64());
    let left = chosen - outcomes.len();
    if left > 0 {
        println!("{left} step(s) not run, after a failure: --keep-going runs them too");
    }
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome.problem.is_some())
        .map(|outcome| outcome.name)
        .collect();
    let passed = outcomes.len() - failed.len();
    if failed.is_empty() {
        println!("{passed} passed, 0 failed");
        return Ok(());
    }
    let verdict = format!("{passed} passed, {} failed", failed.len());
    println!("{verdict}");
    Err(Problem::new(format!("failed: {}", failed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::{Options, choose, steps::STEPS};

    fn options(only: &[&str], skip: &[&str]) -> Options {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Options {
            only: owned(only),
            skip: owned(skip),
            keep_going: false,
            list: false,
        }
    }

    #[test]
    fn all_steps_run_unless_some_are_named() {
        assert_eq!(choose(&options(&[], &[])).unwrap().len(), STEPS.len());
        let chosen = choose(&options(&["docs", "fmt"], &["docs"])).unwrap();
        let names: Vec<&str> = chosen.iter().map(|step| step.name).collect();
        assert_eq!(names, ["fmt"]);
    }

    #[test]
    fn a_step_that_does_not_exist_is_refused_by_name() {
        let refused = choose(&options(&["lint"], &[])).err().unwrap();
        assert!(refused.to_string().contains("no step lint"));
    }
}
