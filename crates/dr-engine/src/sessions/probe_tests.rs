//! Scripts of probes.

use dr_model::session::Probe;

use super::{document, parameters};

fn probes() -> Vec<Probe> {
    vec![
        Probe::Http {
            url: "http://localhost:8080/it's?a=1&b=2".into(),
        },
        Probe::Tcp {
            host: "db.internal".into(),
            port: 5432,
        },
        Probe::Command {
            line: "systemctl is-active 'web'".into(),
        },
    ]
}

fn lines(is_windows: bool) -> Vec<String> {
    parameters(&probes(), is_windows)["commands"].clone()
}

#[test]
fn each_platform_has_its_document_and_a_time_limit() {
    assert_eq!(document(false), "AWS-RunShellScript");
    assert_eq!(document(true), "AWS-RunPowerShellScript");
    for is_windows in [false, true] {
        assert_eq!(
            parameters(&probes(), is_windows)["executionTimeout"],
            ["240"]
        );
        // First a start, then a line per probe, then the verdict of all.
        assert_eq!(lines(is_windows).len(), 1 + probes().len() + 1);
        assert_eq!(lines(is_windows).last().unwrap(), "exit $failed");
    }
}

#[test]
fn what_a_person_wrote_is_quoted_and_cannot_end_its_word() {
    let shell = lines(false);
    assert!(
        shell[1].contains(r"-- 'http://localhost:8080/it'\''s?a=1&b=2' ||"),
        "{}",
        shell[1]
    );
    assert!(shell[2].contains("'db.internal' 5432 ||"), "{}", shell[2]);
    assert!(
        shell[3].starts_with(r"sh -c 'systemctl is-active '\''web'\''' ||"),
        "{}",
        shell[3]
    );
    let power_shell = lines(true);
    assert!(power_shell[1].contains("-Uri 'http://localhost:8080/it''s?a=1&b=2';"));
    assert!(power_shell[2].contains("ConnectAsync('db.internal', 5432)"));
    assert!(power_shell[3].contains("Invoke-Expression 'systemctl is-active ''web''';"));
}

#[test]
fn power_shell_takes_curly_quotes_for_straight_ones_so_they_are_doubled_too() {
    let probe = Probe::Command {
        line: "a\u{2019}; b".into(),
    };
    let script = &parameters(&[probe], true)["commands"][1];
    assert!(script.contains("'a\u{2019}\u{2019}; b'"), "{script}");
}

#[test]
fn the_shell_script_passes_and_fails_as_its_probes_do() {
    // The script is run, not only read: what fails is named, and everything is tried.
    let ends = |lines: &[&str]| {
        let probes: Vec<Probe> = lines
            .iter()
            .map(|line| Probe::Command {
                line: (*line).to_owned(),
            })
            .collect();
        let script = parameters(&probes, false)["commands"].join("\n");
        let run = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        (
            run.status.code(),
            said.lines().map(ToOwned::to_owned).collect::<Vec<_>>(),
        )
    };
    assert_eq!(ends(&["true", "test 1 = 1"]), (Some(0), vec![]));
    assert_eq!(
        ends(&["exit 3", "true", "test 'it''s' = x"]),
        (
            Some(1),
            vec![
                "failed: exit 3".to_owned(),
                "failed: test 'it''s' = x".to_owned()
            ]
        )
    );
}
