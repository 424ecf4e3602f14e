//! Names as fleets really have them, and the slips people make when they type them again.
//! Shared by the benchmarks and the tests; seeded, so that every run sees the same estate.

/// SplitMix64: small, seeded and good enough to draw names with.
pub struct Dice(u64);

impl Dice {
    /// The same seed always rolls the same names.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const ENVIRONMENTS: [&str; 5] = ["prod", "prd", "stg", "uat", "dev"];
const APPLICATIONS: [&str; 40] = [
    "payments", "billing", "crm", "erp", "sap", "orders", "orderhub", "catalog", "search",
    "portal", "intranet", "mail", "auth", "ldap", "reports", "report", "ledger", "claims",
    "policy", "quotes", "shipping", "stock", "pricing", "loyalty", "fraud", "risk", "trading",
    "market", "hr", "payroll", "wiki", "build", "monitor", "backup", "files", "print", "gateway",
    "partner", "edge", "dwh",
];
const TIERS: [&str; 10] = [
    "web", "app", "api", "db", "cache", "mq", "batch", "etl", "fs", "dc",
];
const REGIONS: [&str; 4] = ["use1", "usw2", "euw1", "apse2"];

/// `count` different names of one estate: several naming schemes, most names in families that
/// differ by a digit or two (`prod-crm-web01`, `prod-crm-web02`, ...), as real fleets do.
pub fn fleet(count: usize, dice: &mut Dice) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let environment = dice.pick(&ENVIRONMENTS);
        let application = dice.pick(&APPLICATIONS);
        let tier = dice.pick(&TIERS);
        let region = dice.pick(&REGIONS);
        let scheme = dice.below(10);
        let members = 1 + dice.below(12);
        for number in 1..=members {
            let name = match scheme {
                0..=3 => format!("{environment}-{application}-{tier}{number:02}"),
                4..=5 => format!("{application}-{tier}-{environment}-{number:03}"),
                6..=7 => format!("{region}-{environment}-{application}-{tier}-{number:02}"),
                8 => format!("{application}{tier}{number:02}.{environment}.example.com"),
                _ => format!(
                    "{} {} {number}",
                    application.to_uppercase(),
                    tier.to_uppercase()
                ),
            };
            if names.len() < count && seen.insert(name.to_lowercase()) {
                names.push(name);
            }
        }
    }
    names
}

/// The same names retyped: `percent` of them with a slip (70% one edit, 25% two, 5% three; an edit
/// is a wrong, missing, extra or swapped character), the others unchanged. No two come out equal.
pub fn retyped(names: &[String], percent: usize, dice: &mut Dice) -> Vec<String> {
    let mut seen: std::collections::HashSet<String> = std::collections::HashSet::new();
    let mut out = Vec::with_capacity(names.len());
    let originals: std::collections::HashSet<String> =
        names.iter().map(|name| name.to_lowercase()).collect();
    for name in names {
        let slips = dice.below(100) < percent;
        loop {
            let mut text = name.clone();
            if slips {
                let edits = match dice.below(100) {
                    0..70 => 1,
                    70..95 => 2,
                    _ => 3,
                };
                for _ in 0..edits {
                    text = slip(&text, dice);
                }
            }
            let folded = text.to_lowercase();
            // A slip that lands on another machine's name would be an exact match: count it out.
            if slips && (originals.contains(&folded) || folded.trim() != folded) {
                continue;
            }
            if seen.insert(folded) {
                out.push(text);
                break;
            }
        }
    }
    out
}

fn slip(name: &str, dice: &mut Dice) -> String {
    const KEYS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";
    let mut letters: Vec<char> = name.chars().collect();
    let at = dice.below(letters.len());
    let key = char::from(KEYS[dice.below(KEYS.len())]);
    match dice.below(4) {
        0 => letters[at] = key,
        1 => letters.insert(at, key),
        2 if letters.len() > 2 => {
            letters.remove(at);
        }
        _ if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.push(key),
    }
    letters.into_iter().collect()
}
