//! Runs one machine in virtual time against scripted tasks and prints how it went, as JSON: the
//! interpreter's side of the comparison in `tests/oracle`. Reads one case from a file (or stdin
//! with `-`): `{"machine": {..}, "input": .., "tasks": {"<function>": [<answer>, ..]}}`; the shape
//! of an answer is described in `tests/oracle/README.md`.

mod player;

use std::error::Error;
use std::io::Read;

use dr_asl::{Execution, Status};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: run_machine <case.json | ->")?;
    let mut text = String::new();
    if path == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path)?;
    }
    let case: Value = serde_json::from_str(&text)?;
    print(&player::play(&case, &mut |execution| execution)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn print(execution: &Execution) {
    let (output, error, cause) = match execution.status() {
        Status::Succeeded { output } => (Some(output), None, None),
        Status::Failed { error, cause } | Status::Aborted { error, cause } => {
            (None, error.as_ref(), cause.as_ref())
        }
        Status::Running | Status::TimedOut => (None, None, None),
    };
    let history: Vec<Value> = execution
        .history()
        .iter()
        .map(|event| {
            json!({"id": event.id, "previous": event.previous_event_id, "type": event.event_type})
        })
        .collect();
    let report = json!({
        "status": execution.status().name(),
        "output": output,
        "error": error,
        "cause": cause,
        "history": history,
    });
    println!("{report}");
}
