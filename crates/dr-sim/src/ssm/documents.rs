//! The documents that are known, all of them AWS's own: their parameters and platforms.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::wire::aws_json;

/// Parameters of a command: every value is a list.
pub type Parameters = BTreeMap<String, Vec<String>>;

/// Installs the replication agent.
pub const INSTALL: &str = "AWSDisasterRecovery-InstallDRAgentOnInstance";
/// Runs a shell script.
pub const SHELL: &str = "AWS-RunShellScript";
/// Runs a PowerShell script.
pub const POWERSHELL: &str = "AWS-RunPowerShellScript";

/// Seconds that a document may run where nothing else is said (AWS-RunShellScript's default).
const EXECUTION_SECONDS: u32 = 3_600;

/// A parameter of a document; one without default must be given.
struct Parameter {
    name: &'static str,
    list: bool,
    default: Option<&'static str>,
    description: &'static str,
}

/// A document.
pub(super) struct Document {
    pub(super) name: &'static str,
    description: &'static str,
    version: &'static str,
    platforms: &'static [&'static str],
    parameters: &'static [Parameter],
}

const SCRIPT_PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "commands",
        list: true,
        default: None,
        description: "(Required) The commands to run.",
    },
    Parameter {
        name: "workingDirectory",
        list: false,
        default: Some(""),
        description: "(Optional) The path of the working directory on the instance.",
    },
    Parameter {
        name: "executionTimeout",
        list: false,
        default: Some("3600"),
        description: "(Optional) Seconds after which a command is considered to have failed.",
    },
];

/// The real document takes a Region and tags and nothing else: it installs into the account of
/// the machine. Another account is reached with the installer's own `--account-id`.
const INSTALL_PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "Region",
        list: false,
        default: None,
        description: "(Required) The Region to replicate into.",
    },
    Parameter {
        name: "Tags",
        list: false,
        default: Some(""),
        description: "(Optional) Tags for the source server.",
    },
];

const DOCUMENTS: &[Document] = &[
    Document {
        name: INSTALL,
        description: "Installs the AWS Replication Agent on the instance.",
        version: "13",
        platforms: &["Windows", "Linux"],
        parameters: INSTALL_PARAMETERS,
    },
    Document {
        name: SHELL,
        description: "Run a shell script or specify the commands to run.",
        version: "1",
        platforms: &["Linux", "MacOS"],
        parameters: SCRIPT_PARAMETERS,
    },
    Document {
        name: POWERSHELL,
        description: "Run a PowerShell script or specify the paths to scripts to run.",
        version: "1",
        platforms: &["Windows", "Linux", "MacOS"],
        parameters: SCRIPT_PARAMETERS,
    },
];

/// The document of this name or ARN, in a version that exists.
///
/// # Errors
/// `InvalidDocument`, `InvalidDocumentVersion`.
pub(super) fn find(name: &str, version: Option<&str>) -> ServiceResult<&'static Document> {
    let bare = match name.rsplit_once(":document/") {
        Some((_, bare)) => bare,
        None => name,
    };
    let found = DOCUMENTS.iter().find(|document| document.name == bare);
    let document = found.ok_or_else(|| {
        ServiceError::new(
            400,
            "InvalidDocument",
            format!("Document with name {name} does not exist."),
        )
    })?;
    match version {
        None | Some("$DEFAULT" | "$LATEST") => Ok(document),
        Some(given) if given == document.version => Ok(document),
        Some(given) => Err(ServiceError::new(
            400,
            "InvalidDocumentVersion",
            format!("Document {bare} has no version {given}."),
        )),
    }
}

/// Name of the plugin that a document runs on a machine.
pub(super) fn plugin(document: &str, windows: bool) -> &'static str {
    if document == POWERSHELL || (document == INSTALL && windows) {
        "aws:runPowerShellScript"
    } else {
        "aws:runShellScript"
    }
}

/// Seconds that a script may run: its `executionTimeout`.
pub(super) fn execution_seconds(parameters: &Parameters) -> u32 {
    let given = parameters.get("executionTimeout").and_then(|v| v.first());
    given
        .and_then(|text| text.parse().ok())
        .unwrap_or(EXECUTION_SECONDS)
}

fn bad(message: String) -> ServiceError {
    ServiceError::new(400, "InvalidParameters", message)
}

impl Document {
    /// Whether it runs on this platform.
    pub(super) fn runs_on(&self, windows: bool) -> bool {
        self.platforms
            .contains(if windows { &"Windows" } else { &"Linux" })
    }

