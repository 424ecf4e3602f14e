//! A person's word to an execution: pause, resume, cancel, and the end of a drill.

use dr_api::executions::{
    CancelExecution, CancelExecutionRequest, ExecutionRequest, ExecutionView, PauseExecution,
    ResumeExecution, TerminateExecutionInstances, TerminateInstancesRequest, TerminationResult,
};
use dr_model::execution::{ExecutionStatus, ExecutionType};
use dr_model::ids::ExecutionId;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::{Button, Confirm, ErrorPanel, FlashKind, Loading, use_flashes};

use super::view_model::{Steering, ended, steering};
use crate::api::use_api;
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::live::Live;
use crate::words;

/// The buttons of the page.
#[component]
pub(super) fn Steer(id: ExecutionId, live: Live<ExecutionView>) -> impl IntoView {
    let may = Memo::new(move |_| live.value.with(|run| run.as_ref().map(|run| steering(run))));
    let may_control = use_why_not(Permission::ControlExecution);
    let may_end = use_why_not(Permission::TerminateInstances);
    let why_not = move |role: Signal<Option<String>>, read: fn(&Steering) -> Option<String>| {
        Signal::derive(move || {
            role.get().or_else(|| {
                may.with(|may| {
                    may.as_ref()
                        .map_or_else(|| Some("It is being loaded".to_owned()), read)
                })
            })
        })
    };
    let is_drill = Memo::new(move |_| kind(live) == Some(ExecutionType::Drill));
    let is_taken_back = Memo::new(move |_| {
        live.value.with(|run| {
            run.as_ref().is_some_and(|run| {
                run.pause_requested
                    && run.status != ExecutionStatus::Paused
                    && !run.status.is_terminal()
            })
        })
    });
    let (cancelling, ending) = (RwSignal::new(false), RwSignal::new(false));
    let (pausing, resuming) = (steer(&id, live, true), steer(&id, live, false));
    let end_id = id.clone();
    view! {
        <Button why_not=why_not(may_control, |may| may.pause.clone()) busy=pausing.0 on_click=pausing.1>"Pause"</Button>
        <Button why_not=why_not(may_control, |may| may.resume.clone()) busy=resuming.0 on_click=resuming.1>
            {move || if is_taken_back.get() { "Take back the pause" } else { "Resume" }}
        </Button>
        <Button why_not=why_not(may_control, |may| may.cancel.clone()) on_click=move |_| cancelling.set(true)>"Cancel"</Button>
        <Show when=move || is_drill.get()>
            <Button why_not=why_not(may_end, |may| may.end.clone()) on_click=move |_| ending.set(true)>"End drill"</Button>
        </Show>
        <Cancel id=id open=cancelling live=live />
        <EndDrill id=end_id open=ending live=live />
    }
}

fn kind(live: Live<ExecutionView>) -> Option<ExecutionType> {
    live.value
        .with(|run| run.as_ref().map(|run| run.execution_type))
}

type Click = Callback<leptos::ev::MouseEvent>;

/// Pause or resume: whether it is under way, and what a click does. A refusal is shown as a message.
fn steer(id: &ExecutionId, live: Live<ExecutionView>, is_pause: bool) -> (RwSignal<bool>, Click) {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let request = ExecutionRequest {
        execution_id: id.clone(),
    };
    let click = Callback::new(move |_| {
        let request = request.clone();
        let work = async move {
            let answer = if is_pause {
                api.call::<PauseExecution>(&request).await
            } else {
                api.call::<ResumeExecution>(&request).await
            };
            // A refusal is an answer too: it is no error of the page.
            Ok(answer)
        };
        doing.run(work, move |answer| {
            live.refresh();
            match answer {
                Ok(_) if is_pause => flashes.success("It pauses before the next wave"),
                Ok(_) => flashes.success("It goes on"),
                Err(problem) => flashes.problem(&problem),
            }
        });
    });
    (doing.busy, click)
}

