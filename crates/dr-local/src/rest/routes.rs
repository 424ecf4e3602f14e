//! From a path to the operation's template, its parameters, and the methods it has.

use std::collections::BTreeMap;

use axum::http::Method;
use dr_api::Operation;
use percent_encoding::percent_decode_str;

use super::answer::Refusal;
use crate::function::Function;

/// A table that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Two operations on one method and path.
    #[error("{method} {path} is listed twice")]
    Twice {
        /// The method.
        method: Method,
        /// The template.
        path: String,
    },
}

/// What serves one method of a path.
type Serving = (Function, &'static str);

/// All routes.
#[derive(Debug, Default)]
pub struct Routes {
    templates: Vec<Template>,
}

#[derive(Debug)]
struct Template {
    text: &'static str,
    segments: Vec<Segment>,
    methods: BTreeMap<String, Serving>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
}

/// A path that is there.
#[derive(Debug)]
pub(super) struct Found<'a> {
    template: &'a Template,
    pub(super) parameters: BTreeMap<&'static str, String>,
}

impl Routes {
    /// The product's own table.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn of_operations() -> Result<Self, TableError> {
        let mut routes = Self::default();
        for operation in Operation::ALL {
            for route in operation.routes() {
                let method = match route.method {
                    dr_api::Method::Get => Method::GET,
                    dr_api::Method::Post => Method::POST,
                    dr_api::Method::Put => Method::PUT,
                    dr_api::Method::Delete => Method::DELETE,
                };
                let serving = (operation.handler().into(), operation.name());
                routes.add(method, route.path, serving)?;
            }
        }
        Ok(routes)
    }

    /// Adds a route; a template such as `/executions/{execution_id}`.
    ///
    /// # Errors
    /// [`TableError::Twice`].
    pub fn add(
        &mut self,
        method: Method,
        path: &'static str,
        serving: (Function, &'static str),
    ) -> Result<(), TableError> {
        let at = match self.templates.iter().position(|one| one.text == path) {
            Some(at) => at,
            None => {
                self.templates.push(Template {
                    text: path,
                    segments: segments(path),
                    methods: BTreeMap::new(),
                });
                self.templates.len() - 1
            }
        };
        let Some(template) = self.templates.get_mut(at) else {
            return Ok(());
        };
        if template.methods.contains_key(method.as_str()) {
            let path = path.to_owned();
            return Err(TableError::Twice { method, path });
        }
        template.methods.insert(method.to_string(), serving);
        Ok(())
    }

    /// The template of a path; a literal segment goes before a parameter, from the left.
    pub(super) fn find(&self, path: &str) -> Result<Found<'_>, Refusal> {
        let given: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
        let template = self
            .templates
            .iter()
            .filter(|template| template.matches(&given))
            .max_by_key(|one| one.segments.iter().map(literal).collect::<Vec<_>>())
            .ok_or_else(Refusal::no_such_path)?;
        let mut parameters = BTreeMap::new();
        for (segment, given) in template.segments.iter().zip(&given) {
            if let Segment::Parameter(name) = segment {
                let value = percent_decode_str(given)
                    .decode_utf8()
                    .map_err(|_| Refusal::not_utf8("The path"))?;
                parameters.insert(*name, value.into_owned());
            }
        }
        Ok(Found {
            template,
            parameters,
        })
    }
}

impl Template {
    fn matches(&self, given: &[&str]) -> bool {
        self.segments.len() == given.len()
            && self
                .segments
                .iter()
                .zip(given)
                .all(|(segment, given)| match segment {
                    Segment::Literal(text) => text == given,
                    Segment::Parameter(_) => !given.is_empty(),
                })
    }
}

impl Found<'_> {
    pub(super) fn resource(&self) -> &'static str {
        self.template.text
    }

    pub(super) fn serving(&self, method: &Method) -> Option<Serving> {
        self.template.methods.get(method.as_str()).copied()
    }

    /// The `Allow` header.
    pub(super) fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.template.methods.keys().map(String::as_str).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.join(", ")
    }
}

fn segments(path: &'static str) -> Vec<Segment> {
    path.strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .map(|text| {
            text.strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'))
                .map_or(Segment::Literal(text), Segment::Parameter)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use dr_api::Operation;

    use super::Routes;
    use crate::function::Function;

    #[test]
    fn every_operation_is_found_by_each_of_its_paths() {
        let routes = Routes::of_operations().unwrap();
        for operation in Operation::ALL {
            for route in operation.routes() {
                let path: String = route.path.replace('{', "").replace('}', "-1");
                let found = routes.find(&path).unwrap();
                assert_eq!(found.resource(), route.path);
                let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
                let (function, name) = found.serving(&method).unwrap();
                assert_eq!(
                    (function, name),
                    (operation.handler().into(), operation.name())
                );
            }
        }
    }

    #[test]
    fn literals_go_before_parameters_and_parameters_are_decoded() {
        let mut routes = Routes::default();
        routes
            .add(Method::GET, "/a/{x}", (Function::Query, "one"))
            .unwrap();
        routes
            .add(Method::GET, "/a/b", (Function::Query, "two"))
            .unwrap();
        assert_eq!(routes.find("/a/b").unwrap().resource(), "/a/b");
        let found = routes.find("/a/b%2Fc%20%C3%A9").unwrap();
        assert_eq!(found.parameters["x"], "b/c é");
        assert_eq!(found.allow(), "GET, HEAD, OPTIONS");
        assert!(routes.find("/a/%ff").is_err());
        assert!(routes.find("/a/").is_err());
        assert!(routes.find("/a/b/c").is_err());
        assert!(
            routes
                .add(Method::GET, "/a/b", (Function::Query, "three"))
                .is_err()
        );
    }
}
