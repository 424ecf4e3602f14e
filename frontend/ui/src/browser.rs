//! The few things that components ask of the browser, each answered with nothing where there is none (tests).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

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

/// Where the focus goes when what had it is gone: the first of them that is there.
const HAVENS: [&str; 4] = [
    "dialog[open] button",
    "#wizard-step",
    "#page-title",
    "#username",
];

/// From now on the focus is not lost when what has it goes away, as a button does with the step that it stands in: who
/// works by keyboard would be at the top of the page again, without a word. To be called once.
pub fn keep_focus() {
    use leptos::prelude::{document, window_event_listener};
    use wasm_bindgen::{JsCast as _, closure::Closure};
    let last = Rc::new(RefCell::new(None::<web_sys::Element>));
    // Whoever uses a mouse does not look at the focus, and the page must not jump under it.
    let is_seen = Rc::new(Cell::new(false));
    let (had, was_seen) = (Rc::clone(&last), Rc::clone(&is_seen));
    window_event_listener(leptos::ev::focusin, move |_| {
        let at = document().active_element();
        was_seen.set(
            at.as_ref()
                .is_some_and(|at| at.matches(":focus-visible") == Ok(true)),
        );
        had.replace(at);
    });
    let look = Closure::<dyn FnMut()>::new(move || {
        let is_gone = last.borrow().as_ref().is_some_and(|at| !at.is_connected());
        if is_gone
            && document()
                .active_element()
                .is_none_or(|at| at.tag_name() == "BODY")
        {
            rescue(is_seen.get());
        }
    });
    let wanted = web_sys::MutationObserverInit::new();
    wanted.set_child_list(true);
    wanted.set_subtree(true);
    if let Ok(observer) = web_sys::MutationObserver::new(look.as_ref().unchecked_ref()) {
        let _ = observer.observe_with_options(&document(), &wanted);
    }
    // It is called as long as the page lives.
    look.forget();
}

fn rescue(scrolls: bool) {
    use wasm_bindgen::JsCast as _;
    let document = leptos::prelude::document();
    let there = |haven: &&str| document.query_selector(haven).ok().flatten();
    let found = HAVENS.iter().find_map(there);
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(!scrolls);
        let _ = element.focus_with_options(&options);
    }
}
