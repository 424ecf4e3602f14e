//! The steps of `cargo xtask test`, in the order in which they run: what fails fast comes first.

use super::outside;
use crate::prepare::{C_COMPILER, component, toolchain, tools};
use crate::problem::Result;
use crate::process::{cargo, run};
use crate::tree::Tree;
use crate::{browser, console, generate, house};

/// One check.
pub struct Step {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it checks.
    pub about: &'static str,
    /// Does it.
    pub run: fn(&Tree) -> Result,
}

/// Every check.
pub const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "the code is formatted",
        run: format,
    },
    Step {
        name: "gen",
        about: "generated files are what the code says",
        run: generate::check,
    },
    Step {
        name: "house",
        about: "who may depend on whom; files open with their purpose and stay short; IAM table = IAM lines",
        run: house::rules,
    },
    Step {
        name: "licences",
        about: "every dependency has a licence that deny.toml allows",
        run: house::licences,
    },
    Step {
        name: "docs",
        about: "every path and link in Markdown leads somewhere",
        run: house::docs,
    },
    Step {
        name: "cfn",
        about: "cfn-lint, statelint, and the templates against the code",
        run: outside::templates,
    },
    Step {
        name: "clippy",
        about: "no lint, in tests and examples neither",
        run: clippy,
    },
    Step {
        name: "unit",
        about: "unit, integration and documentation tests",
        run: unit,
    },
    Step {
        name: "wire",
        about: "the simulator against botocore's models, by boto3 over loopback",
        run: outside::wire,
    },
    Step {
        name: "oracle",
        about: "the state machine interpreter against ministack",
        run: outside::oracle,
    },
    Step {
        name: "api",
        about: "hostile input by schemathesis, and lambda.invoke by boto3, against the one-machine server",
        run: outside::api,
    },
    Step {
        name: "console",
        about: "the web console: format, lints, tests, and that it is small enough",
        run: web_console,
    },
    Step {
        name: "browser",
        about: "the web console in Chromium against the one-machine server: use, accessibility, policy",
        run: browser::test,
    },
];

fn format(tree: &Tree) -> Result {
    component(tree, "rustfmt")?;
    run(cargo(tree).args(["fmt", "--all", "--check"]))
}

fn ready_to_build(tree: &Tree) -> Result {
    toolchain(tree)?;
    tools(&[C_COMPILER])
}

fn clippy(tree: &Tree) -> Result {
    ready_to_build(tree)?;
    component(tree, "clippy")?;
    run(cargo(tree).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn web_console(tree: &Tree) -> Result {
    ready_to_build(tree)?;
    component(tree, "rustfmt")?;
    component(tree, "clippy")?;
    console::check(tree)
}

fn unit(tree: &Tree) -> Result {
    ready_to_build(tree)?;
    run(cargo(tree).args(["test", "--workspace"]))
}
