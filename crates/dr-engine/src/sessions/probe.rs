//! Health probes as scripts: one per platform, all probes in it. It ends with 0 when every probe passes, and names on
//! standard error those that do not. Pure.

use std::collections::BTreeMap;

use dr_model::session::Probe;

/// Seconds that one probe may take.
const PROBE_SECONDS: u32 = 10;
/// Seconds that all of them may take together, on one instance.
const SCRIPT_SECONDS: u32 = 240;

/// AWS's document that runs a script.
pub(crate) fn document(is_windows: bool) -> &'static str {
    if is_windows {
        "AWS-RunPowerShellScript"
    } else {
        "AWS-RunShellScript"
    }
}

/// Its parameters.
pub(crate) fn parameters(probes: &[Probe], is_windows: bool) -> BTreeMap<String, Vec<String>> {
    let commands = if is_windows {
        power_shell(probes)
    } else {
        shell(probes)
    };
    BTreeMap::from([
        ("commands".to_owned(), commands),
        (
            "executionTimeout".to_owned(),
            vec![SCRIPT_SECONDS.to_string()],
        ),
    ])
}

/// What a probe is, for a person.
fn title(probe: &Probe) -> String {
    match probe {
        Probe::Http { url } => format!("GET {url}"),
        Probe::Tcp { host, port } => format!("TCP {host}:{port}"),
        Probe::Command { line } => line.clone(),
    }
}

/// A word that a shell takes as it is.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A word that PowerShell takes as it is. It takes curly quotes for straight ones.
fn power_shell_quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

fn shell(probes: &[Probe]) -> Vec<String> {
    let mut lines = vec!["failed=0".to_owned()];
    for probe in probes {
        let test = match probe {
            Probe::Http { url } => format!(
                "curl --fail --silent --show-error --location --max-time {PROBE_SECONDS} --output /dev/null -- {}",
                shell_quoted(url)
            ),
            Probe::Tcp { host, port } => format!(
                "timeout {PROBE_SECONDS} bash -c 'exec 3<>\"/dev/tcp/$0/$1\"' {} {port}",
                shell_quoted(host)
            ),
            Probe::Command { line } => format!("sh -c {}", shell_quoted(line)),
        };
        let title = shell_quoted(&format!("failed: {}", title(probe)));
        lines.push(format!("{test} || {{ echo {title} >&2; failed=1; }}"));
    }
    lines.push("exit $failed".to_owned());
    lines
}

fn power_shell(probes: &[Probe]) -> Vec<String> {
    let mut lines = vec!["$failed = 0".to_owned()];
    for probe in probes {
        let test = match probe {
            Probe::Http { url } => format!(
                "$answer = Invoke-WebRequest -UseBasicParsing -TimeoutSec {PROBE_SECONDS} -Uri {}; if ([int]$answer.StatusCode -ge 300) {{ throw \"status $($answer.StatusCode)\" }}",
                power_shell_quoted(url)
            ),
            Probe::Tcp { host, port } => format!(
                "if (-not (New-Object Net.Sockets.TcpClient).ConnectAsync({}, {port}).Wait({PROBE_SECONDS}000)) {{ throw 'no answer' }}",
                power_shell_quoted(host)
            ),
            Probe::Command { line } => format!(
                "$global:LASTEXITCODE = 0; Invoke-Expression {}; if ($LASTEXITCODE -ne 0) {{ throw \"exit code $LASTEXITCODE\" }}",
                power_shell_quoted(line)
            ),
        };
        let title = power_shell_quoted(&format!("failed: {}", title(probe)));
        lines.push(format!(
            "try {{ $ErrorActionPreference = 'Stop'; {test} }} catch {{ [Console]::Error.WriteLine({title} + ': ' + $_); $failed = 1 }}"
        ));
    }
    lines.push("exit $failed".to_owned());
    lines
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
