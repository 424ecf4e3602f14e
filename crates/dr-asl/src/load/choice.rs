//! Choice states and their rules.

use super::flow::Edge;
use crate::choice::{Family, Operand, Operator, Rule, Test};
use crate::definition::Kind;
use crate::path::Source;
use crate::problem::{Fields, Located, Report, below};

pub(super) fn read(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Option<Kind> {
    if !fields.has("Choices") {
        fields
            .report
            .add(&fields.pointer, "the field \"Choices\" is missing");
    }
    let choices = fields.list("Choices");
    let rules: Vec<_> = choices
        .iter()
        .map(|at| top_rule(at, fields.report, edges))
        .collect();
    let default = fields.text("Default").map(str::to_owned);
    if let Some(to) = &default {
        edges.push(Edge {
            pointer: below(&fields.pointer, "Default"),
            to: to.clone(),
        });
    }
    Some(Kind::Choice {
        rules: rules.into_iter().collect::<Option<_>>()?,
        default,
    })
}

fn top_rule(at: &Located<'_>, report: &Report, edges: &mut Vec<Edge>) -> Option<(Rule, String)> {
    let mut fields = Fields::open(at, report)?;
    let next = fields.required_text("Next").map(str::to_owned);
    if let Some(to) = &next {
        edges.push(Edge {
            pointer: below(&at.pointer, "Next"),
            to: to.clone(),
        });
    }
    fields.ignore("Comment");
    let rule = condition(fields, at);
    Some((rule?, next?))
}

fn nested_rule(at: &Located<'_>, report: &Report) -> Option<Rule> {
    let mut fields = Fields::open(at, report)?;
    fields.ignore("Comment");
    condition(fields, at)
}

/// Exactly one of And, Or, Not, or a Variable with exactly one operator.
fn condition(mut fields: Fields<'_>, at: &Located<'_>) -> Option<Rule> {
    let report = fields.report;
    let operators: Vec<&str> = at
        .value
        .as_object()?
        .keys()
        .map(String::as_str)
        .filter(|key| matches!(*key, "And" | "Or" | "Not") || Operator::named(key).is_some())
        .collect();
    let [operator] = operators.as_slice() else {
        let _ = fields.take("Variable");
        report.add(
            &at.pointer,
            "a rule has exactly one of And, Or, Not and the comparison operators",
        );
        operators.iter().for_each(|operator| {
            let _ = fields.take(operator);
        });
        fields.finish();
        return None;
    };
    let rule = match *operator {
        "And" => rules(&mut fields, "And").map(Rule::And),
        "Or" => rules(&mut fields, "Or").map(Rule::Or),
        "Not" => fields
            .take("Not")
            .and_then(|at| nested_rule(&at, report))
            .map(|rule| Rule::Not(Box::new(rule))),
        operator => comparison(&mut fields, operator),
    };
    fields.finish();
    rule
}

fn rules(fields: &mut Fields<'_>, field: &str) -> Option<Vec<Rule>> {
    let report = fields.report;
    let rules: Vec<_> = fields
        .list(field)
        .iter()
        .map(|at| nested_rule(at, report))
        .collect();
    if rules.is_empty() {
        None
    } else {
        rules.into_iter().collect()
    }
}

fn comparison(fields: &mut Fields<'_>, name: &str) -> Option<Rule> {
    if !fields.has("Variable") {
        fields
            .report
            .add(&fields.pointer, "the field \"Variable\" is missing");
    }
    let variable = super::state::source(fields, "Variable");
    let test = match Operator::named(name)? {
        Operator::Is(nature) => {
            let wanted = fields.take(name).and_then(|at| at.value.as_bool());
            if wanted.is_none() {
                fields.problem(name, "must be true or false");
            }
            wanted.map(|wanted| Test::Is(nature, wanted))
        }
        Operator::Matches => fields
            .text(name)
            .map(|pattern| Test::Matches(pattern.to_owned())),
        Operator::Compare {
            family,
            relation,
            path,
        } => operand(fields, name, family, path).map(|operand| Test::Compare {
            family,
            relation,
            operand,
        }),
    };
    Some(Rule::Test {
        variable: variable?,
        test: test?,
    })
}

fn operand(fields: &mut Fields<'_>, name: &str, family: Family, path: bool) -> Option<Operand> {
    if path {
        let text = fields.text(name)?;
        return match Source::parse(text) {
            Ok(source) => Some(Operand::Path(source)),
            Err(message) => {
                fields.problem(name, message);
                None
            }
        };
    }
    let value = fields.take(name)?.value;
    if family.holds(value) {
        return Some(Operand::Literal(value.clone()));
    }
    let wanted = match family {
        Family::String => "a string",
        Family::Numeric => "a number",
        Family::Boolean => "true or false",
        Family::Timestamp => "an RFC 3339 timestamp",
    };
    fields.problem(name, format!("must be {wanted}"));
    None
}
