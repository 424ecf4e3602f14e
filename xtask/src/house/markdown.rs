//! Paths and links in Markdown: a document that names a file which has moved misleads.
//!
//! Checked are the targets of links that are not URLs, headings that `#...` links name, and code spans
//! outside of fenced blocks that look like paths of this repository.

use std::collections::BTreeSet;

use crate::problem::{Result, read};
use crate::tree::Tree;

/// Endings of names that are taken for files.
const ENDINGS: [&str; 12] = [
    "rs", "md", "toml", "json", "yaml", "yml", "py", "sh", "txt", "css", "html", "lock",
];
/// Made by builds and runs, so not in the repository.
const MADE: [&str; 3] = ["target/", ".dr-local", ".venv"];

/// Breaches, in words.
pub fn breaches(tree: &Tree) -> Result<Vec<String>> {
    let files = tree.files()?;
    let known = Known::new(&files);
    let mut found = Vec::new();
    let mut checked = 0;
    for path in files.iter().filter(|path| path.ends_with(".md")) {
        let text = read(&tree.at(path))?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let headings = headings(&text);
        for (line, named) in named(&text) {
            let there = match &named {
                Named::Link(target) => known.has_link(tree, folder, target, &headings)?,
                Named::Path(name) if known.looks_like_path(name) => known.has_path(folder, name),
                Named::Path(_) => continue,
            };
            checked += 1;
            if !there {
                found.push(format!("{path}:{line}: {named} is not there"));
            }
        }
    }
    println!("{checked} paths and links");
    Ok(found)
}

/// What a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Link(String),
    Path(String),
}

impl std::fmt::Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Link(target) => write!(out, "the link to {target}"),
            Self::Path(name) => write!(out, "`{name}`"),
        }
    }
}

/// What there is: files, folders, and names of files anywhere.
struct Known {
    paths: BTreeSet<String>,
    names: BTreeSet<String>,
    top: BTreeSet<String>,
}

impl Known {
    fn new(files: &[String]) -> Self {
        let mut paths = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut top = BTreeSet::new();
        for file in files {
            let mut path = file.as_str();
            paths.insert(path.to_owned());
            names.extend(path.rsplit('/').next().map(str::to_owned));
            top.extend(path.split_once('/').map(|(first, _)| first.to_owned()));
            while let Some((folder, _)) = path.rsplit_once('/') {
                paths.insert(folder.to_owned());
                path = folder;
            }
        }
        Self { paths, names, top }
    }

    fn has_link(
        &self,
        tree: &Tree,
        folder: &str,
        target: &str,
        own: &BTreeSet<String>,
    ) -> Result<bool> {
        let (path, heading) = match target.split_once('#') {
            Some((path, heading)) => (path, Some(heading)),
            None => (target, None),
        };
        let Some(heading) = heading else {
            return Ok(self.has(&joined(folder, path)));
        };
        if path.is_empty() {
            return Ok(own.contains(heading));
        }
        let path = joined(folder, path);
        if !self.has(&path) {
            return Ok(false);
        }
        Ok(!path.ends_with(".md") || headings(&read(&tree.at(&path))?).contains(heading))
    }

    fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path.trim_end_matches('/'))
    }

    /// A path from the root, from the document's folder, or for a bare name anywhere.
    fn has_path(&self, folder: &str, name: &str) -> bool {
        alternatives(name).iter().all(|name| {
            let bare = !name.contains('/');
            [name.clone(), joined(folder, name)].iter().any(|path| {
                if path.contains('*') {
                    self.paths.iter().any(|known| matches(path, known))
                } else {
                    self.has(path)
                }
            }) || (bare && self.names.iter().any(|known| matches(name, known)))
        })
    }

    /// Whether a code span looks like a path of this repository.
    fn looks_like_path(&self, code: &str) -> bool {
        let strange = |c: char| !(c.is_ascii_alphanumeric() || "._-/*{},@".contains(c));
        if code.is_empty() || code.starts_with('/') || code.contains(strange) {
            return false;
        }
        if MADE.iter().any(|made| code.starts_with(made)) {
            return false;
        }
        let is_file = code.rsplit_once('.').is_some_and(|(stem, ending)| {
            ENDINGS.contains(&ending) && !stem.is_empty() && !code.starts_with('*')
        });
        let first = code.split('/').next().unwrap_or_default();
        is_file || (code.contains('/') && self.top.contains(first))
    }
}

