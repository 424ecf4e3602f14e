//! Actions on the command line: read, refused, kept and placed.

use dr_model::action::{ActionSide, ActionTarget, OnActionFailure};
use dr_model::plan::Wave;
use serde_json::json;

use super::{clear, keep, parse, place};

fn wave(name: &str, before: &[&str], after: &[&str]) -> Wave {
    let actions = |names: &[&str]| {
        names
            .iter()
            .map(|name| json!({ "name": name, "document_name": "Own", "on": "WAVE" }))
            .collect::<Vec<_>>()
    };
    serde_json::from_value(json!({
        "name": name, "group_ids": [], "actions_before": actions(before), "actions_after": actions(after),
    }))
    .unwrap()
}

fn names(waves: &[Wave]) -> Vec<Vec<&str>> {
    waves
        .iter()
        .map(|wave| {
            let all = wave.actions_before.iter().chain(&wave.actions_after);
            all.map(|action| action.name.as_str()).collect()
        })
        .collect()
}

#[test]
fn an_action_is_read_with_everything_that_a_plan_can_hold() {
    let read = parse(
        "wave=Web tier,when=before,document=AWS-RunShellScript,name=drain,on=i-0000000a,i-0000000b,\
         parameter=commands=echo a, b,parameter=commands=test a=b,parameter=workingDirectory=/tmp,timeout=15m,\
         on-failure=stop,drills=skip",
    )
    .unwrap();
    assert_eq!(
        (read.wave.as_str(), read.side),
        ("Web tier", ActionSide::Before)
    );
    assert_eq!(
        serde_json::to_value(&read.action).unwrap(),
        json!({
            "name": "drain", "document_name": "AWS-RunShellScript",
            "parameters": { "commands": ["echo a, b", "test a=b"], "workingDirectory": ["/tmp"] },
            "on": { "instance_ids": ["i-0000000a", "i-0000000b"] },
            "timeout_seconds": 900, "on_failure": "STOP", "skip_in_drills": true,
        })
    );
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_api() {
    let read = parse("wave=w,when=after,document=Own").unwrap().action;
    assert_eq!(read.on, ActionTarget::Wave);
    assert_eq!(
        (read.timeout_seconds, read.on_failure, read.skip_in_drills),
        (3600, OnActionFailure::Continue, false)
    );
}

#[test]
fn what_is_no_action_is_refused_with_what_is_expected() {
    for (text, expected) in [
        ("nonsense", "expected wave=WAVE"),
        ("when=after,document=Own", "wave=WAVE is missing"),
        ("wave=,when=after,document=Own", "wave has no value"),
        ("wave=w,document=Own", "when=before or when=after"),
        (
            "wave=w,when=during,document=Own",
            "when=before or when=after",
        ),
        ("wave=w,when=after", "document=NAME is missing"),
        (
            "wave=w,wave=v,when=after,document=Own",
            "wave is given twice",
        ),
        ("wave=w,when=before,document=Own", "expected on=INSTANCE"),
        (
            "wave=w,when=before,document=Own,on=wave",
            "expected on=INSTANCE",
        ),
        ("wave=w,when=after,document=Own,on=db-1", "i-"),
        ("wave=w,when=after,document=Own,timeout=29s", "30s to 20h"),
        ("wave=w,when=after,document=Own,timeout=21h", "30s to 20h"),
        (
            "wave=w,when=after,document=Own,on-failure=retry",
            "CONTINUE",
        ),
        ("wave=w,when=after,document=Own,drills=no", "drills=skip"),
        (
            "wave=w,when=after,document=Own,parameter=x",
            "parameter=KEY=VALUE",
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn waves_that_stay_keep_their_actions_and_what_goes_with_a_wave_is_named() {
    let mut waves = [wave("new", &[], &[]), wave("db", &[], &[])];
    let before = vec![
        wave("db", &["stop"], &["check"]),
        wave("web", &[], &["dns"]),
        wave("empty", &[], &[]),
    ];
    assert_eq!(keep(&mut waves, before), ["web"]);
    assert_eq!(names(&waves), [vec![], vec!["stop", "check"]]);
}

#[test]
fn given_actions_replace_their_side_of_the_wave_in_their_order_and_get_names() {
    let mut waves = [wave("db", &["stop"], &["after-1"])];
    let before = |name: &str| {
        parse(&format!(
            "wave=db,when=before,document=Own,on=i-0000000a{name}"
        ))
        .unwrap()
    };
    place(&mut waves, &[before(""), before(",name=last"), before("")]).unwrap();
    assert_eq!(names(&waves), [["before-1", "last", "before-2", "after-1"]]);
    let elsewhere = parse("wave=web,when=after,document=Own").unwrap();
    let refused = place(&mut waves, &[elsewhere]).unwrap_err();
    assert!(refused.for_a_person().contains("the plan has db"));
    clear(&mut waves, &["db".to_owned()]).unwrap();
    assert_eq!(names(&waves), [Vec::<&str>::new()]);
    assert!(clear(&mut waves, &["web".to_owned()]).is_err());
}
