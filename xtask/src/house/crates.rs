//! Who may depend on whom.

use std::collections::{BTreeSet, HashMap};

use crate::tree::{Metadata, Package};

/// Crates that may name an SDK crate.
const SDK_USERS: [&str; 4] = ["dr-drs", "dr-aws", "dr-store", "workspace-hack"];
/// Crates without IO: they build for wasm32.
const PURE: [&str; 2] = ["dr-model", "dr-api"];
/// What a crate without IO must not even reach.
const IO: [&str; 5] = ["tokio", "hyper", "reqwest", "axum", "mio"];

/// Breaches, in words.
pub fn breaches(metadata: &Metadata) -> Vec<String> {
    let ours: BTreeSet<&str> = metadata.members().map(|p| p.name.as_str()).collect();
    let mut found = Vec::new();
    for package in metadata.members() {
        found.extend(sdk(package));
        if package.name == "dr-sim" {
            found.extend(simulator(package, &ours));
        }
        if PURE.contains(&package.name.as_str()) {
            found.extend(pure(metadata, package));
        }
    }
    for name in PURE.iter().chain(&SDK_USERS).chain(&["dr-sim"]) {
        if !ours.contains(name) {
            found.push(format!("xtask names a crate that is not here: {name}"));
        }
    }
    found
}

fn sdk(package: &Package) -> Vec<String> {
    if SDK_USERS.contains(&package.name.as_str()) {
        return Vec::new();
    }
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.name.starts_with("aws-sdk-"))
        .map(|dependency| {
            format!(
                "{} names {}: only dr-drs, dr-aws and dr-store may; ask one of them for what you need",
                package.name, dependency.name
            )
        })
        .collect()
}

fn simulator(package: &Package, ours: &BTreeSet<&str>) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind.is_none() && dependency.name != "workspace-hack")
        .filter(|dependency| ours.contains(dependency.name.as_str()))
        .map(|dependency| {
            format!(
                "dr-sim depends on {}: the simulator knows none of our crates, or it would agree with our mistakes",
                dependency.name
            )
        })
        .collect()
}

/// Walks the normal dependencies; each is seen once.
fn pure(metadata: &Metadata, package: &Package) -> Vec<String> {
    let names: HashMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|p| (p.id.as_str(), p.name.as_str()))
        .collect();
    let nodes: HashMap<&str, _> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut next = vec![package.id.as_str()];
    let mut found = Vec::new();
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        let name = names.get(id).copied().unwrap_or_default();
        if IO.contains(&name) || name.starts_with("aws-") {
            found.push(format!(
                "{} reaches {name}: it must stay without IO and build for wasm32",
                package.name
            ));
        }
        let edges = nodes.get(id).map(|node| &node.deps).into_iter().flatten();
        next.extend(
            edges
                .filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()))
                .map(|edge| edge.pkg.as_str()),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::breaches;
    use crate::tree::Metadata;

    fn metadata(dependency_of_sim: &str, dependency_of_model: &str) -> Metadata {
        let package = |name: &str, dependencies: &[&str]| {
            serde_json::json!({
                "name": name, "id": name, "version": "1.0.0", "license": "MIT",
                "dependencies": dependencies.iter()
                    .map(|d| serde_json::json!({ "name": d, "kind": null })).collect::<Vec<_>>(),
            })
        };
        let node = |id: &str, deps: &[&str]| {
            serde_json::json!({ "id": id, "deps": deps.iter().map(|d| serde_json::json!({
                "pkg": d, "dep_kinds": [{ "kind": null }] })).collect::<Vec<_>>() })
        };
        let members = [
            "dr-sim",
            "dr-model",
            "dr-api",
            "dr-drs",
            "dr-aws",
            "dr-store",
            "workspace-hack",
        ];
        let mut packages = vec![package("serde", &[]), package("tokio", &[])];
        let mut nodes = vec![node("serde", &[dependency_of_model])];
        for member in members {
            let dependencies: &[&str] = match member {
                "dr-sim" => &[dependency_of_sim],
                "dr-model" => &["serde"],
                "dr-drs" => &["aws-sdk-drs"],
                _ => &[],
            };
            packages.push(package(member, dependencies));
            nodes.push(node(member, dependencies));
        }
        serde_json::from_value(serde_json::json!({
            "packages": packages, "workspace_members": members, "target_directory": "target",
            "resolve": { "nodes": nodes },
        }))
        .unwrap()
    }

    #[test]
    fn a_house_in_order_has_no_breach() {
        assert_eq!(breaches(&metadata("tokio", "itoa")), Vec::<String>::new());
    }

    #[test]
    fn a_simulator_that_knows_the_domain_is_a_breach() {
        assert!(breaches(&metadata("dr-model", "itoa"))[0].contains("dr-sim depends on dr-model"));
    }

    #[test]
    fn an_sdk_crate_outside_its_three_users_is_a_breach() {
        assert!(breaches(&metadata("aws-sdk-ec2", "itoa"))[0].contains("only dr-drs"));
    }

    #[test]
    fn io_is_found_at_any_depth_below_a_pure_crate() {
        assert!(breaches(&metadata("tokio", "tokio"))[0].contains("dr-model reaches tokio"));
    }
}
