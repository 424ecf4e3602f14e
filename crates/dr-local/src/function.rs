//! The three Lambda functions as this process knows them: their names, and how one is invoked.

use async_trait::async_trait;
use dr_api::HandlerName;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One of the product's functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Configuration: accounts, groups, plans, pairs, launch settings.
    DataManagement,
    /// Everything that acts: executions, state machine tasks, events, polling.
    Execution,
    /// Everything that only reads.
    Query,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DataManagement, Self::Execution, Self::Query];

    /// The short name: `data-management`, `execution`, `query`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataManagement => "data-management",
            Self::Execution => "execution",
            Self::Query => "query",
        }
    }

    /// The name under which the stack deploys it: `dr-<short name>-<environment>`.
    #[must_use]
    pub fn full_name(self, environment: &str) -> String {
        format!("dr-{}-{environment}", self.name())
    }

    /// Its ARN in an account and region.
    #[must_use]
    pub fn arn(self, region: &str, account: &str, environment: &str) -> String {
        let name = self.full_name(environment);
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// What a caller may write as FunctionName: the short or the full name, a partial ARN
    /// (`<account>:function:<name>`) or a full one, each with or without a version or alias.
    #[must_use]
    pub fn named(text: &str, environment: &str) -> Option<Self> {
        let name = match text.split_once("function:") {
            Some((_, name)) => name,
            None => text,
        };
        let name = name.split(':').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|one| name == one.name() || name == one.full_name(environment))
    }
}

impl From<HandlerName> for Function {
    fn from(name: HandlerName) -> Self {
        match name {
            HandlerName::DataManagement => Self::DataManagement,
            HandlerName::Execution => Self::Execution,
            HandlerName::Query => Self::Query,
        }
    }
}

/// A function that ended with an error of its own instead of an answer (Lambda's FunctionError).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// `errorType`: what Retry and Catch of a state machine match.
    pub error_type: String,
    /// `errorMessage`.
    pub error_message: String,
}

impl Failure {
    /// The payload that Lambda answers for it.
    #[must_use]
    pub fn payload(&self) -> Value {
        json!({"errorType": self.error_type, "errorMessage": self.error_message})
    }
}

/// The functions, invoked in this process.
#[async_trait]
pub trait Handlers: Send + Sync + 'static {
    /// Invokes one function with an event. `request_id` is Lambda's.
    async fn invoke(
        &self,
        function: Function,
        event: Value,
        request_id: String,
    ) -> Result<Value, Failure>;
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn a_function_is_found_by_every_form_of_its_name() {
        let arn = Function::Query.arn("us-east-1", "111111111111", "local");
        for name in [
            "query",
            "dr-query-local",
            "query:$LATEST",
            "111111111111:function:dr-query-local",
            arn.as_str(),
            &format!("{arn}:live"),
        ] {
            assert_eq!(
                Function::named(name, "local"),
                Some(Function::Query),
                "{name}"
            );
        }
        for name in ["dr-query-prod", "", "Query", "queries", "function:"] {
            assert_eq!(Function::named(name, "local"), None, "{name}");
        }
    }
}
