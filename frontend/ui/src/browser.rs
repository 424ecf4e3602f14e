//! The few things that components ask of the browser, each answered with nothing where there is none (tests).

use leptos::prelude::window;

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// What was kept under a name in this browser: preferences, never secrets.
#[must_use]
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps a preference. A browser that keeps nothing is no error: the preference lasts as long as the page.
pub fn keep(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

/// Gives the focus to the element of that id, if it is there.
pub fn focus(id: &str) {
    use wasm_bindgen::JsCast as _;
    let found = leptos::prelude::document().get_element_by_id(id);
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.focus();
    }
}
