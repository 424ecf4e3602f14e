//! Numbers over time.

use leptos::prelude::*;

use super::scale::nice_top;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// A value for each place of the axis; none breaks the line.
    pub values: Vec<Option<f64>>,
}

/// The field that is drawn into.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;
/// Colours there are, over and over.
const COLOURS: usize = 6;

/// The line as an SVG path; a value that is not known breaks it.
fn path(values: &[Option<f64>], top: f64) -> String {
    let step = WIDTH / (values.len().saturating_sub(1).max(1)) as f64;
    let mut path = String::new();
    let mut is_down = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_down = false;
            continue;
        };
        let y = HEIGHT - value / top * HEIGHT;
        path.push_str(&format!(
            "{}{:.1} {y:.1}",
            if is_down { 'L' } else { 'M' },
            at as f64 * step
        ));
        is_down = true;
    }
    path
}

fn largest(series: &[Series], threshold: Option<f64>) -> f64 {
    series
        .iter()
        .flat_map(|line| line.values.iter().flatten().copied())
        .chain(threshold)
        .fold(0.0, f64::max)
}

/// Numbers over time, with the numbers themselves behind a click.
#[component]
pub fn LineChart(
    /// What is drawn, with its unit: `Lag in seconds`.
    #[prop(into)]
    label: String,
    /// The places of the axis, in words.
    #[prop(into)]
    places: Signal<Vec<String>>,
    /// The lines.
    #[prop(into)]
    series: Signal<Vec<Series>>,
    /// A limit, drawn across: an objective.
    #[prop(optional, into)]
    threshold: Signal<Option<f64>>,
) -> impl IntoView {
    let top = Memo::new(move |_| nice_top(largest(&series.get(), threshold.get())));
    let lines = move || {
        series
            .get()
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let class = format!("ui-chart__line ui-chart__stroke-{}", at % COLOURS + 1);
                view! { <path class=class d=path(&line.values, top.get()) fill="none" /> }
            })
            .collect::<Vec<_>>()
    };
    let limit = move || {
        threshold.get().map(|value| {
            let y = HEIGHT - value / top.get() * HEIGHT;
            view! { <line x1="0" x2=WIDTH y1=y y2=y class="ui-chart__limit" /> }
        })
    };
    let name = label.clone();
    let described = move || match threshold.get() {
        Some(limit) => format!(
            "{name}: up to {}, limit {limit}",
            largest(&series.get(), None)
        ),
        None => format!("{name}: up to {}", largest(&series.get(), None)),
    };
    view! {
        <figure class="ui-chart">
            <div class="ui-secondary">{move || format!("{}", top.get())}</div>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=described class="ui-chart__field">
                {limit}{lines}
            </svg>
            <div class="ui-secondary">"0"</div>
            <details>
                <summary>"Numbers"</summary>
                {move || numbers(&label, &places.get(), &series.get())}
            </details>
        </figure>
    }
}

fn numbers(label: &str, places: &[String], series: &[Series]) -> impl IntoView + use<> {
    let heads: Vec<_> = series
        .iter()
        .map(|line| view! { <th scope="col">{line.name.clone()}</th> })
        .collect();
    let rows: Vec<_> = places
        .iter()
        .enumerate()
        .map(|(at, place)| {
            let cells: Vec<_> = series
                .iter()
                .map(|line| {
                    let value = line.values.get(at).copied().flatten();
                    view! { <td>{value.map_or_else(|| "–".to_owned(), |value| value.to_string())}</td> }
                })
                .collect();
            view! { <tr><th scope="row">{place.clone()}</th>{cells}</tr> }
        })
        .collect();
    view! {
        <div class="ui-table__scroll" tabindex="0" role="region" aria-label=format!("{label}, numbers")>
            <table class="ui-chart__numbers">
                <caption class="ui-hidden">{label.to_owned()}</caption>
                <thead><tr><th scope="col">"At"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_line_breaks_where_a_value_is_not_known() {
        assert_eq!(
            path(&[Some(0.0), Some(1.0), None, Some(1.0)], 1.0),
            "M0.0 160.0L200.0 0.0M600.0 0.0"
        );
        assert_eq!(path(&[], 1.0), "");
    }
}
