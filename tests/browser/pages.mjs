// Every page of the console, one line each: all are walked in both themes by axe-core, and pictured at two widths.
// `path` may use what `estate.mjs` made; `ready` is a text that stands on the page once it is complete.

export const PAGES = [
  { name: "dashboard", path: () => "/", ready: "Servers by replication state" },
  { name: "getting-started", path: () => "/getting-started", ready: "every check passed" },
  { name: "protection-groups", path: () => "/protection-groups", ready: "Tier=web" },
  { name: "protection-group", path: (made) => `/protection-groups/${made.groups.web}`, ready: "Private IP" },
  { name: "protection-group-new", path: () => "/protection-groups/new", ready: "Servers in the group" },
  { name: "protection-group-edit", path: (made) => `/protection-groups/${made.groups.web}/edit`, ready: "web-portal-01" },
  { name: "recovery-plans", path: () => "/recovery-plans", ready: "db → app → web" },
  { name: "recovery-plan", path: (made) => `/recovery-plans/${made.plan}`, ready: "Never used" },
  { name: "recovery-plan-new", path: () => "/recovery-plans/new", ready: "Wave name" },
  { name: "recovery-plan-edit", path: (made) => `/recovery-plans/${made.plan}/edit`, ready: "Wave 3: web" },
  { name: "failover", path: (made) => `/failover?plan=${made.plan}`, ready: "1. db" },
  { name: "executions", path: () => "/executions", ready: "A drill shows that a plan works" },
  { name: "failover-sessions", path: () => "/failover-sessions", ready: "No failover sessions" },
  { name: "recovery-instances", path: () => "/recovery-instances", ready: "No recovery instances" },
  { name: "replication", path: () => "/replication", ready: "Lag over 24 hours" },
  { name: "source-servers", path: () => "/source-servers", ready: "Original instance" },
  { name: "agents", path: () => "/agents", ready: "Replicate into" },
  { name: "simulator", path: () => "/simulator", ready: "Make something go wrong" },
  { name: "quotas", path: () => "/quotas", ready: "Replicating servers" },
  { name: "settings", path: () => "/settings", ready: "External id" },
  { name: "components", path: () => "/components", ready: "server-00000" },
  { name: "not-found", path: () => "/no/such/page", ready: "There is no such page" },
];

/** The same pages once something ran, and those of single things that ran: `live` in `estate.mjs` made them. */
export const LIVED = [
  { name: "getting-started", path: () => "/getting-started", ready: "every check passed" },
  { name: "recovery-plan", path: (made) => `/recovery-plans/${made.plan}`, ready: "Executions (2)" },
  { name: "executions", path: () => "/executions", ready: "Completed" },
  { name: "execution", path: (made) => `/executions/${made.execution}`, ready: "Job log" },
  { name: "failover-sessions", path: () => "/failover-sessions", ready: "fleet" },
  { name: "failover-session", path: (made) => `/failover-sessions/${made.session}`, ready: "Servers (24)" },
  { name: "failback", path: (made) => `/failover-sessions/${made.session}/failback`, ready: "Review" },
  { name: "recovery-instances", path: () => "/recovery-instances", ready: "Running" },
  { name: "source-server", path: (made) => `/source-servers/${made.server}`, ready: "Disks" },
  { name: "agent-installation", path: (made) => `/agents/${made.installation}`, ready: "1 failed" },
];
