//! Scripts that run on machines as root or as administrator.

use dr_model::ids::{AccountId, Region};
use dr_model::server::Platform;

const LINUX_FOLDER: &str = "/var/lib/aws-replication-agent";
const WINDOWS_FOLDER: &str = r"C:\Program Files (x86)\AWS Replication Agent";

/// Stops and removes the agent, then restarts the machine a minute later, so that SSM still hears how this ended. The
/// agent's folder is left alone: the driver is in use until the restart. Requirement 001, 2.2 and 2.3.
#[must_use]
pub fn uninstall(platform: Platform) -> Vec<String> {
    let lines: Vec<String> = match platform {
        Platform::Linux => vec![
            format!(
                "if [ -x {LINUX_FOLDER}/stopAgent.sh ]; then {LINUX_FOLDER}/stopAgent.sh || true; fi"
            ),
            format!(
                "if [ -x {LINUX_FOLDER}/uninstall_agent_linux.sh ]; then {LINUX_FOLDER}/uninstall_agent_linux.sh || exit 1; fi"
            ),
            "shutdown -r +1".into(),
        ],
        // The uninstaller removes the folder that it is run from, so it is run from a copy.
        Platform::Windows => vec![
            format!("$agent = '{WINDOWS_FOLDER}'"),
            "$copy = Join-Path $env:TEMP 'aws-replication-agent-dist'".into(),
            r#"if (Test-Path "$agent\stopAgent.bat") { & "$agent\stopAgent.bat" }"#.into(),
            r#"if (Test-Path "$agent\dist\install_agent_windows.exe") {"#.into(),
            "if (Test-Path $copy) { Remove-Item -Path $copy -Recurse -Force }".into(),
            r#"Copy-Item -Path "$agent\dist" -Destination $copy -Recurse -Force"#.into(),
            "Set-Location $copy".into(),
            r#"& "$copy\install_agent_windows.exe" --remove"#.into(),
            "if ($LASTEXITCODE -ne 0) { exit 1 }".into(),
            "}".into(),
            "shutdown /r /t 60".into(),
        ],
    };
    lines
}

/// Downloads the installer, checks it against the hash that AWS publishes beside it, and runs it towards another
/// account. AWS's own document knows no account; the installer does. The other account must trust this one, with the
/// roles for failback and in-AWS right-sizing, and the machine's profile needs
/// `AWSElasticDisasterRecoveryEc2InstancePolicy`.
#[must_use]
pub fn install(
    platform: Platform,
    region: &Region,
    account: &AccountId,
    tags: &[String],
) -> Vec<String> {
    let bucket = |kind: &str, path: &str| {
        format!(
            "https://aws-elastic-disaster-recovery-{kind}{region}.s3.{region}.amazonaws.com/latest/{path}"
        )
    };
    let tags = match (tags, platform) {
        ([], _) => String::new(),
        (tags, _) => tags
            .iter()
            .fold(" --tags".to_owned(), |line, tag| format!("{line} '{tag}'")),
    };
    let options = format!("--no-prompt --region {region} --account-id {account}{tags}");
    match platform {
        Platform::Linux => {
            let name = "aws-replication-installer-init";
            let path = format!("linux/{name}");
            let hash = format!("{path}.sha512");
            vec![
                "folder=$(mktemp -d) || exit 1".into(),
                r#"cd "$folder" || exit 1"#.into(),
                format!("curl -fsS -o {name} {} || exit 1", bucket("", &path)),
                format!(
                    "curl -fsS -o {name}.sha512 {} || exit 1",
                    bucket("hashes-", &hash)
                ),
                format!(r#"printf '%s  %s\n' "$(cat {name}.sha512)" {name} > sums"#),
                "sha512sum -c sums || exit 1".into(),
                format!("chmod +x {name}"),
                format!("./{name} {options}"),
                "result=$?".into(),
                r#"cd / && rm -rf "$folder""#.into(),
                "exit $result".into(),
            ]
        }
        Platform::Windows => {
            let name = "AwsReplicationWindowsInstaller.exe";
            let path = format!("windows/{name}");
            let hash = format!("{path}.sha512");
            vec![
                "$ErrorActionPreference = 'Stop'".into(),
                "[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12".into(),
                "$folder = New-Item -ItemType Directory -Path (Join-Path $env:TEMP ([Guid]::NewGuid()))".into(),
                "Set-Location $folder".into(),
                "$web = New-Object System.Net.WebClient".into(),
                format!(r#"$web.DownloadFile('{}', "$folder\{name}")"#, bucket("", &path)),
                format!(r#"$web.DownloadFile('{}', "$folder\{name}.sha512")"#, bucket("hashes-", &hash)),
                format!(r"$wanted = (Get-Content .\{name}.sha512).Trim()"),
                format!(r"$found = (Get-FileHash -Algorithm SHA512 -Path .\{name}).Hash"),
                "if ($found -ne $wanted) { Write-Error 'The hash of the installer is wrong' }".into(),
                format!(r"& .\{name} {options}"),
                "exit $LASTEXITCODE".into(),
            ]
        }
    }
}
