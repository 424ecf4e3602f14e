//! The intrinsic functions in use: States.Format, StringToJson, JsonToString, Array and MathAdd.
//! Others are refused at load. A call that fails is `States.Runtime`, as the developer guide says
//! of `States.IntrinsicFailure`.

use serde_json::Value;

use crate::context::Scope;
use crate::failure::Failure;
use crate::path::Source;

/// The functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    MathAdd,
}

/// One call with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Literal(Value),
    /// A quoted string as written, escapes included: Format tells `\{` from `{`.
    Text(String),
    Path(Source),
    Call(Call),
}

/// Parses a whole intrinsic function expression.
pub(crate) fn parse(text: &str) -> Result<Call, String> {
    let (call, rest) = call(text)?;
    if rest.trim().is_empty() {
        Ok(call)
    } else {
        Err(format!("unexpected \"{rest}\""))
    }
}

fn call(text: &str) -> Result<(Call, &str), String> {
    let (name, mut rest) = text
        .split_once('(')
        .ok_or("a function call needs parentheses")?;
    let function = match name.trim() {
        "States.Format" => Function::Format,
        "States.StringToJson" => Function::StringToJson,
        "States.JsonToString" => Function::JsonToString,
        "States.Array" => Function::Array,
        "States.MathAdd" => Function::MathAdd,
        other => return Err(format!("the intrinsic function {other} is not supported")),
    };
    let mut arguments = Vec::new();
    rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix(')') {
        rest = after;
    } else {
        loop {
            let (argument, after) = argument(rest.trim_start())?;
            arguments.push(argument);
            let after = after.trim_start();
            if let Some(after) = after.strip_prefix(',') {
                rest = after;
            } else {
                rest = after
                    .strip_prefix(')')
                    .ok_or("expected , or ) after an argument")?;
                break;
            }
        }
    }
    let fits = match function {
        Function::Format => !arguments.is_empty(),
        Function::StringToJson | Function::JsonToString => arguments.len() == 1,
        Function::MathAdd => arguments.len() == 2,
        Function::Array => true,
    };
    if fits {
        Ok((
            Call {
                function,
                arguments,
            },
            rest,
        ))
    } else {
        Err(format!(
            "{name} does not take {} arguments",
            arguments.len()
        ))
    }
}

fn argument(text: &str) -> Result<(Argument, &str), String> {
    if let Some(body) = text.strip_prefix('\'') {
        let mut escaped = false;
        for (at, c) in body.char_indices() {
            if c == '\'' && !escaped {
                let (raw, rest) = body.split_at(at);
                return Ok((
                    Argument::Text(raw.to_owned()),
                    rest.get(1..).unwrap_or_default(),
                ));
            }
            escaped = c == '\\' && !escaped;
        }
        return Err("a string is not closed".to_owned());
    }
    if text.starts_with("States.") {
        return call(text).map(|(call, rest)| (Argument::Call(call), rest));
    }
    let end = bare_end(text);
    let (word, rest) = text.split_at(end);
    let word = word.trim_end();
    if word.starts_with('$') {
        return Ok((Argument::Path(Source::parse(word)?), rest));
    }
    match serde_json::from_str::<Value>(word) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
            Ok((Argument::Literal(value), rest))
        }
        _ => Err(format!("\"{word}\" is not an argument")),
    }
}

/// Where an unquoted argument ends; a quoted name inside a path may hold a comma.
fn bare_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, ',' | ')') => return at,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

impl Call {
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Source)) {
        for argument in &self.arguments {
            match argument {
                Argument::Path(source) => visit(source),
                Argument::Call(call) => call.visit_paths(visit),
                Argument::Literal(_) | Argument::Text(_) => {}
            }
        }
    }

    pub(crate) fn evaluate(&self, scope: &Scope<'_>, field: &str) -> Result<Value, Failure> {
        let values = self
            .arguments
            .iter()
            .map(|argument| argument.evaluate(scope, field))
            .collect::<Result<Vec<_>, _>>()?;
        let failed = |why: String| {
            Failure::runtime(format!(
                "The function 'States.{:?}' specified for the field '{field}' of the state '{}' \
                 failed: {why}",
                self.function,
                scope.state()
            ))
        };
        match (self.function, values.as_slice()) {
            (Function::Array, _) => Ok(Value::Array(values)),
            (Function::JsonToString, [value]) => Ok(Value::String(value.to_string())),
            (Function::StringToJson, [Value::String(text)]) => {
                serde_json::from_str(text).map_err(|error| failed(error.to_string()))
            }
            (Function::MathAdd, [left, right]) => match (integer(left), integer(right)) {
                (Some(left), Some(right)) => left
                    .checked_add(right)
                    .map(Value::from)
                    .ok_or_else(|| failed("the sum is out of range".to_owned())),
                _ => Err(failed("both arguments must be numbers".to_owned())),
            },
            (Function::Format, [Value::String(template), rest @ ..]) => {
                // A template in quotes still has its escapes; one from a path is taken the same way.
                let raw = match self.arguments.first() {
                    Some(Argument::Text(raw)) => raw,
                    _ => template,
                };
                format(raw, rest).map(Value::String).map_err(failed)
            }
            _ => Err(failed("an argument has the wrong type".to_owned())),
        }
    }
}

impl Argument {
    fn evaluate(&self, scope: &Scope<'_>, field: &str) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Text(raw) => Ok(Value::String(unescape(raw))),
            Self::Path(source) => scope.value(source, field).cloned(),
            Self::Call(call) => call.evaluate(scope, field),
        }
    }
}

fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    text
}

/// States.MathAdd rounds what is not whole to the nearest integer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
fn integer(value: &Value) -> Option<i64> {
    // 2^53: beyond it a float no longer names one integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        value
            .as_f64()
            .map(f64::round)
            .filter(|number| number.abs() <= EXACT)
            .map(|n| n as i64)
    })
}

fn format(template: &str, values: &[Value]) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut values = values.iter();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.push(chars.next().unwrap_or('\\')),
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                match values.next().ok_or("there are more {} than arguments")? {
                    Value::String(value) => text.push_str(value),
                    value => text.push_str(&value.to_string()),
                }
            }
            '{' | '}' => return Err(format!("a {c} in the template must be written \\{c}")),
            c => text.push(c),
        }
    }
    if values.next().is_some() {
        return Err("there are more arguments than {}".to_owned());
    }
    Ok(text)
}
