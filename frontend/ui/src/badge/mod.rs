//! A small label.

use leptos::prelude::*;

/// Its colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BadgeColour {
    /// Neutral.
    #[default]
    Grey,
    /// Worth knowing.
    Blue,
    /// Well.
    Green,
    /// Badly.
    Red,
}

impl BadgeColour {
    fn class(self) -> &'static str {
        match self {
            Self::Grey => "ui-badge",
            Self::Blue => "ui-badge ui-badge--blue",
            Self::Green => "ui-badge ui-badge--green",
            Self::Red => "ui-badge ui-badge--red",
        }
    }
}

/// A small label.
#[component]
pub fn Badge(
    /// Its colour.
    #[prop(optional)]
    colour: BadgeColour,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! { <span class=colour.class()>{children()}</span> }
}
