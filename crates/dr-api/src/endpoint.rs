//! One operation's types, tied to its row in the table.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::Operation;

/// What an operation takes and gives. The request holds everything: what REST carries in the path, in the
/// query string and in the body, direct invocation carries in `body`.
pub trait Endpoint {
    /// Its row in the table.
    const OPERATION: Operation;
    /// What it takes.
    type Request: DeserializeOwned + Serialize + JsonSchema + Send;
    /// What it gives.
    type Response: DeserializeOwned + Serialize + JsonSchema + Send;
}

/// Ties types to rows: `endpoints! { CreatePlan: CreatePlanRequest => Plan; }` declares the marker type.
macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident: $request:ty => $response:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $crate::endpoint::Endpoint for $name {
            const OPERATION: $crate::operation::Operation = $crate::operation::Operation::$name;
            type Request = $request;
            type Response = $response;
        }
    )*};
}

pub(crate) use endpoints;
