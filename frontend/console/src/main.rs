//! The console's entry: what the page's script starts.

fn main() {
    ui::browser::keep_focus();
    leptos::mount::mount_to_body(console::app::App);
}