/// `folder` and a relative path, `.` and `..` resolved.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`; one pair of braces.
fn alternatives(name: &str) -> Vec<String> {
    let parts = name.split_once('{').and_then(|(head, rest)| {
        rest.split_once('}')
            .map(|(inner, tail)| (head, inner, tail))
    });
    match parts {
        Some((head, inner, tail)) => inner
            .split(',')
            .map(|one| format!("{head}{one}{tail}"))
            .collect(),
        None => vec![name.to_owned()],
    }
}

/// `*` stands for anything within one part of a path.
fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == parts.len()
        && patterns.iter().zip(parts).all(|(pattern, part)| {
            let mut rest = part;
            let pieces: Vec<&str> = pattern.split('*').collect();
            let last = pieces.len() - 1;
            pieces.iter().enumerate().all(|(n, piece)| {
                let at = match n {
                    0 => rest.starts_with(piece).then_some(0),
                    _ if n == last => rest.ends_with(piece).then(|| rest.len() - piece.len()),
                    _ => rest.find(piece),
                };
                at.map(|at| rest = rest.split_at(at + piece.len()).1)
                    .is_some()
            }) && (last > 0 || rest.is_empty())
        })
}

/// Headings as GitHub names them in links.
fn headings(text: &str) -> BTreeSet<String> {
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// Lines outside of fenced blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(n, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((n + 1, line))
    })
}

/// Links and code spans, with their lines.
fn spans(text: &str) -> Vec<(usize, Named)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let codes = line.split('`').skip(1).step_by(2);
        found.extend(codes.map(|code| (number, Named::Path(code.to_owned()))));
        let mut outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        while let Some((_, rest)) = outside.split_once("](") {
            let rest = rest.to_owned();
            if let Some((target, _)) = rest.split_once(')') {
                let target = target.split_whitespace().next().unwrap_or_default();
                found.push((number, Named::Link(target.to_owned())));
            }
            outside = rest;
        }
    }
    found
}

/// What of a document is to be checked without knowing the tree: URLs are not.
fn named(text: &str) -> Vec<(usize, Named)> {
    let outside = ["http://", "https://", "mailto:"];
    spans(text)
        .into_iter()
        .filter(|(_, named)| match named {
            Named::Link(target) => !outside.iter().any(|scheme| target.starts_with(scheme)),
            Named::Path(_) => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Known, Named, headings, joined, matches, named};

    fn known() -> Known {
        Known::new(&[
            "README.md".to_owned(),
            "crates/dr-api/src/iam.rs".to_owned(),
            "cfn/main.yaml".to_owned(),
        ])
    }

    #[test]
    fn paths_are_found_from_the_root_from_the_folder_and_by_bare_name() {
        let known = known();
        assert!(known.has_path("", "crates/dr-api/src/iam.rs"));
        assert!(known.has_path("crates/dr-api", "src/iam.rs"));
        assert!(known.has_path("", "iam.rs"));
        assert!(known.has_path("", "crates/*/src/"));
        assert!(known.has_path("", "cfn/{main}.yaml"));
        assert!(!known.has_path("", "crates/dr-api/src/gone.rs"));
        assert!(!known.has_path("", "cfn/{main,gone}.yaml"));
        assert!(!known.has_path("", "gone.rs"));
    }

    #[test]
    fn what_is_no_path_of_ours_is_left_alone() {
        let known = known();
        for code in [
            "/executions/{id}",
            "application/json",
            "cargo xtask up",
            "drs:StartRecovery",
            "target/lambda/x.zip",
            "*.rs",
        ] {
            assert!(!known.looks_like_path(code), "{code}");
        }
        assert!(known.looks_like_path("crates/gone"));
        assert!(known.looks_like_path("gone.rs"));
    }

    #[test]
    fn links_and_spans_are_read_outside_of_fences_only() {
        let text = "# A title, really\n[one](a.md#b) and `c.rs` [url](https://example.com)\n```\n[no](x.md) `y.rs`\n```\n";
        assert_eq!(
            named(text),
            [
                (2, Named::Path("c.rs".into())),
                (2, Named::Link("a.md#b".into()))
            ]
        );
        assert!(headings(text).contains("a-title-really"));
    }

    #[test]
    fn stars_stand_for_parts_of_one_name() {
        assert!(matches("cfn/*.yaml", "cfn/main.yaml"));
        assert!(!matches("cfn/*.yaml", "cfn/a/main.yaml"));
        assert!(!matches("cfn/*.yaml", "cfn/main.json"));
        assert_eq!(joined("a/b", "../c/./d"), "a/c/d");
    }
}
