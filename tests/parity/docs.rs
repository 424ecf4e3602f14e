//! The table of operations in the README of `dr-api` is the table in the code.

use dr_api::Operation;

use crate::{file, read};

const README: &str = "crates/dr-api/README.md";
const BEGIN: &str = "<!-- operations: begin -->\n";
const END: &str = "<!-- operations: end -->";

/// The table as it must be.
fn table() -> String {
    let mut table = String::from(
        "| operation | routes | direct invocation | function | permission |\n| --- | --- | --- | --- | --- |\n",
    );
    for operation in Operation::ALL {
        let routes = operation.routes().iter();
        let routes: Vec<String> = routes
            .map(|route| format!("`{} {}`", route.method.as_str(), route.path))
            .collect();
        let permission = serde_json::to_value(operation.permission()).unwrap();
        table.push_str(&format!(
            "| {} | {} | `{}` | {} | `{}` |\n",
            operation.summary(),
            routes.join("<br>"),
            operation.name(),
            operation.handler().as_str(),
            permission.as_str().unwrap(),
        ));
    }
    table
}

#[test]
fn the_readme_lists_every_operation_with_routes_function_and_permission() {
    let text = read(README);
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (written, tail) = rest.split_once(END).unwrap();
    if written == table() {
        return;
    }
    // Said so, this writes the table instead of failing.
    if std::env::var_os("DR_WRITE_TABLES").is_some() {
        let text = format!("{head}{BEGIN}{}{END}{tail}", table());
        std::fs::write(file(README), text).unwrap();
        return;
    }
    panic!(
        "{README} is behind: DR_WRITE_TABLES=1 cargo test -p dr-tests --test parity writes\n{}",
        table()
    );
}