    /// Checks what a command gives it.
    ///
    /// # Errors
    /// `InvalidParameters` that names the parameter.
    pub(super) fn check(&self, given: &Parameters) -> ServiceResult<()> {
        let unknown = given
            .keys()
            .find(|name| self.parameters.iter().all(|p| p.name != name.as_str()));
        if let Some(name) = unknown {
            return Err(bad(format!(
                "Parameter {name} is not defined in document {}.",
                self.name
            )));
        }
        for parameter in self.parameters {
            let values = given.get(parameter.name);
            if parameter.default.is_none() && values.is_none_or(Vec::is_empty) {
                return Err(bad(format!("Parameter {} is missing.", parameter.name)));
            }
            if !parameter.list && values.is_some_and(|values| values.len() > 1) {
                return Err(bad(format!(
                    "Parameter {} takes one value.",
                    parameter.name
                )));
            }
        }
        let one = |name: &str| given.get(name).and_then(|values| values.first());
        if let Some(region) = one("Region").filter(|region| !is_region(region)) {
            return Err(bad(format!("Parameter Region: {region} is no Region.")));
        }
        let limit = one("executionTimeout");
        // AWS-RunShellScript's own pattern: 1 to 172,800 seconds.
        let in_range = |text: &String| matches!(text.parse::<u32>(), Ok(1..=172_800));
        if let Some(text) = limit.filter(|text| !in_range(text)) {
            return Err(bad(format!(
                "Parameter executionTimeout: {text} is not between 1 and 172800."
            )));
        }
        Ok(())
    }
}

/// `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| part.chars().all(|c| c.is_ascii_lowercase()) && !part.is_empty();
    match parts.split_last() {
        Some((number, words)) if words.len() >= 2 => {
            words.iter().all(letters) && matches!(number.parse::<u8>(), Ok(1..=9))
        }
        _ => false,
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    name: Option<String>,
    document_version: Option<String>,
}

/// `DescribeDocument`.
pub(super) fn describe(call: &Call) -> ServiceResult<Map<String, Value>> {
    let request: Request = aws_json::parse(call)?;
    let name = request
        .name
        .ok_or_else(|| ServiceError::validation("Name is missing"))?;
    let document = find(&name, request.document_version.as_deref())?;
    let parameters: Vec<Value> = document
        .parameters
        .iter()
        .map(|parameter| {
            let mut shown = json!({
                "Name": parameter.name,
                "Type": if parameter.list { "StringList" } else { "String" },
                "Description": parameter.description,
            });
            if let Some(default) = parameter.default {
                shown["DefaultValue"] = json!(default);
            }
            shown
        })
        .collect();
    let hash = Sha256::digest(document.name)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
    let shown = json!({
        "Hash": hash,
        "HashType": "Sha256",
        "Name": document.name,
        "Owner": "Amazon",
        // 2023-01-01T00:00:00Z
        "CreatedDate": 1_672_531_200,
        "Status": "Active",
        "DocumentVersion": document.version,
        "Description": document.description,
        "Parameters": parameters,
        "PlatformTypes": document.platforms,
        "DocumentType": "Command",
        "SchemaVersion": "2.2",
        "LatestVersion": document.version,
        "DefaultVersion": document.version,
        "DocumentFormat": "JSON",
        "Tags": [],
    });
    Ok(Map::from_iter([("Document".to_owned(), shown)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(list: &[(&str, &[&str])]) -> Parameters {
        list.iter()
            .map(|(name, values)| {
                let values = values.iter().map(|v| (*v).to_owned()).collect();
                ((*name).to_owned(), values)
            })
            .collect()
    }

    #[test]
    fn the_install_document_needs_a_region_and_knows_no_account() {
        let document = find(INSTALL, None).unwrap();
        let refused = |list: &[(&str, &[&str])]| {
            let error = document.check(&given(list)).unwrap_err();
            assert_eq!(error.code, "InvalidParameters");
            error.message
        };
        assert!(
            document
                .check(&given(&[("Region", &["us-west-2"])]))
                .is_ok()
        );
        assert!(refused(&[]).contains("Region"));
        assert!(refused(&[("Region", &["the-moon"])]).contains("the-moon"));
        assert!(refused(&[("Region", &["us-west-2", "us-east-1"])]).contains("one value"));
        let account = [("Region", &["us-west-2"][..]), ("AccountId", &["1"][..])];
        assert!(refused(&account).contains("AccountId"));
    }

    #[test]
    fn documents_are_found_by_name_and_arn_in_versions_that_exist() {
        assert!(
            find(
                "arn:aws:ssm:us-east-1::document/AWS-RunShellScript",
                Some("1")
            )
            .is_ok()
        );
        let code = |name, version| find(name, version).err().map(|e| e.code);
        assert_eq!(
            code("Nobodys-Document", None),
            Some("InvalidDocument".into())
        );
        assert_eq!(
            code(SHELL, Some("7")),
            Some("InvalidDocumentVersion".into())
        );
    }

    #[test]
    fn a_shell_script_does_not_run_on_windows() {
        assert!(!find(SHELL, None).unwrap().runs_on(true));
        assert!(find(INSTALL, None).unwrap().runs_on(true));
    }
}
