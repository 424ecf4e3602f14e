//! The rules of a Choice state and how they are decided.

use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::context::Scope;
use crate::failure::Failure;
use crate::path::Source;

/// A condition. And and Or stop at the first rule that decides, so that an IsPresent can guard
/// what stands behind it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Test { variable: Source, test: Test },
}

/// A test of one variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Is(Nature, bool),
    Compare {
        family: Family,
        relation: Relation,
        operand: Operand,
    },
    Matches(String),
}

/// What the `Is...` operators ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    Present,
    Null,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

/// The type that both sides of a comparison must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    String,
    Numeric,
    Timestamp,
    Boolean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

/// The right side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Literal(Value),
    Path(Source),
}

/// Everything an operator's name can say.
pub(crate) enum Operator {
    Is(Nature),
    Compare {
        family: Family,
        relation: Relation,
        path: bool,
    },
    Matches,
}

impl Operator {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "IsPresent" => return Some(Self::Is(Nature::Present)),
            "IsNull" => return Some(Self::Is(Nature::Null)),
            "IsNumeric" => return Some(Self::Is(Nature::Numeric)),
            "IsString" => return Some(Self::Is(Nature::String)),
            "IsBoolean" => return Some(Self::Is(Nature::Boolean)),
            "IsTimestamp" => return Some(Self::Is(Nature::Timestamp)),
            "StringMatches" => return Some(Self::Matches),
            _ => {}
        }
        let (bare, path) = match name.strip_suffix("Path") {
            Some(bare) => (bare, true),
            None => (name, false),
        };
        let (family, relation) = [
            ("String", Family::String),
            ("Numeric", Family::Numeric),
            ("Timestamp", Family::Timestamp),
            ("Boolean", Family::Boolean),
        ]
        .into_iter()
        .find_map(|(prefix, family)| Some((family, bare.strip_prefix(prefix)?)))?;
        let relation = match relation {
            "Equals" => Relation::Equals,
            "LessThan" => Relation::LessThan,
            "GreaterThan" => Relation::GreaterThan,
            "LessThanEquals" => Relation::LessThanEquals,
            "GreaterThanEquals" => Relation::GreaterThanEquals,
            _ => return None,
        };
        if family == Family::Boolean && relation != Relation::Equals {
            return None;
        }
        Some(Self::Compare {
            family,
            relation,
            path,
        })
    }
}

impl Family {
    pub(crate) fn holds(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Numeric => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => timestamp(value).is_some(),
        }
    }

    /// `None` when a side is of another type: then no comparison is true.
    fn compare(self, left: &Value, right: &Value) -> Option<Ordering> {
        match self {
            Self::String => Some(left.as_str()?.cmp(right.as_str()?)),
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => Some(timestamp(left)?.cmp(&timestamp(right)?)),
            Self::Numeric => match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
            },
        }
    }
}

impl Relation {
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::GreaterThan => ordering.is_gt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

impl Rule {
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> Result<bool, Failure> {
        match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(rule) => rule.holds(scope).map(|held| !held),
            Self::Test { variable, test } => test.holds(variable, scope),
        }
    }
}

impl Test {
    fn holds(&self, variable: &Source, scope: &Scope<'_>) -> Result<bool, Failure> {
        if let Self::Is(Nature::Present, wanted) = self {
            return Ok(scope.find(variable).is_some() == *wanted);
        }
        let value = invalid_path(variable, scope)?;
        Ok(match self {
            Self::Is(nature, wanted) => nature.fits(value) == *wanted,
            Self::Matches(pattern) => value.as_str().is_some_and(|text| matches(pattern, text)),
            Self::Compare {
                family,
                relation,
                operand,
            } => {
                let right = match operand {
                    Operand::Literal(value) => value,
                    Operand::Path(source) => invalid_path(source, scope)?,
                };
                family
                    .compare(value, right)
                    .is_some_and(|ordering| relation.admits(ordering))
            }
        })
    }
}

impl Nature {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Present => true,
            Self::Null => value.is_null(),
            Self::Numeric => value.is_number(),
            Self::String => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => timestamp(value).is_some(),
        }
    }
}

fn invalid_path<'a>(source: &Source, scope: &'a Scope<'_>) -> Result<&'a Value, Failure> {
    scope.find(source).ok_or_else(|| {
        Failure::runtime(format!(
            "An error occurred while executing the state '{}'. Invalid path '{}': The choice \
             state's condition path references an invalid value.",
            scope.state(),
            source.text
        ))
    })
}

fn timestamp(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}

/// `*` stands for any characters, `\*` for a star and `\\` for a backslash.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, pieces.last_mut()) {
            ('*', _) => pieces.push(String::new()),
            ('\\', Some(piece)) => piece.push(chars.next().unwrap_or('\\')),
            (c, Some(piece)) => piece.push(c),
            (_, None) => {}
        }
    }
    let Some((first, rest)) = pieces.split_first() else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return text == first;
    };
    // The first place of each piece leaves the most room for those after it.
    let tail = text.strip_prefix(first.as_str()).and_then(|text| {
        middle.iter().try_fold(text, |text, piece| {
            text.split_once(piece.as_str()).map(|(_, tail)| tail)
        })
    });
    tail.is_some_and(|tail| tail.ends_with(last.as_str()))
}
