//! For snapshots: what differs from run to run by name and number of first appearance, so that
//! equal things stay equal and different ones different.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// Kinds of text that are no part of what a snapshot is about, most specific first.
const KINDS: [(&str, &str); 6] = [
    (
        "uuid",
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    ("job", r"\bdrsjob-[0-9A-Za-z]{17}\b"),
    ("snapshot", r"\bpit-[0-9A-Za-z]{17}\b"),
    (
        "$0",
        r"\b(?:i|s|vol|eni|subnet|sg|vpc|lt|snap|ami)-[0-9A-Za-z]{17}\b",
    ),
    (
        "time",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})",
    ),
    ("token", r"\b[0-9a-f]{120,}\b"),
];

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let alternatives: Vec<String> = KINDS
        .iter()
        .map(|(_, pattern)| format!("({pattern})"))
        .collect();
    Regex::new(&alternatives.join("|")).expect("a constant pattern compiles")
});

/// A copy with ids and times replaced by `[uuid-1]`, `[s-2]`, `[time-3]`, ...
#[must_use]
pub fn redacted(value: &Value) -> Value {
    walk(value, &mut Names::default())
}

#[derive(Default)]
struct Names {
    given: BTreeMap<String, String>,
    counts: BTreeMap<String, usize>,
}

impl Names {
    fn name(&mut self, kind: &str, text: &str) -> String {
        if let Some(name) = self.given.get(text) {
            return name.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let name = format!("[{kind}-{count}]");
        self.given.insert(text.to_owned(), name.clone());
        name
    }

    fn replace(&mut self, text: &str) -> String {
        let replaced = PATTERN.replace_all(text, |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |found| found.as_str());
            let matched = (1..=KINDS.len()).find(|at| found.get(*at).is_some());
            let kind = matched
                .and_then(|at| KINDS.get(at - 1))
                .map_or("", |kind| kind.0);
            match kind {
                // Named by its own prefix.
                "$0" => self.name(whole.split('-').next().unwrap_or_default(), whole),
                kind => self.name(kind, whole),
            }
        });
        replaced.into_owned()
    }
}

fn walk(value: &Value, names: &mut Names) -> Value {
    match value {
        Value::String(text) => Value::String(names.replace(text)),
        Value::Array(items) => items.iter().map(|item| walk(item, names)).collect(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (names.replace(name), walk(value, names)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::redacted;

    #[test]
    fn equal_ids_stay_equal_and_different_ones_different() {
        let uuid = "0193a5b0-0000-4000-8000-000000000001";
        let value = json!({
            "id": format!("exec-{uuid}"),
            "server": "s-0123456789abcdefg",
            "servers": {"s-0123456789abcdefg": 1, "s-0123456789abcdefh": 2},
            "at": "2026-11-21T08:00:00Z",
            "text": "s-0123456789abcdefh at 2026-11-21T08:00:01.5+00:00",
            "name": "web-server-01",
            "count": 3,
        });
        assert_eq!(
            redacted(&value),
            json!({
                "id": "exec-[uuid-1]",
                "server": "[s-1]",
                "servers": {"[s-1]": 1, "[s-2]": 2},
                "at": "[time-1]",
                "text": "[s-2] at [time-2]",
                "name": "web-server-01",
                "count": 3,
            })
        );
    }
}
