//! Parts of a whole.

use leptos::prelude::*;

/// One part.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// What it is.
    pub name: String,
    /// How many.
    pub count: usize,
}

/// Circumference of the ring: radius 40.
const ROUND: f64 = 251.327_412_287;
/// Colours there are, over and over.
const COLOURS: usize = 6;

/// Where each part begins and how long it is, along the ring. Parts of nothing are left out.
fn arcs(slices: &[Slice]) -> Vec<(usize, f64, f64)> {
    let total: usize = slices.iter().map(|slice| slice.count).sum();
    let mut begin = 0.0;
    let mut arcs = Vec::new();
    for (at, slice) in slices
        .iter()
        .enumerate()
        .filter(|(_, slice)| slice.count > 0)
    {
        let length = ROUND * slice.count as f64 / total as f64;
        arcs.push((at, begin, length));
        begin += length;
    }
    arcs
}

/// Parts of a whole, with the sum in the middle and the numbers beside it.
#[component]
pub fn DonutChart(
    /// What is divided.
    #[prop(into)]
    label: String,
    /// The parts.
    #[prop(into)]
    slices: Signal<Vec<Slice>>,
) -> impl IntoView {
    let name = label.clone();
    let ring = move || {
        arcs(&slices.get())
            .into_iter()
            .map(|(at, begin, length)| {
                view! {
                    <circle cx="50" cy="50" r="40" fill="none" stroke-width="14" transform="rotate(-90 50 50)"
                        class=format!("ui-chart__stroke-{}", at % COLOURS + 1)
                        stroke-dasharray=format!("{length} {ROUND}") stroke-dashoffset=format!("{}", -begin) />
                }
            })
            .collect::<Vec<_>>()
    };
    let total = move || slices.with(|slices| slices.iter().map(|slice| slice.count).sum::<usize>());
    let rows = move || {
        slices
            .get()
            .into_iter()
            .enumerate()
            .map(|(at, slice)| {
                let key = format!("ui-chart__key ui-chart__key-{}", at % COLOURS + 1);
                view! { <tr><th scope="row"><span class=key aria-hidden="true"></span>{slice.name}</th><td>{slice.count}</td></tr> }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <figure class="ui-chart ui-chart--donut">
            <svg viewBox="0 0 100 100" role="img" aria-label=move || format!("{name}: {} in all", total())>
                <circle cx="50" cy="50" r="40" fill="none" stroke-width="14" class="ui-chart__track" />
                {ring}
                <text x="50" y="56" text-anchor="middle" class="ui-chart__sum">{total}</text>
            </svg>
            <table class="ui-chart__numbers"><caption class="ui-hidden">{label}</caption><tbody>{rows}</tbody></table>
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::{ROUND, Slice, arcs};

    #[test]
    fn the_parts_go_once_round_and_nothing_has_no_part() {
        let slice = |count| Slice {
            name: String::new(),
            count,
        };
        let arcs = arcs(&[slice(1), slice(0), slice(3)]);
        assert_eq!(arcs.len(), 2);
        assert!((arcs[1].1 + arcs[1].2 - ROUND).abs() < 1e-6);
        assert!(super::arcs(&[slice(0)]).is_empty());
    }
}
