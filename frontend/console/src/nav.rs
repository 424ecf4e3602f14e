//! The table of pages: path, title, place in the navigation, who may see it, what draws it. Adding a page is a folder in
//! `pages` and a line here.

use std::future::Future;
use std::pin::Pin;

use dr_model::role::{Permission, Role};
use leptos::prelude::{AnyView, IntoAny as _};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use ui::{NavItem, NavSection};

use crate::pages;
use crate::route::{link, matches};

/// Where a page stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Above all.
    Top,
    /// What is protected, and how it fails over.
    Failover,
    /// The way home.
    Failback,
    /// Replication and servers.
    Replication,
    /// What is seldom needed.
    Settings,
    /// Reached from other pages only.
    Hidden,
}

impl Section {
    /// Those that are shown, in order.
    const SHOWN: [Section; 5] = [
        Self::Top,
        Self::Failover,
        Self::Failback,
        Self::Replication,
        Self::Settings,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Top | Self::Hidden => "",
            Self::Failover => "Failover",
            Self::Failback => "Failback",
            Self::Replication => "Replication",
            Self::Settings => "Settings",
        }
    }
}

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its path below the console: `/protection-groups/:group_id`.
    pub path: &'static str,
    /// Its title in the navigation and of the window.
    pub title: &'static str,
    /// Where it stands.
    pub section: Section,
    /// Who may see it.
    pub needs: Permission,
    /// What draws it.
    pub view: View,
}

/// What draws a page.
pub type Draw = fn() -> AnyView;
/// The code of a page, on its way.
pub type Fetching = Pin<Box<dyn Future<Output = Result<Draw, NotFetched>>>>;

/// The code of a page could not be fetched; why is in the browser's log.
#[derive(Debug)]
pub struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Where the code of a page is.
#[derive(Debug, Clone, Copy)]
pub enum View {
    /// In the app itself.
    Here(Draw),
    /// In a part of it that is fetched when a page of the part is opened for the first time.
    Part(fn() -> Fetching),
}

/// A page in a part of the app: `in_part!(<the part>, <a name that no other page has>, <the page>)`.
macro_rules! in_part {
    ($part:ident, $name:ident, $page:path) => {{
        #[wasm_split($part, fallible, wasm_split_path = leptos::wasm_split)]
        fn $name() -> Result<Draw, NotFetched> {
            Ok(|| $page().into_any())
        }
        View::Part(|| Box::pin($name()))
    }};
}

/// Shortens the lines below.
const fn page(
    path: &'static str,
    title: &'static str,
    section: Section,
    needs: Permission,
    view: View,
) -> Page {
    Page {
        path,
        title,
        section,
        needs,
        view,
    }
}

/// The page that is shown only where what the server shows is simulated.
pub const SIMULATOR: &str = "/simulator";

