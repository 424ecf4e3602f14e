//! Requests that are wrong in one place, made from the JSON Schema that the OpenAPI document shows of an
//! operation, and from a valid request: so that a new field is tested as soon as it exists.

use std::sync::LazyLock;

use dr_api::Operation;
use dr_api::openapi::described;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Schemas of every request, without references.
static SCHEMAS: LazyLock<Vec<(Operation, Value)>> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    described(&mut generator)
        .into_iter()
        .map(|one| (one.operation, one.request.as_value().clone()))
        .collect()
});

/// The schema of an operation's request.
pub fn schema_of(operation: Operation) -> &'static Value {
    let found = SCHEMAS.iter().find(|(of, _)| *of == operation);
    &found.unwrap().1
}

/// Where in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(String),
    Item(usize),
}

/// A place and its schema.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub path: Vec<Step>,
    pub schema: Value,
}

/// A request that is wrong in one place.
#[derive(Debug, Clone)]
pub struct Mutation {
    pub what: &'static str,
    pub path: Vec<Step>,
    pub fields: Value,
}

impl Mutation {
    /// The field of the request in which the wrong place lies.
    pub fn root(&self) -> &str {
        match self.path.first() {
            Some(Step::Field(name)) => name,
            _ => "",
        }
    }
}

/// The alternatives of a schema that has some, or itself.
fn alternatives(schema: &Value) -> Vec<&Value> {
    for word in ["anyOf", "oneOf"] {
        if let Some(all) = schema.get(word).and_then(Value::as_array) {
            return all.iter().flat_map(alternatives).collect();
        }
    }
    vec![schema]
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(names) => names.iter().any(|own| own == name),
        _ => false,
    }
}

/// Any text will do.
/// Whether this field of an operation's request is a list: what is a text anywhere else is one in a query string.
pub fn is_list(operation: Operation, field: &str) -> bool {
    let schema = &schema_of(operation)["properties"][field];
    alternatives(schema)
        .iter()
        .any(|one| has_type(one, "array"))
}

fn is_free_text(schema: &Value) -> bool {
    let bound = ["pattern", "enum", "const", "format"];
    has_type(schema, "string") && !bound.iter().any(|word| schema.get(*word).is_some())
}

/// Any text will do, in one of the alternatives.
pub fn takes_free_text(schema: &Value) -> bool {
    alternatives(schema).into_iter().any(is_free_text)
}

fn takes_text(schema: &Value) -> bool {
    let text = |one: &&Value| {
        has_type(one, "string") || one.get("enum").is_some() || one.get("const").is_some()
    };
    alternatives(schema).iter().any(text)
}

/// Whether a value is of a kind that the schema takes.
fn takes_kind(schema: &Value, value: &Value) -> bool {
    alternatives(schema).into_iter().any(|one| match value {
        Value::Null => has_type(one, "null"),
        Value::Bool(_) => has_type(one, "boolean"),
        Value::Number(number) if number.is_f64() => has_type(one, "number"),
        Value::Number(_) => has_type(one, "integer") || has_type(one, "number"),
        Value::String(_) => is_free_text(one),
        Value::Array(_) => has_type(one, "array"),
        Value::Object(_) => has_type(one, "object"),
    })
}

/// The request with another value in one place; `None` takes the place away.
pub fn changed(base: &Value, path: &[Step], value: Option<Value>) -> Value {
    let mut whole = base.clone();
    let (last, way) = path.split_last().unwrap();
    let mut at = &mut whole;
    for step in way {
        at = match step {
            Step::Field(name) => &mut at[name.as_str()],
            Step::Item(index) => &mut at[*index],
        };
    }
    match (last, value) {
        (Step::Field(name), Some(value)) => at[name.as_str()] = value,
        (Step::Item(index), Some(value)) => at[*index] = value,
        (Step::Field(name), None) => {
            at.as_object_mut().unwrap().shift_remove(name);
        }
        (Step::Item(index), None) => {
            at.as_array_mut().unwrap().remove(*index);
        }
    }
    whole
}

/// Everything about a request that can be looked at apart from its values.
struct Shape {
    /// Every place that has, or could have, a value.
    leaves: Vec<Leaf>,
    /// Fields that must be there.
    required: Vec<Vec<Step>>,
    /// Objects that take no other field.
    closed: Vec<Vec<Step>>,
}

fn below(path: &[Step], step: Step) -> Vec<Step> {
    path.iter().cloned().chain([step]).collect()
}

