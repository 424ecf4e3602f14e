//! Names and values in columns.

use leptos::prelude::*;

/// One name with its value.
pub struct Pair {
    name: String,
    value: AnyView,
}

impl Pair {
    /// A pair; the value may be any view, a text or a `move ||` that gives one.
    pub fn new(name: impl Into<String>, value: impl IntoAny) -> Self {
        Self {
            name: name.into(),
            value: value.into_any(),
        }
    }
}

/// Names and values in as many columns as fit.
#[component]
pub fn KeyValue(
    /// The pairs, in reading order.
    pairs: Vec<Pair>,
) -> impl IntoView {
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|pair| view! { <div class="ui-key-value__pair"><dt>{pair.name}</dt><dd>{pair.value}</dd></div> })
        .collect();
    view! { <dl class="ui-key-value">{pairs}</dl> }
}