/// Every page, in the order of the navigation.
pub const PAGES: &[Page] = &[
    page(
        "/",
        "Dashboard",
        Section::Top,
        Permission::Read,
        View::Here(|| pages::dashboard::Dashboard().into_any()),
    ),
    page(
        "/getting-started",
        "Getting started",
        Section::Top,
        Permission::Read,
        in_part!(
            groups,
            getting_started,
            pages::getting_started::GettingStarted
        ),
    ),
    page(
        "/protection-groups",
        "Protection groups",
        Section::Failover,
        Permission::Read,
        in_part!(
            groups,
            protection_groups,
            pages::protection_groups::ProtectionGroups
        ),
    ),
    page(
        "/protection-groups/new",
        "Create protection group",
        Section::Hidden,
        Permission::Read,
        in_part!(groups, group_create, pages::group_editor::GroupCreate),
    ),
    page(
        "/protection-groups/:group_id",
        "Protection group",
        Section::Hidden,
        Permission::Read,
        in_part!(groups, group_detail, pages::protection_group::GroupDetail),
    ),
    page(
        "/protection-groups/:group_id/edit",
        "Edit protection group",
        Section::Hidden,
        Permission::Read,
        in_part!(groups, group_edit, pages::group_editor::GroupEdit),
    ),
    page(
        "/recovery-plans",
        "Recovery plans",
        Section::Failover,
        Permission::Read,
        in_part!(plans, recovery_plans, pages::recovery_plans::RecoveryPlans),
    ),
    page(
        "/recovery-plans/new",
        "Create recovery plan",
        Section::Hidden,
        Permission::Read,
        in_part!(plans, plan_create, pages::plan_editor::PlanCreate),
    ),
    page(
        "/recovery-plans/:plan_id",
        "Recovery plan",
        Section::Hidden,
        Permission::Read,
        in_part!(plans, plan_detail, pages::recovery_plan::PlanDetail),
    ),
    page(
        "/recovery-plans/:plan_id/edit",
        "Edit recovery plan",
        Section::Hidden,
        Permission::Read,
        in_part!(plans, plan_edit, pages::plan_editor::PlanEdit),
    ),
    page(
        "/failover",
        "Start drill or recovery",
        Section::Failover,
        Permission::Read,
        in_part!(failover, failover, pages::failover::Failover),
    ),
    page(
        "/executions",
        "Executions",
        Section::Failover,
        Permission::Read,
        in_part!(failover, executions, pages::executions::Executions),
    ),
    page(
        "/executions/:execution_id",
        "Execution",
        Section::Hidden,
        Permission::Read,
        in_part!(
            failover,
            execution_detail,
            pages::execution::ExecutionDetail
        ),
    ),
    page(
        "/failover-sessions",
        "Failover sessions",
        Section::Failback,
        Permission::Read,
        in_part!(
            failback,
            failover_sessions,
            pages::failover_sessions::FailoverSessions
        ),
    ),
    page(
        "/failover-sessions/:session_id",
        "Failover session",
        Section::Hidden,
        Permission::Read,
        in_part!(
            failback,
            session_detail,
            pages::failover_session::SessionDetail
        ),
    ),
    page(
        "/failover-sessions/:session_id/failback",
        "Failback",
        Section::Hidden,
        Permission::Read,
        in_part!(failback, failback_wizard, pages::failback::FailbackWizard),
    ),
    page(
        "/recovery-instances",
        "Failback management",
        Section::Failback,
        Permission::Read,
        in_part!(
            failback,
            recovery_instances,
            pages::recovery_instances::RecoveryInstances
        ),
    ),
    page(
        "/replication",
        "Replication",
        Section::Replication,
        Permission::Read,
        in_part!(replication, replication, pages::replication::Replication),
    ),
    page(
        "/source-servers",
        "Source servers",
        Section::Replication,
        Permission::Read,
        in_part!(
            replication,
            source_servers,
            pages::source_servers::SourceServers
        ),
    ),
    page(
        "/source-servers/:account_id/:region/:source_server_id",
        "Source server",
        Section::Hidden,
        Permission::Read,
        in_part!(
            replication,
            source_server,
            pages::source_server::SourceServer
        ),
    ),
    page(
        "/agents",
        "Agent installation",
        Section::Replication,
        Permission::Read,
        in_part!(replication, agents, pages::agents::Agents),
    ),
    page(
        "/agents/:installation_id",
        "Installation",
        Section::Hidden,
        Permission::Read,
        in_part!(
            replication,
            agent_installation,
            pages::agent_installation::AgentInstallation
        ),
    ),
    page(
        "/quotas",
        "Quotas",
        Section::Settings,
        Permission::Read,
        in_part!(groups, quotas, pages::quotas::Quotas),
    ),
    page(
        "/settings",
        "Settings",
        Section::Settings,
        Permission::Read,
        in_part!(plans, settings, pages::settings::Settings),
    ),
    page(
        SIMULATOR,
        "Simulator",
        Section::Settings,
        Permission::Read,
        in_part!(plans, simulator, pages::simulator::Simulator),
    ),
    page(
        "/components",
        "Components",
        Section::Hidden,
        Permission::Read,
        in_part!(plans, components, pages::components::Components),
    ),
];

/// The navigation as these roles see it, with the page of that path marked.
#[must_use]
pub fn navigation(roles: &[Role], path: &str, has_simulator: bool) -> Vec<NavSection> {
    let item = |page: &Page| NavItem {
        text: page.title.to_owned(),
        href: link(page.path),
        is_current: is_within(page.path, path),
    };
    Section::SHOWN
        .into_iter()
        .map(|section| NavSection {
            title: section.title().to_owned(),
            items: PAGES
                .iter()
                .filter(|page| {
                    page.section == section
                        && roles.iter().any(|role| role.allows(page.needs))
                        && (has_simulator || page.path != SIMULATOR)
                })
                .map(item)
                .collect(),
        })
        .filter(|section| !section.items.is_empty())
        .collect()
}

/// The path is that of the page, or below it.
fn is_within(page: &'static str, path: &str) -> bool {
    matches(page, path).is_some() || (page != "/" && path.starts_with(&format!("{}/", link(page))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use dr_model::role::Role;

    use super::{PAGES, navigation};

    #[test]
    fn paths_are_unique_and_each_is_found() {
        let mut seen = HashSet::new();
        assert!(
            PAGES
                .iter()
                .all(|page| seen.insert(page.path) && page.path.starts_with('/'))
        );
    }

    #[test]
    fn a_detail_marks_its_list_and_nobody_without_a_role_sees_a_page() {
        let sections = navigation(&[Role::ReadOnly], "/console/protection-groups/pg-1", false);
        let current: Vec<_> = sections
            .iter()
            .flat_map(|section| &section.items)
            .filter(|item| item.is_current)
            .collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].text, "Protection groups");
        assert!(navigation(&[], "/console/", true).is_empty());
    }

    #[test]
    fn the_simulator_is_among_the_pages_only_where_there_is_one() {
        let has_page = |has_simulator| {
            let sections = navigation(&[Role::ReadOnly], "/console/", has_simulator);
            let mut items = sections.iter().flat_map(|section| &section.items);
            items.any(|item| item.text == "Simulator")
        };
        assert!(has_page(true));
        assert!(!has_page(false));
    }
}
