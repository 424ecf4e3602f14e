//! Reference paths: `$`, `.name`, `['name']`, `[n]`, into the input or, with `$$`, into the context
//! object. Wildcards, slices and filters are refused at load.

use serde_json::{Map, Value};

use crate::failure::Failure;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A path that names at most one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReferencePath {
    steps: Vec<Step>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Input,
    Context,
}

/// A path with its root and its text, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) root: Root,
    pub(crate) path: ReferencePath,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (root, rest) = match text.strip_prefix("$$") {
            Some(rest) => (Root::Context, rest),
            None => (
                Root::Input,
                text.strip_prefix('$').ok_or("a path must begin with $")?,
            ),
        };
        let path = ReferencePath {
            steps: steps(rest)?,
        };
        Ok(Self {
            root,
            path,
            text: text.to_owned(),
        })
    }

    pub(crate) fn whole_input() -> Self {
        let path = ReferencePath { steps: Vec::new() };
        Self {
            root: Root::Input,
            path,
            text: "$".to_owned(),
        }
    }

    /// Whether the path reads `$$.<field>`.
    pub(crate) fn is_context_field(&self, field: &str) -> bool {
        self.root == Root::Context
            && matches!(self.path.steps.first(), Some(Step::Key(key)) if key == field)
    }
}

impl ReferencePath {
    /// Only a path into the input can be written to.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let source = Source::parse(text)?;
        match source.root {
            Root::Input => Ok(source.path),
            Root::Context => Err("the context object cannot be used here".to_owned()),
        }
    }

    pub(crate) fn find<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        walk(&self.steps, root)
    }

    /// How many steps the path has.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Finds from below `prefix` on, when the path leads through it.
    pub(crate) fn find_below<'a>(
        &self,
        prefix: &[&str],
        root: &'a Value,
    ) -> Option<Option<&'a Value>> {
        let (head, rest) = self.steps.split_at_checked(prefix.len())?;
        let through = head
            .iter()
            .zip(prefix)
            .all(|(step, name)| matches!(step, Step::Key(key) if key == name));
        through.then(|| walk(rest, root))
    }

    /// The root with `value` at this path: missing objects are made, and anything in the way that
    /// is neither an object nor a fitting array is `States.ResultPathMatchFailure`.
    pub(crate) fn put(&self, mut root: Value, value: Value) -> Result<Value, Failure> {
        let mut node = &mut root;
        for step in &self.steps {
            node = match (step, node) {
                (Step::Key(key), Value::Object(object)) => object
                    .entry(key.clone())
                    .or_insert_with(|| Value::Object(Map::new())),
                (Step::Index(index), Value::Array(items)) => {
                    items.get_mut(*index).ok_or_else(mismatch)?
                }
                _ => return Err(mismatch()),
            };
        }
        *node = value;
        Ok(root)
    }
}

fn walk<'a>(steps: &[Step], root: &'a Value) -> Option<&'a Value> {
    steps.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.as_object()?.get(key),
        Step::Index(index) => node.as_array()?.get(*index),
    })
}

fn mismatch() -> Failure {
    Failure::new(
        Failure::RESULT_PATH,
        "Unable to apply step \"ResultPath\" to the input: the path does not fit its structure",
    )
}

fn steps(mut rest: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(after) = rest.strip_prefix('[') {
            bracket(after)?
        } else if let Some(after) = rest.strip_prefix('.') {
            dotted(after)?
        } else {
            return Err(format!("expected . or [ before \"{rest}\""));
        };
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

fn dotted(rest: &str) -> Result<(Step, &str), String> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!(
            "\"{name}\" is not a plain name; only reference paths are supported (.name, ['name'], [0])"
        ));
    }
    Ok((Step::Key(name.to_owned()), after))
}

fn bracket(rest: &str) -> Result<(Step, &str), String> {
    let unclosed = || "a bracket is not closed".to_owned();
    if let Some(quote @ ('\'' | '"')) = rest.chars().next() {
        let mut name = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == '\\' {
                name.push(chars.next().ok_or_else(unclosed)?.1);
            } else if c == quote {
                let after = rest
                    .get(at + c.len_utf8()..)
                    .and_then(|rest| rest.strip_prefix(']'));
                return Ok((Step::Key(name), after.ok_or_else(unclosed)?));
            } else {
                name.push(c);
            }
        }
        return Err(unclosed());
    }
    let (number, after) = rest.split_once(']').ok_or_else(unclosed)?;
    let index = number.parse().map_err(|_| {
        format!("[{number}] is not an index; only reference paths are supported ([0], ['name'])")
    })?;
    Ok((Step::Index(index), after))
}
