//! Waves over time as a picture, with its numbers below.

use std::sync::Arc;

use dr_api::executions::ExecutionView;
use leptos::prelude::*;
use ui::{Status, StatusIndicator};

use super::view_model::{Bar, Gantt, gantt};

/// The field that is drawn into; its height is of the rows.
const WIDTH: f64 = 1000.0;
/// Of a row: as in the style sheet.
const ROW: f64 = 28.0;
/// Of a bar within its row.
const BAR: f64 = 16.0;
/// What is seen of a wave that was over at once.
const LEAST: f64 = 4.0;

/// The waves of an execution over time.
#[component]
pub(super) fn Waves(run: Signal<Arc<ExecutionView>>) -> impl IntoView {
    let drawn = Memo::new(move |_| run.with(|run| gantt(run)));
    view! {
        <div class="ui-stack">
            <figure class="gantt">
                {move || drawn.with(picture)}
            </figure>
            <div class="ui-table__scroll" tabindex="0" role="region" aria-label="Waves over time, numbers">
                <table class="ui-table plan-numbers">
                    <thead><tr>
                        <th scope="col">"Wave"</th><th scope="col">"State"</th><th scope="col">"Servers launched"</th>
                        <th scope="col">"Began"</th><th scope="col">"Took"</th>
                    </tr></thead>
                    <tbody>{move || drawn.with(|drawn| drawn.bars.iter().cloned().map(numbers).collect::<Vec<_>>())}</tbody>
                </table>
            </div>
        </div>
    }
}

fn picture(gantt: &Gantt) -> impl IntoView + use<> {
    let height = gantt.bars.len() as f64 * ROW;
    let names: Vec<_> = gantt
        .bars
        .iter()
        .map(|bar| view! { <li>{bar.name.clone()}</li> })
        .collect();
    let bars: Vec<_> = gantt
        .bars
        .iter()
        .enumerate()
        .map(|(at, bar)| shapes(bar, at as f64 * ROW + (ROW - BAR) / 2.0))
        .collect();
    let limit = gantt.limit * WIDTH;
    view! {
        <ul class="gantt__names" aria-hidden="true">{names}</ul>
        <svg class="gantt__field" viewBox=format!("0 0 {WIDTH} {height}") height=height preserveAspectRatio="none" role="img"
            aria-label=gantt.description.clone()>
            {bars}
            <line class="gantt__limit" x1=limit x2=limit y1="0" y2=height />
        </svg>
        <div class="gantt__axis ui-secondary" aria-hidden="true"><span>"Start"</span><span>{gantt.span.clone()}</span></div>
    }
}

fn shapes(bar: &Bar, top: f64) -> impl IntoView + use<> {
    let class = match bar.status {
        Status::Success => "gantt__bar gantt__bar--success",
        Status::Warning => "gantt__bar gantt__bar--warning",
        Status::Error => "gantt__bar gantt__bar--error",
        _ => "gantt__bar",
    };
    bar.span.map(|(from, to)| {
        let launch = bar.launch.unwrap_or(from).clamp(from, to);
        let rect = |class: &'static str, from: f64, to: f64| {
            let wide = ((to - from) * WIDTH).max(LEAST);
            view! { <rect class=class x=from * WIDTH y=top width=wide height=BAR rx="2" /> }
        };
        view! {
            {(launch > from).then(|| rect("gantt__bar--actions", from, launch))}
            {rect(class, launch, to)}
        }
    })
}

fn numbers(bar: Bar) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{bar.name}</th>
            <td><StatusIndicator status=bar.status text=bar.state /></td>
            <td>{bar.servers}</td><td>{bar.begins}</td><td>{bar.took}</td>
        </tr>
    }
}
