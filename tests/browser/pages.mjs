// Every page of the console, one line each: all are walked in both themes by axe-core, and pictured at two widths.
// `path` may use what `estate.mjs` made; `ready` is a text that stands on the page once it is complete.

export const PAGES = [
  { name: "dashboard", path: () => "/", ready: "Servers by replication state" },
  { name: "getting-started", path: () => "/getting-started", ready: "every check passed" },
  { name: "protection-groups", path: () => "/protection-groups", ready: "Tier=web" },
  { name: "protection-group", path: (made) => `/protection-groups/${made.groups.web}`, ready: "Private IP" },
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
