// Every page of the console, one line each: all are walked in both themes by axe-core, and pictured at two widths.
// `path` may use what `estate.mjs` made; `ready` is a text that stands on the page once it is complete.

export const PAGES = [
  { name: "dashboard", path: () => "/", ready: "Servers by replication state" },
  { name: "protection-groups", path: () => "/protection-groups", ready: "Tier=web" },
  { name: "protection-group", path: (made) => `/protection-groups/${made.groups.web}`, ready: "Private IP" },
  { name: "components", path: () => "/components", ready: "server-00000" },
  { name: "not-found", path: () => "/no/such/page", ready: "There is no such page" },
];
