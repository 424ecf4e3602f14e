//! `Filter.N` and pages: every `Describe` call of EC2 has them, so they stand here once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};

use super::fault;
use crate::error::ServiceResult;
use crate::wire::query::{Params, Xml};

/// Page size when the caller names none. EC2 publishes no number; 1,000 is its largest page.
const DEFAULT_PAGE: usize = 1000;

/// One filter of a request: a name and values of which one must match.
#[derive(Debug)]
pub(super) struct Filter {
    name: String,
    /// Values without wildcards: most, and sometimes hundreds of them.
    literals: BTreeSet<String>,
    /// Values with wildcards.
    patterns: Vec<String>,
}

impl Filter {
    fn new(name: String, values: Vec<String>) -> Self {
        let (patterns, literals) = values
            .into_iter()
            .partition(|value| value.contains(['*', '?', '\\']));
        let literals = Vec::into_iter(literals).collect();
        Self {
            name,
            literals,
            patterns,
        }
    }

    fn hits(&self, value: &str) -> bool {
        self.literals.contains(value) || self.patterns.iter().any(|p| matches(p, value))
    }
}

/// What a resource says to a filter name: the values that it has there.
pub(super) type Values = Vec<String>;

/// A resource that filters can be put to.
pub(super) trait Filtered {
    /// The values under a filter name, or `None` when this kind of resource has no such filter.
    /// Tags are answered by [`Filtered::tags`].
    fn values(&self, filter: &str) -> Option<Values>;
    /// The resource's tags, for `tag:KEY`, `tag-key` and `tag-value`.
    fn tags(&self) -> &BTreeMap<String, String>;
}

/// Reads the filters of a request.
pub(super) fn read(params: &Params) -> ServiceResult<Vec<Filter>> {
    params
        .filters()
        .into_iter()
        .map(|(name, values)| {
            if name.is_empty() {
                Err(fault::missing("Filter.Name"))
            } else if values.is_empty() {
                Err(fault::value(format!("The filter '{name}' has no values")))
            } else {
                Ok(Filter::new(name, values))
            }
        })
        .collect()
}

/// The ids that a filter of this name admits at most, where it names them outright: a few out of
/// thousands are then looked up and not searched for.
pub(super) fn named<'a>(filters: &'a [Filter], name: &str) -> Option<&'a BTreeSet<String>> {
    filters
        .iter()
        .find(|filter| filter.name == name && filter.patterns.is_empty())
        .map(|filter| &filter.literals)
}

/// Whether a resource passes all filters. An unknown filter name is the caller's mistake.
pub(super) fn pass(resource: &impl Filtered, filters: &[Filter]) -> ServiceResult<bool> {
    for filter in filters {
        let have = if let Some(key) = filter.name.strip_prefix("tag:") {
            resource.tags().get(key).cloned().into_iter().collect()
        } else if filter.name == "tag-key" {
            resource.tags().keys().cloned().collect()
        } else if filter.name == "tag-value" {
            resource.tags().values().cloned().collect()
        } else {
            resource
                .values(&filter.name)
                .ok_or_else(|| fault::value(format!("The filter '{}' is invalid", filter.name)))?
        };
        if !have.iter().any(|value| filter.hits(value)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// EC2's wildcards: `*` for any run of characters, `?` for one, `\` to mean them literally.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Position after the last `*` and the text position that it has swallowed up to.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        let (literal, step) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some('\\'), Some(next)) => (Some(next), 2),
            (Some('*'), _) => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some('?'), _) => (text.get(t), 1),
            (other, _) => (other, 1),
        };
        if literal.is_some() && literal == text.get(t) {
            p += step;
            t += 1;
        } else if let Some((after, swallowed)) = star {
            p = after;
            t = swallowed + 1;
            star = Some((after, swallowed + 1));
        } else {
            return false;
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

/// Where a page begins and how long it may be.
#[derive(Debug)]
pub(super) struct Page {
    after: Option<String>,
    size: usize,
}

impl Page {
    /// Reads `MaxResults` and `NextToken`; `least` and `most` are the operation's own limits.
    pub(super) fn read(params: &Params, least: usize, most: usize) -> ServiceResult<Self> {
        let size = match fault::number::<usize>(params, "MaxResults")? {
            None => DEFAULT_PAGE,
            Some(n) if (least..=most).contains(&n) => n,
            Some(n) => {
                return Err(fault::value(format!(
                    "Value ( {n} ) for parameter maxResults is invalid. Expecting a value between {least} and {most}."
                )));
            }
        };
        let after = params.get("NextToken").map(decode).transpose()?;
        Ok(Self { after, size })
    }

    /// The same page, with a smaller default than usual.
    pub(super) fn at_most(self, size: usize) -> Self {
        Self {
            size: self.size.min(size),
            ..self
        }
    }

    /// Takes a page of what passes, from resources in the order of their keys.
    pub(super) fn take<'a, T: 'a>(
        &self,
        keyed: impl Iterator<Item = (&'a String, T)>,
        mut passes: impl FnMut(&T) -> ServiceResult<bool>,
    ) -> ServiceResult<(Vec<T>, Option<String>)> {
        let mut taken = Vec::new();
        let mut last: Option<&String> = None;
        for (key, item) in keyed {
            if self.after.as_ref().is_some_and(|after| key <= after) || !passes(&item)? {
                continue;
            }
            if taken.len() == self.size {
                return Ok((taken, last.map(|key| STANDARD.encode(key))));
            }
            last = Some(key);
            taken.push(item);
        }
        Ok((taken, None))
    }
}

fn decode(token: &str) -> ServiceResult<String> {
    STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| fault::refused("InvalidNextToken", "The specified NextToken is not valid."))
}

/// Writes the token of the page after this one, when there is one.
pub(super) fn write_next(xml: &mut Xml, next: Option<String>) {
    xml.maybe("nextToken", next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_runs_and_single_characters() {
        assert!(matches("web-*", "web-01"));
        assert!(matches("*", ""));
        assert!(matches("w?b*1", "web-prod-01"));
        assert!(!matches("web-?", "web-01"));
        assert!(!matches("web", "web-01"));
    }

    #[test]
    fn an_escaped_star_is_a_star() {
        assert!(matches(r"a\*b", "a*b"));
        assert!(!matches(r"a\*b", "axb"));
    }

    #[test]
    fn a_second_page_begins_after_the_first() {
        let items: BTreeMap<String, u32> = (0..5_u32).map(|n| (format!("k{n}"), n)).collect();
        let first = Page {
            after: None,
            size: 2,
        };
        let (taken, next) = first.take(items.iter(), |_| Ok(true)).unwrap();
        assert_eq!(taken, [&0, &1]);
        let after = decode(&next.unwrap()).unwrap();
        let second = Page {
            after: Some(after),
            size: 3,
        };
        let (taken, next) = second.take(items.iter(), |_| Ok(true)).unwrap();
        assert_eq!(taken, [&2, &3, &4]);
        assert_eq!(next, None);
    }

    #[test]
    fn a_foreign_token_is_refused() {
        assert_eq!(decode("!").unwrap_err().code, "InvalidNextToken");
    }
}
