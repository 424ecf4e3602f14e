//! The console's entry: what the page's script starts.

fn main() {
    leptos::mount::mount_to_body(console::app::App);
}
