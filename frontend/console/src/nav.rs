//! The table of pages: path, title, place in the navigation, who may see it, what draws it. Adding a page is a folder in
//! `pages` and a line here.

use dr_model::role::{Permission, Role};
use leptos::prelude::{AnyView, IntoAny as _};
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
    pub view: fn() -> AnyView,
}

/// Shortens the lines below.
const fn page(
    path: &'static str,
    title: &'static str,
    section: Section,
    needs: Permission,
    view: fn() -> AnyView,
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
    page("/", "Dashboard", Section::Top, Permission::Read, || {
        pages::dashboard::Dashboard().into_any()
    }),
    page(
        "/getting-started",
        "Getting started",
        Section::Top,
        Permission::Read,
        || pages::getting_started::GettingStarted().into_any(),
    ),
    page(
        "/protection-groups",
        "Protection groups",
        Section::Failover,
        Permission::Read,
        || pages::protection_groups::ProtectionGroups().into_any(),
    ),
    page(
        "/protection-groups/:group_id",
        "Protection group",
        Section::Hidden,
        Permission::Read,
        || pages::protection_group::GroupDetail().into_any(),
    ),
    page(
        "/recovery-plans",
        "Recovery plans",
        Section::Failover,
        Permission::Read,
        || pages::recovery_plans::RecoveryPlans().into_any(),
    ),
    page(
        "/recovery-plans/new",
        "Create recovery plan",
        Section::Hidden,
        Permission::Read,
        || pages::plan_editor::PlanCreate().into_any(),
    ),
    page(
        "/recovery-plans/:plan_id",
        "Recovery plan",
        Section::Hidden,
        Permission::Read,
        || pages::recovery_plan::PlanDetail().into_any(),
    ),
    page(
        "/recovery-plans/:plan_id/edit",
        "Edit recovery plan",
        Section::Hidden,
        Permission::Read,
        || pages::plan_editor::PlanEdit().into_any(),
    ),
    page(
        "/failover",
        "Start drill or recovery",
        Section::Failover,
        Permission::Read,
        || pages::failover::Failover().into_any(),
    ),
    page(
        "/executions",
        "Executions",
        Section::Failover,
        Permission::Read,
        || pages::executions::Executions().into_any(),
    ),
    page(
        "/executions/:execution_id",
        "Execution",
        Section::Hidden,
        Permission::Read,
        || pages::execution::ExecutionDetail().into_any(),
    ),
    page(
        "/failover-sessions",
        "Failover sessions",
        Section::Failback,
        Permission::Read,
        || pages::failover_sessions::FailoverSessions().into_any(),
    ),
    page(
        "/failover-sessions/:session_id",
        "Failover session",
        Section::Hidden,
        Permission::Read,
        || pages::failover_session::SessionDetail().into_any(),
    ),
    page(
        "/failover-sessions/:session_id/failback",
        "Failback",
        Section::Hidden,
        Permission::Read,
        || pages::failback::FailbackWizard().into_any(),
    ),
    page(
        "/recovery-instances",
        "Failback management",
        Section::Failback,
        Permission::Read,
        || pages::recovery_instances::RecoveryInstances().into_any(),
    ),
    page(
        "/replication",
        "Replication",
        Section::Replication,
        Permission::Read,
        || pages::replication::Replication().into_any(),
    ),
    page(
        "/source-servers",
        "Source servers",
        Section::Replication,
        Permission::Read,
        || pages::source_servers::SourceServers().into_any(),
    ),
    page(
        "/source-servers/:account_id/:region/:source_server_id",
        "Source server",
        Section::Hidden,
        Permission::Read,
        || pages::source_server::SourceServer().into_any(),
    ),
    page(
        "/agents",
        "Agent installation",
        Section::Replication,
        Permission::Read,
        || pages::agents::Agents().into_any(),
    ),
    page(
        "/agents/:installation_id",
        "Installation",
        Section::Hidden,
        Permission::Read,
        || pages::agent_installation::AgentInstallation().into_any(),
    ),
    page(
        "/quotas",
        "Quotas",
        Section::Settings,
        Permission::Read,
        || pages::quotas::Quotas().into_any(),
    ),
    page(
        "/settings",
        "Settings",
        Section::Settings,
        Permission::Read,
        || pages::settings::Settings().into_any(),
    ),
    page(
        SIMULATOR,
        "Simulator",
        Section::Settings,
        Permission::Read,
        || pages::simulator::Simulator().into_any(),
    ),
    page(
        "/components",
        "Components",
        Section::Hidden,
        Permission::Read,
        || pages::components::Components().into_any(),
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
