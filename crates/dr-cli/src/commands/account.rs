//! `dr account`: target accounts.

use std::io;

use clap::{Args, Subcommand};
use dr_api::accounts::{
    CreateTargetAccount, CreateTargetAccountRequest, DeleteTargetAccount, GetTargetAccount,
    ListRequest, ListTargetAccounts, TargetAccountRequest, TargetAccountView, UpdateTargetAccount,
    UpdateTargetAccountRequest, ValidateTargetAccount,
};
use dr_api::bounded::{Description, Name};
use dr_model::ids::{AccountId, Region};

use super::validate::{checks, verdict};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::{Cell, Screen};
use crate::{row, text};

/// Target accounts.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// List registered accounts.
    #[command(after_help = "Examples:\n  dr account list\n  dr account list --all --json")]
    List(PageArgs),
    /// Show one.
    #[command(after_help = "Examples:\n  dr account get 111122223333")]
    Get(AccountArgs),
    /// Register an account. Its external id, which the role's trust policy must demand, is generated.
    #[command(
        after_help = "Examples:\n  dr account register 444455556666 --name dr --region us-west-2 \\\n    --role-arn arn:aws:iam::444455556666:role/DrOrchestrator"
    )]
    Register(Register),
    /// Change an account. What is left out stays.
    #[command(
        after_help = "Examples:\n  dr account update 444455556666 --region us-west-2 --region us-east-2"
    )]
    Update(Update),
    /// Assume the account's role and check DRS in each of its regions.
    #[command(after_help = "Examples:\n  dr account validate 444455556666")]
    Validate(AccountArgs),
    /// Remove an account.
    #[command(after_help = "Examples:\n  dr account remove 444455556666 --yes")]
    Remove(Remove),
}

/// Names an account.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    account_id: AccountId,
}

/// Registers.
#[derive(Debug, Args)]
pub struct Register {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    account_id: AccountId,
    /// A name for people.
    #[arg(long, value_parser = given::name)]
    name: Name,
    /// The role to assume in it; none for the orchestrator's own account.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// A region in use; repeat, or separate by commas.
    #[arg(
        long = "region",
        value_name = "REGION",
        required = true,
        value_delimiter = ','
    )]
    regions: Vec<Region>,
    /// What it is for.
    #[arg(long, value_parser = given::description)]
    description: Option<Description>,
}

/// Updates.
#[derive(Debug, Args)]
pub struct Update {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    account_id: AccountId,
    /// A name for people.
    #[arg(long, value_parser = given::name)]
    name: Option<Name>,
    /// The role to assume in it.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// All the regions in use; repeat, or separate by commas.
    #[arg(long = "region", value_name = "REGION", value_delimiter = ',')]
    regions: Option<Vec<Region>>,
    /// What it is for.
    #[arg(long, value_parser = given::description)]
    description: Option<Description>,
    /// Only if it still has this version.
    #[arg(long)]
    version: Option<u64>,
}

/// Removes.
#[derive(Debug, Args)]
pub struct Remove {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    account_id: AccountId,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Account {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(page) => {
                let request = ListRequest::default();
                let answer = desk
                    .client
                    .list::<ListTargetAccounts>(&request, page.paging())
                    .await?;
                desk.show(&answer, |screen, list| {
                    let rows = list.target_accounts.iter().map(account_row).collect();
                    let headings = ["account", "name", "regions", "role"];
                    screen.table(&headings, rows, "No account is registered.")?;
                    super::say_if_more(screen, list.next_token.as_ref())
                })
            }
            Self::Get(AccountArgs { account_id }) => {
                let request = TargetAccountRequest { account_id };
                let answer = desk.client.call::<GetTargetAccount>(&request).await?;
                desk.show(&answer, draw)
            }
            Self::Register(register) => {
                let request = CreateTargetAccountRequest {
                    account_id: register.account_id,
                    name: register.name,
                    role_arn: register.role_arn,
                    regions: register.regions.into_iter().collect(),
                    description: register.description.unwrap_or_default(),
                };
                let answer = desk.client.call::<CreateTargetAccount>(&request).await?;
                desk.show(&answer, draw)
            }
            Self::Update(update) => {
                let request = UpdateTargetAccountRequest {
                    account_id: update.account_id,
                    name: update.name,
                    role_arn: update.role_arn,
                    regions: update.regions.map(|regions| regions.into_iter().collect()),
                    description: update.description,
                    version: update.version,
                };
                let answer = desk.client.call::<UpdateTargetAccount>(&request).await?;
                desk.show(&answer, draw)
            }
            Self::Validate(AccountArgs { account_id }) => {
                let request = TargetAccountRequest { account_id };
                let answer = desk.client.call::<ValidateTargetAccount>(&request).await?;
                let draw = |screen: &mut Screen, report: &_| {
                    let report: &dr_api::accounts::TargetAccountValidation = report;
                    checks(screen, &report.checks)?;
                    verdict(screen, report.validation_passed)
                };
                desk.judge(&answer, draw, |report| {
                    super::validate::outcome(report.validation_passed)
                })
            }
            Self::Remove(Remove { account_id, yes }) => {
                desk.agree(&format!("Remove the account {account_id}?"), yes)?;
                let request = TargetAccountRequest { account_id };
                let answer = desk.client.call::<DeleteTargetAccount>(&request).await?;
                desk.show(&answer, |screen, gone| {
                    screen.line(&format!("Removed {}.", gone.deleted))
                })
            }
        }
    }
}

fn regions(account: &TargetAccountView) -> String {
    let names: Vec<&str> = account.regions.iter().map(Region::as_str).collect();
    names.join(", ")
}

fn role(account: &TargetAccountView) -> String {
    let own = "none: the orchestrator's own account";
    account.role_arn.clone().unwrap_or_else(|| own.to_owned())
}

fn account_row(account: &TargetAccountView) -> Vec<Cell> {
    row![
        &account.account_id,
        &account.name,
        regions(account),
        role(account)
    ]
}

fn draw(screen: &mut Screen, account: TargetAccountView) -> io::Result<()> {
    screen.facts(vec![
        ("Account", Cell::from(&account.account_id)),
        ("Name", Cell::from(&account.name)),
        ("Description", Cell::from(&account.description)),
        ("Regions", Cell::from(regions(&account))),
        ("Role", Cell::from(role(&account))),
        ("External id", Cell::from(&account.external_id)),
        ("Registered", Cell::from(text::time(account.created_at))),
        ("Changed", Cell::from(text::time(account.updated_at))),
        ("Version", Cell::from(account.version)),
    ])
}
