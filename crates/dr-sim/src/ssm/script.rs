//! What a script does, as far as the simulated machine has it: it installs or removes the
//! replication agent, reboots, or looks around. Nothing is executed.

/// The installer that a script runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installer {
    /// `--region`.
    pub(super) region: String,
    /// `--account-id`: replicate into another account.
    pub(super) account: Option<String>,
}

/// A script, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// It removes the replication agent.
    pub(super) uninstalls: bool,
    /// It installs the replication agent.
    pub(super) installs: Option<Installer>,
    /// It reboots the machine.
    pub(super) reboots: bool,
    statements: Vec<String>,
}

/// Words before a command that do not say what it does.
const LEADING: [&str; 10] = [
    "sudo", "&", "if", "then", "else", "do", "exec", "nohup", "bash", "sh",
];
/// Commands that only name a file or say something.
const HARMLESS: [&str; 12] = [
    "test",
    "[",
    "[[",
    "ls",
    "stat",
    "echo",
    "rm",
    "Test-Path",
    "Write-Output",
    "Write-Host",
    "Remove-Item",
    "Get-Item",
];

/// Splits lines into statements; comments fall away.
fn statements(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .flat_map(|line| line.lines())
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            // `&` alone is PowerShell's way to call something.
            let line = line.replace("&&", ";");
            line.split([';', '|', '{', '}'])
                .map(|part| part.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// The words of a statement from its command on.
fn words(statement: &str) -> Vec<&str> {
    statement
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'', '(', ')']))
        .skip_while(|word| LEADING.contains(word))
        .collect()
}

fn option(words: &[&str], name: &str) -> Option<String> {
    let at = words.iter().position(|word| *word == name)?;
    words.get(at + 1).map(|value| (*value).to_owned())
}

/// Understands a script.
pub(super) fn read(lines: &[String]) -> Script {
    let mut script = Script {
        statements: statements(lines),
        ..Script::default()
    };
    for statement in &script.statements {
        let words = words(statement);
        let Some(first) = words.first() else { continue };
        if HARMLESS.contains(first) {
            continue;
        }
        let names = |file: &str| statement.contains(file);
        let removes = names("install_agent_windows.exe") && words.contains(&"--remove");
        if names("uninstall_agent_linux.sh") || names("uninstall_agent_windows.bat") || removes {
            script.uninstalls = true;
        }
        if (names("aws-replication-installer-init") || names("AwsReplicationWindowsInstaller.exe"))
            && let Some(region) = option(&words, "--region")
        {
            let account = option(&words, "--account-id");
            script.installs = Some(Installer { region, account });
        }
        let restart = *first == "shutdown" && (words.contains(&"-r") || words.contains(&"/r"));
        if *first == "Restart-Computer" || first.ends_with("reboot") || restart {
            script.reboots = true;
        }
    }
    script
}

impl Script {
    /// What the rest of it writes to standard output on the machine of this name.
    pub(super) fn output(&self, hostname: &str) -> String {
        let said: Vec<String> = self
            .statements
            .iter()
            .filter_map(|statement| said(statement, hostname))
            .collect();
        if said.is_empty() {
            return String::new();
        }
        said.join("\n") + "\n"
    }
}

/// What one statement writes; `None`: nothing.
fn said(statement: &str, hostname: &str) -> Option<String> {
    let words = words(statement);
    let last = || words.last().copied().unwrap_or_default();
    Some(match *words.first()? {
        "echo" | "Write-Output" | "Write-Host" => words.get(1..).unwrap_or_default().join(" "),
        "hostname" => hostname.to_owned(),
        "curl" | "Invoke-WebRequest" => "200".to_owned(),
        "systemctl" if words.contains(&"is-active") => "active".to_owned(),
        "nc" | "ncat" => {
            let from = words.len().saturating_sub(2);
            let target = words.get(from..).unwrap_or_default().join(":");
            format!("Ncat: Version 7.93 ( https://nmap.org/ncat )\nNcat: Connected to {target}.")
        }
        "Test-NetConnection" | "tnc" => {
            let host = option(&words, "-ComputerName").unwrap_or_default();
            let port = option(&words, "-Port").unwrap_or_else(|| last().to_owned());
            format!("ComputerName     : {host}\nRemotePort       : {port}\nTcpTestSucceeded : True")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_requirements_own_scripts_uninstall_and_reboot() {
        // Requirement 001 number 2.
        let linux = script(
            "sudo /var/lib/aws-replication-agent/stopAgent.sh\n\
             sudo /var/lib/aws-replication-agent/uninstall_agent_linux.sh\nsudo reboot",
        );
        assert!(linux.uninstalls && linux.reboots);
        let windows = script(
            "& \"C:\\Program Files (x86)\\AWS Replication Agent\\uninstall_agent_windows.bat\"\n\
             Restart-Computer -Force",
        );
        assert!(windows.uninstalls && windows.reboots);
        let dist = script("& \"C:\\dist\\install_agent_windows.exe\" --remove");
        assert!(dist.uninstalls && !dist.reboots);
    }

    #[test]
    fn looking_for_the_uninstaller_does_not_run_it() {
        assert!(
            !script("test -x /var/lib/aws-replication-agent/uninstall_agent_linux.sh").uninstalls
        );
        assert!(!script("# uninstall_agent_linux.sh\necho reboot").reboots);
        let both =
            script("if [ -f /x/uninstall_agent_linux.sh ]; then /x/uninstall_agent_linux.sh; fi");
        assert!(both.uninstalls);
        let windows = "if (Test-Path \"C:\\x\\uninstall_agent_windows.bat\") { Write-Output yes }";
        assert!(!script(windows).uninstalls);
    }

    #[test]
    fn the_installer_names_region_and_account() {
        let found = script(
            "sudo ./aws-replication-installer-init --region us-west-2 --account-id 444455556666 \
             --no-prompt",
        );
        let wanted = Installer {
            region: "us-west-2".to_owned(),
            account: Some("444455556666".to_owned()),
        };
        assert_eq!(found.installs, Some(wanted));
        let download =
            script("curl -o ./aws-replication-installer-init https://example.com/latest");
        assert_eq!(download.installs, None);
    }

    #[test]
    fn probes_say_what_such_commands_say() {
        let text = "true\nnc -zv 10.0.0.10 443\necho \"all well\"";
        let said = script(text).output("web-portal-01");
        assert!(said.contains("Connected to 10.0.0.10:443."), "{said}");
        assert!(said.ends_with("all well\n"), "{said}");
        let probe = "Test-NetConnection -ComputerName db -Port 1433";
        assert!(
            script(probe)
                .output("x")
                .contains("TcpTestSucceeded : True")
        );
    }
}