/// Cancelling a recovery takes a typed word: what runs production may be left half.
#[component]
fn Cancel(id: ExecutionId, open: RwSignal<bool>, live: Live<ExecutionView>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let request = CancelExecutionRequest {
        execution_id: id,
        reason: None,
    };
    let confirm = Callback::new(move |()| {
        let request = request.clone();
        doing.run(
            async move { api.call::<CancelExecution>(&request).await },
            move |_| {
                open.set(false);
                live.refresh();
                flashes.success("It starts nothing more");
            },
        );
    });
    let is_drill = Memo::new(move |_| kind(live) == Some(ExecutionType::Drill));
    let counts = move || {
        live.value.with(|run| {
            run.as_ref().map(|run| {
                let tally = &run.servers;
                format!(
                    "{} servers that wait are left out. {} that DRS is launching go on to their end: a job cannot be cancelled. {} that are launched stay.",
                    tally.waiting, tally.launching, tally.launched
                )
            })
        })
    };
    move || {
        if is_drill.get() {
            view! {
                <Confirm open=open title="Cancel this drill?" verb="Cancel the drill" busy=doing.busy problem=doing.problem on_confirm=confirm>
                    <p>{counts}</p>
                </Confirm>
            }
            .into_any()
        } else {
            view! {
                <Confirm open=open title="Cancel this recovery?" verb="Cancel the recovery" word=Signal::stored("cancel".to_owned())
                    busy=doing.busy problem=doing.problem on_confirm=confirm>
                    <p>{counts}</p>
                    <p>"The recovery ends part way: what is not launched by then stays down until it is recovered by another."</p>
                </Confirm>
            }
            .into_any()
        }
    }
}

/// The end of a drill: what it would do is asked for first, and shown.
#[component]
fn EndDrill(id: ExecutionId, open: RwSignal<bool>, live: Live<ExecutionView>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let looking = Doing::default();
    let preview = RwSignal::new(None::<TerminationResult>);
    let request = move |confirm: bool| TerminateInstancesRequest {
        execution_id: id.clone(),
        confirm,
        also_terminate_instance_ids: Vec::new(),
    };
    let asked = request.clone();
    Effect::new(move |_| {
        if open.get() {
            preview.set(None);
            let request = asked(false);
            let work = async move { api.call::<TerminateExecutionInstances>(&request).await };
            looking.run(work, move |found| preview.set(Some(found)));
        }
    });
    let confirm = move |()| {
        let request = request(true);
        let work = async move { api.call::<TerminateExecutionInstances>(&request).await };
        doing.run(work, move |done| {
            open.set(false);
            live.refresh();
            let (text, all) = ended(&done);
            flashes.show(
                if all {
                    FlashKind::Success
                } else {
                    FlashKind::Warning
                },
                text,
            );
        });
    };
    let face = move || match (preview.get(), looking.problem.get()) {
        (Some(found), _) => view! { <WouldEnd found=found /> }.into_any(),
        (None, Some(problem)) => view! { <ErrorPanel problem=problem /> }.into_any(),
        (None, None) => view! { <Loading text="Looking what would be ended" /> }.into_any(),
    };
    view! {
        <Confirm open=open title="End this drill?" verb="End drill" word=Signal::stored("end drill".to_owned())
            busy=doing.busy problem=doing.problem on_confirm=confirm>{face}</Confirm>
    }
}

#[component]
fn WouldEnd(found: TerminationResult) -> impl IntoView {
    let gone: Vec<_> = found
        .terminated
        .iter()
        .map(|loss| view! { <li>{format!("{}: {}", loss.instance_id, loss.why)}</li> })
        .collect();
    let back: Vec<_> = found
        .released
        .iter()
        .map(|id| view! { <li>{id.to_string()}</li> })
        .collect();
    let (gone_count, back_count) = (gone.len(), back.len());
    view! {
        <p>{format!("To be terminated for good: {}", words::counted(gone_count, "instance"))}</p>
        <ul class="console-bullets">{gone}</ul>
        <p>{format!("To be handed back stopped, with id, private IP and tags: {}", words::counted(back_count, "instance"))}</p>
        <ul class="console-bullets">{back}</ul>
    }
}