fn look(schema: &Value, value: &Value, path: &[Step], shape: &mut Shape) {
    match value {
        Value::Object(fields) => {
            let holds = |one: &&Value| {
                let own = one["properties"].as_object();
                let known = |name: &String| own.is_none_or(|own| own.contains_key(name));
                has_type(one, "object") && fields.keys().all(known)
            };
            let all = alternatives(schema);
            let Some(schema) = all.into_iter().find(holds) else {
                return;
            };
            look_at_fields(schema, fields, path, shape);
        }
        Value::Array(items) => {
            let of_lists = alternatives(schema);
            let list = of_lists.into_iter().find(|one| has_type(one, "array"));
            if let (Some(list), Some(first)) = (list, items.first()) {
                let path = below(path, Step::Item(0));
                let schema = list["items"].clone();
                look(&schema, first, &path, shape);
                shape.leaves.push(Leaf { path, schema });
            }
        }
        _ => {}
    }
}

fn look_at_fields(schema: &Value, fields: &Map<String, Value>, path: &[Step], shape: &mut Shape) {
    let field = |name: &str| below(path, Step::Field(name.to_owned()));
    for name in schema["required"].as_array().into_iter().flatten() {
        shape.required.push(field(name.as_str().unwrap()));
    }
    if schema["additionalProperties"] == false {
        shape.closed.push(path.to_vec());
    }
    let known = schema["properties"].as_object();
    for (name, schema) in known.into_iter().flatten() {
        let path = field(name);
        if let Some(value) = fields.get(name) {
            look(schema, value, &path, shape);
        }
        let schema = schema.clone();
        shape.leaves.push(Leaf { path, schema });
    }
    if known.is_none() && schema["additionalProperties"].is_object() {
        let schema = schema["additionalProperties"].clone();
        if let Some(name) = fields.keys().next() {
            let path = field(name);
            shape.leaves.push(Leaf { path, schema });
        }
    }
}

fn shape_of(operation: Operation, base: &Value) -> Shape {
    let mut shape = Shape {
        leaves: Vec::new(),
        required: Vec::new(),
        closed: Vec::new(),
    };
    look(schema_of(operation), base, &[], &mut shape);
    shape
}

/// Every place of a request that takes text.
pub fn texts(operation: Operation, base: &Value) -> Vec<Leaf> {
    let leaves = shape_of(operation, base).leaves;
    let text = |leaf: &Leaf| takes_text(&leaf.schema);
    leaves.into_iter().filter(text).collect()
}

/// Every field missing that must be there, a field too many in every object, and a value of every wrong kind,
/// out of bounds or malformed in every place.
pub fn mutations(operation: Operation, base: &Value) -> Vec<Mutation> {
    let shape = shape_of(operation, base);
    let mut all = Vec::new();
    let mut add = |what, path: &[Step], value: Option<Value>| {
        let fields = changed(base, path, value);
        let path = path.to_vec();
        all.push(Mutation { what, path, fields });
    };
    for path in &shape.required {
        add("missing", path, None);
    }
    for path in &shape.closed {
        let path = below(path, Step::Field("not_a_field".to_owned()));
        add("unknown", &path, Some(json!(1)));
    }
    for leaf in &shape.leaves {
        let kinds = [
            json!("text"),
            json!(7),
            json!(1.5),
            json!(true),
            json!(null),
            json!({}),
            json!([]),
            json!({ "a": [null] }),
        ];
        for value in kinds {
            if !takes_kind(&leaf.schema, &value) {
                add("mistyped", &leaf.path, Some(value));
            }
        }
        for value in out_of_bounds(&leaf.schema) {
            add("out of bounds", &leaf.path, Some(value));
        }
        if takes_text(&leaf.schema) && !takes_free_text(&leaf.schema) {
            for value in [
                "",
                " ",
                "\u{0}",
                "../..",
                "'; DROP TABLE x; --",
                "\u{202e}\u{1f525}",
            ] {
                add("malformed", &leaf.path, Some(json!(value)));
            }
            add("oversized", &leaf.path, Some(json!("a".repeat(1_000_000))));
        }
    }
    all
}

/// Numbers that a schema of numbers does not take.
fn out_of_bounds(schema: &Value) -> Vec<Value> {
    let all = alternatives(schema);
    let number = |one: &&Value| has_type(one, "integer") || has_type(one, "number");
    let Some(schema) = all.into_iter().find(number) else {
        return Vec::new();
    };
    let mut values = vec![json!(-1), json!(1e308), json!(-1e308), json!(i64::MIN)];
    if let Some(minimum) = schema["minimum"].as_f64() {
        values.push(json!(minimum - 1.0));
    }
    if let Some(maximum) = schema["maximum"].as_f64() {
        values.push(json!(maximum + 1.0));
    }
    if has_type(schema, "integer") {
        values.push(json!(2.5));
        // One more than an unsigned number of 64 bits holds.
        values.push(json!(18_446_744_073_709_551_616.0));
    }
    values
}
