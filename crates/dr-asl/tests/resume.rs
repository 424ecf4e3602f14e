//! Every case of the ministack comparison, played once as it is and once stored and reloaded after
//! every call: the same history, event for event.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../examples/run_machine/player.rs"]
mod player;

use std::path::Path;

use dr_asl::{Execution, Status};
use serde_json::Value;

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, with_machine(read(&path)))
        })
        .collect();
    cases.sort_by(|left, right| left.0.cmp(&right.0));
    cases
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Puts the machine file that a case names into the case, its substitutions made.
fn with_machine(mut case: Value) -> Value {
    if let Some(file) = case["machine_file"].as_str() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(file);
        let mut text = std::fs::read_to_string(path).unwrap();
        for (name, value) in case["substitutions"].as_object().into_iter().flatten() {
            text = text.replace(&format!("${{{name}}}"), value.as_str().unwrap());
        }
        case["machine"] = serde_json::from_str(&text).unwrap();
    }
    case
}

fn store_and_reload(execution: &Execution) -> Execution {
    let stored = serde_json::to_string(execution).unwrap();
    let reloaded: Execution = serde_json::from_str(&stored).unwrap();
    assert_eq!(reloaded.in_flight(), execution.in_flight());
    assert_eq!(reloaded.next_due(), execution.next_due());
    reloaded
}

#[test]
fn an_execution_reloaded_after_every_step_goes_as_one_that_never_was() {
    let cases = cases();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for (name, case) in cases {
        let straight = player::play(&case, &mut |execution| execution)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut reloads = 0;
        let broken = player::play(&case, &mut |execution| {
            reloads += 1;
            store_and_reload(&execution)
        })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(reloads > 1, "{name}");
        assert_ne!(straight.status(), &Status::Running, "{name}");
        assert_eq!(straight.status(), broken.status(), "{name}");
        assert_eq!(straight.history(), broken.history(), "{name}");
    }
}
