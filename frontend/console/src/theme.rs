//! Light or dark: as the system has it until a person chooses, then as this browser remembers.

use leptos::prelude::*;
use ui::browser;
use ui::{Button, ButtonKind, narrow_sign};

const NAME: &str = "dr.theme";
/// Sun and moon in one: a circle with one half drawn.
const SIGN: &str = "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13V14.5M10 3.5V12.5M12 5V11";

/// What a person has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order that they are offered.
    pub const ALL: [Theme; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its word, as it is kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word; any other is as the system has it.
    #[must_use]
    pub fn named(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == word)
            .unwrap_or(Self::System)
    }

    fn is_dark(self) -> bool {
        match self {
            Self::Light => false,
            Self::Dark => true,
            Self::System => window()
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
                .is_some_and(|query| query.matches()),
        }
    }
}

fn show(theme: Theme) {
    let Some(root) = document().document_element() else {
        return;
    };
    let _ = match theme {
        // The style sheet asks the system.
        Theme::System => root.remove_attribute("data-theme"),
        chosen => root.set_attribute("data-theme", chosen.as_str()),
    };
}

/// Chooses a theme, here and for the next time.
pub fn choose(now: RwSignal<Theme>, theme: Theme) {
    browser::keep(NAME, theme.as_str());
    now.set(theme);
}

/// Begins with the theme that was chosen the last time. Once, in the app: what a session's owner provides is disposed of when
/// the session ends, and would still be found by the sign-in after it.
pub fn provide_theme() {
    let kept = browser::kept(NAME).map_or(Theme::System, |word| Theme::named(&word));
    provide_context(RwSignal::new(kept));
}

/// The theme that is chosen: one signal within the app.
#[must_use]
pub fn use_theme() -> RwSignal<Theme> {
    expect_context()
}

/// Changes between light and dark.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let theme = use_theme();
    Effect::new(move |_| show(theme.get()));
    let turn = move |_| {
        choose(
            theme,
            if theme.get_untracked().is_dark() {
                Theme::Light
            } else {
                Theme::Dark
            },
        )
    };
    let words = Signal::derive(move || {
        if theme.get().is_dark() {
            "Light mode"
        } else {
            "Dark mode"
        }
        .to_owned()
    });
    view! {
        <Button kind=ButtonKind::Link label=words on_click=turn>{narrow_sign(SIGN)}<span class="ui-wide">{move || words.get()}</span></Button>
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn a_theme_is_known_by_its_word_and_any_other_word_leaves_it_to_the_system() {
        for theme in Theme::ALL {
            assert_eq!(Theme::named(theme.as_str()), theme);
        }
        assert_eq!(Theme::named("sepia"), Theme::System);
    }
}
