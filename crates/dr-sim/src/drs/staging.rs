//! Staging accounts: how a fleet of more than 300 servers is launched from one target account.
//! Servers replicate into staging accounts and are extended into the target account.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Page};
use super::state::{LaunchConfiguration, SourceServer, Staging, State, Tags};
use super::{Reply, find, ok, quotas, servers, status, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accounts {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `ListStagingAccounts`: accounts of the servers that are extended into this one.
pub fn accounts(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Accounts = rest_json::parse(call)?;
    let limit = request.max_results.unwrap_or(50);
    if !(1..=50).contains(&limit) {
        return Err(input::invalid("maxResults", "must be between 1 and 50"));
    }
    let page = Page {
        max_results: Some(limit),
        next_token: request.next_token.as_deref(),
    };
    let after = page.after()?;
    let accounts: BTreeSet<&str> = find::state(world, call)
        .servers
        .values()
        .filter_map(|server| server.staging.as_ref())
        .map(|staging| staging.account.as_str())
        .collect();
    let rest = accounts
        .into_iter()
        .filter(|account| after.as_deref().is_none_or(|last| *account > last));
    let (taken, token) = input::page(rest, page, |account| (*account).to_owned())?;
    let accounts: Vec<Value> = taken.iter().map(|id| json!({ "accountID": id })).collect();
    ok(json!({ "accounts": accounts, "nextToken": token }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensible {
    #[serde(rename = "stagingAccountID")]
    staging_account_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// ARNs of the servers in other accounts that are extended into this one.
fn extended(state: &State) -> BTreeSet<&str> {
    state
        .servers
        .values()
        .filter_map(|server| server.staging.as_ref())
        .map(|staging| staging.arn.as_str())
        .collect()
}

/// `ListExtensibleSourceServers`: servers of a staging account that are not extended here yet and
/// are themselves no extensions.
pub fn extensible(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Extensible = rest_json::parse(call)?;
    let account = input::required("stagingAccountID", request.staging_account_id)?;
    input::account_id("stagingAccountID", &account)?;
    if request.max_results.is_some_and(|n| !(1..=300).contains(&n)) {
        return Err(input::invalid("maxResults", "must be between 1 and 300"));
    }
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let after = page.after()?;
    let taken_already = world
        .at(&call.caller.account, &call.region)
        .map(|place| extended(&place.drs))
        .unwrap_or_default();
    let found = world
        .at(&account, &call.region)
        .into_iter()
        .flat_map(|place| place.drs.servers.values())
        .filter(|server| server.staging.is_none() && !taken_already.contains(server.arn.as_str()))
        .filter(|server| after.as_ref().is_none_or(|last| server.id > *last));
    let (taken, token) = input::page(found, page, |server| server.id.clone())?;
    let items: Vec<Value> = taken
        .iter()
        .map(|server| {
            json!({
                "hostname": server.machine.hostname,
                "arn": server.arn,
                "tags": server.tags,
            })
        })
        .collect();
    ok(json!({ "items": items, "nextToken": token }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extend {
    source_server_arn: Option<String>,
    tags: Option<Tags>,
}

/// `CreateExtendedSourceServer`.
pub fn extend(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Extend = rest_json::parse(call)?;
    let arn = input::required("sourceServerArn", request.source_server_arn)?;
    let (region, staging_account, kind, id) = words::parse_arn(&arn)
        .ok_or_else(|| input::invalid("sourceServerArn", format!("'{arn}' is not an ARN")))?;
    input::drs_id("sourceServerArn", "s-", id)?;
    let tags = request.tags.unwrap_or_default();
    input::tags(&tags)?;
    let account = call.caller.account.clone();
    if kind != "source-server" || region != call.region || staging_account == account {
        return Err(input::invalid(
            "sourceServerArn",
            "must be a source server of another account in this region",
        ));
    }
    let original = world
        .at(staging_account, region)
        .and_then(|place| place.drs.servers.get(id))
        .filter(|server| server.staging.is_none())
        .cloned()
        .ok_or_else(|| find::not_found("SourceServer", id))?;
    let state = find::state(world, call);
    if extended(state).contains(arn.as_str()) {
        return Err(input::invalid("sourceServerArn", "is extended already"));
    }
    let count = state.servers.len() + 1;
    quotas::SOURCE_SERVERS.admit(world, &account, &call.region, count)?;
    let template = crate::ec2::TemplateView::default();
    let hostname = original.machine.hostname.clone();
    let name = format!("created-and-used-by-drs-{hostname}-{}", world.dice.hex(8));
    let template_id = crate::ec2::create_template(world, &account, &call.region, &name, &template);
    let new_id = format!("s-{}", world.dice.alphanumeric(17));
    let server = SourceServer {
        arn: words::arn(&call.region, &account, "source-server", &new_id),
        id: new_id.clone(),
        tags,
        launch: LaunchConfiguration::new(&hostname, template_id),
        staging: Some(Staging {
            account: staging_account.to_owned(),
            arn: original.arn.clone(),
        }),
        last_launch: None,
        reversed_arn: None,
        added: call.now,
        ..original
    };
    let state = find::state(world, call);
    state.servers.insert(new_id.clone(), server);
    let view = servers::shown(world, call, &new_id)?;
    status(201, json!({ "sourceServer": view }))
}
