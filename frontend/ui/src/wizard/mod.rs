//! Steps towards one thing. The step is the caller's signal, so that it can live in the URL or on the server.

use leptos::prelude::*;

use crate::browser;
use crate::button::{Button, ButtonKind};
use crate::modal::Confirm;

/// One step.
#[derive(Clone)]
pub struct WizardStep {
    title: String,
    view: ViewFn,
    error: Signal<Option<String>>,
}

impl WizardStep {
    /// A step. `error` says why the next may not be entered yet; none: it may.
    pub fn new(
        title: impl Into<String>,
        error: impl Into<Signal<Option<String>>>,
        view: impl Into<ViewFn>,
    ) -> Self {
        Self {
            title: title.into(),
            view: view.into(),
            error: error.into(),
        }
    }
}

/// Steps towards one thing: the list of steps, the step, and the way on. Cancelling asks first.
#[component]
pub fn Wizard(
    /// The steps, in order; at least one.
    steps: Vec<WizardStep>,
    /// The step that is shown, from 0.
    step: RwSignal<usize>,
    /// What the last button says: `Start recovery`.
    #[prop(into)]
    finish: Signal<String>,
    /// It is being done.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Does it.
    #[prop(into)]
    on_finish: Callback<()>,
    /// Leaves, after the question.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// What is lost, or goes on, when a person leaves.
    #[prop(into)]
    cancel_text: String,
) -> impl IntoView {
    let last = steps.len().saturating_sub(1);
    let steps = StoredValue::new(steps);
    let refused = RwSignal::new(false);
    let leaving = RwSignal::new(false);
    let at = Memo::new(move |_| step.get().min(last));
    let go = move |to: usize| {
        refused.set(false);
        step.set(to);
        browser::focus("wizard-step");
    };
    let error = Signal::derive(move || {
        steps.with_value(|steps| steps.get(at.get()).and_then(|step| step.error.get()))
    });
    let forward = move || {
        if error.get_untracked().is_some() {
            refused.set(true);
        } else if at.get_untracked() == last {
            on_finish.run(());
        } else {
            go(at.get_untracked() + 1);
        }
    };
    let cancel_text = StoredValue::new(cancel_text);
    view! {
        <div class="ui-wizard">
            <ol class="ui-wizard__steps" aria-label="Steps">{move || titles(&steps.get_value(), at.get(), go)}</ol>
            <div class="ui-stack">
                <h2 id="wizard-step" tabindex="-1">
                    {move || steps.with_value(|steps| steps.get(at.get()).map(|step| step.title.clone()))}
                </h2>
                {move || steps.with_value(|steps| steps.get(at.get()).map(|step| step.view.run()))}
                <div class="ui-field__error" role="alert">{move || refused.get().then(|| error.get()).flatten()}</div>
                <div class="ui-row ui-modal__footer">
                    <Button kind=ButtonKind::Link on_click=move |_| leaving.set(true)>"Cancel"</Button>
                    <Show when=move || { at.get() > 0 }>
                        <Button on_click=move |_| go(at.get_untracked().saturating_sub(1))>"Previous"</Button>
                    </Show>
                    <Button kind=ButtonKind::Primary busy=busy on_click=move |_| forward()>
                        {move || if at.get() == last { finish.get() } else { "Next".to_owned() }}
                    </Button>
                </div>
            </div>
            <Confirm open=leaving title="Leave?" verb="Leave" on_confirm=move |()| on_cancel.run(())>
                <p>{cancel_text.get_value()}</p>
            </Confirm>
        </div>
    }
}

/// Steps that are done are links back; those to come are words.
fn titles(
    steps: &[WizardStep],
    at: usize,
    go: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> Vec<AnyView> {
    steps
        .iter()
        .enumerate()
        .map(|(number, step)| {
            let text = format!("{}. {}", number + 1, step.title);
            if number < at {
                view! { <li><button type="button" class="ui-wizard__link" on:click=move |_| go(number)>{text}</button></li> }
                    .into_any()
            } else {
                view! { <li aria-current=(number == at).then_some("step")>{text}</li> }.into_any()
            }
        })
        .collect()
}
