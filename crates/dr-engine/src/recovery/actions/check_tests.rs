//! What is refused of a plan's actions, field by field.

use std::collections::BTreeMap;

use dr_model::action::{ActionTarget, MAX_PARAMETER_BYTES, SsmAction};
use dr_model::plan::{OnFailure, Wave};

use super::problems;
use crate::recovery::actions::samples::{action, named};

fn wave(before: Vec<SsmAction>, after: Vec<SsmAction>) -> Wave {
    Wave {
        name: "w".into(),
        group_ids: Vec::new(),
        pause_before: false,
        on_failure: OnFailure::Continue,
        actions_before: before,
        actions_after: after,
    }
}

fn fields(waves: &[Wave]) -> Vec<String> {
    problems(waves).into_iter().map(|one| one.field).collect()
}

fn before(action: SsmAction) -> Vec<String> {
    fields(&[wave(vec![action], Vec::new())])
}

#[test]
fn actions_that_are_as_they_must_be_have_no_problem() {
    let own = SsmAction {
        document_name: "arn:aws:ssm:us-west-2:444455556666:document/drain-queue".into(),
        ..action("drain", named(&[1, 2]))
    };
    let on_wave = action("check", ActionTarget::Wave);
    let waves = [
        wave(vec![own], vec![on_wave.clone()]),
        wave(Vec::new(), vec![on_wave]),
    ];
    assert_eq!(fields(&waves), Vec::<String>::new());
}

#[test]
fn every_field_out_of_bounds_is_named_with_its_place() {
    let only = |name: &str, value: String| BTreeMap::from([(name.to_owned(), vec![value])]);
    let parameters = |parameters| SsmAction {
        parameters,
        ..action("a", named(&[1]))
    };
    let document = |name: &str| SsmAction {
        document_name: name.into(),
        ..action("a", named(&[1]))
    };
    let brief = SsmAction {
        timeout_seconds: 29,
        ..action("a", named(&[1]))
    };
    let many: Vec<usize> = (0..51).collect();
    let cases = [
        ("name", action("  ", named(&[1]))),
        ("name", action(&"x".repeat(129), named(&[1]))),
        ("document_name", document("no")),
        ("document_name", document("rm -rf /")),
        ("document_name", document("arn:aws:s3:::bucket/document/")),
        ("timeout_seconds", brief),
        ("on.instance_ids", action("a", named(&[]))),
        ("on.instance_ids", action("a", named(&many))),
        ("on", action("a", ActionTarget::Wave)),
        (
            "parameters",
            parameters(only("commands", "x".repeat(MAX_PARAMETER_BYTES))),
        ),
        ("parameters", parameters(only("a b", "c".into()))),
        (
            "parameters.commands",
            parameters(only("commands", "bell \u{7}".into())),
        ),
    ];
    for (field, bad) in cases {
        let expected = format!("waves[0].actions_before[0].{field}");
        assert_eq!(before(bad.clone()), [expected], "{bad:?}");
    }
}

#[test]
fn names_are_unique_in_a_wave_on_both_of_its_sides_and_free_in_another() {
    let one = || action("stop", named(&[1]));
    assert_eq!(
        fields(&[wave(vec![one()], vec![one()])]),
        ["waves[0].actions_after[0].name"]
    );
    let apart = [wave(vec![one()], Vec::new()), wave(vec![one()], Vec::new())];
    assert!(fields(&apart).is_empty());
}

#[test]
fn a_wave_takes_ten_actions_on_each_side_and_no_more_time_than_it_has() {
    let many = |count: usize, seconds: u32| -> Vec<SsmAction> {
        (0..count)
            .map(|n| SsmAction {
                timeout_seconds: seconds,
                ..action(&format!("a{n}"), named(&[1]))
            })
            .collect()
    };
    assert!(fields(&[wave(many(10, 3_600), Vec::new())]).is_empty());
    assert_eq!(
        fields(&[wave(many(11, 60), Vec::new())]),
        ["waves[0].actions_before"]
    );
    assert_eq!(
        fields(&[wave(Vec::new(), many(11, 60))]),
        ["waves[0].actions_after"]
    );
    assert_eq!(fields(&[wave(many(2, 36_001), Vec::new())]), ["waves[0]"]);
    assert!(fields(&[wave(many(1, 72_000), Vec::new())]).is_empty());
}

#[test]
fn the_parameters_of_a_whole_plan_fit_into_one_item() {
    let long = |n: usize| SsmAction {
        parameters: BTreeMap::from([("commands".into(), vec!["x".repeat(16_000)])]),
        ..action(&format!("a{n}"), named(&[1]))
    };
    let waves = |count: usize| -> Vec<Wave> {
        (0..count)
            .map(|n| wave(vec![long(n)], Vec::new()))
            .collect()
    };
    assert!(fields(&waves(12)).is_empty());
    assert_eq!(fields(&waves(13)), ["waves"]);
}
