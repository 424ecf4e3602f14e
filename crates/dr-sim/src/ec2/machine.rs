//! What a machine is made of: architecture, platform, boot mode.

use serde::{Deserialize, Serialize};

/// Processor architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// EC2's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Reads EC2's word; anything but `arm64` is the usual architecture.
    #[must_use]
    pub fn read(word: &str) -> Self {
        if word == "arm64" {
            Self::Arm64
        } else {
            Self::X86_64
        }
    }
}

/// Operating system family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// Any Linux.
    Linux,
    /// Any Windows Server.
    Windows,
}

impl Platform {
    /// The word of `platformDetails`.
    #[must_use]
    pub fn details(self) -> &'static str {
        match self {
            Self::Linux => "Linux/UNIX",
            Self::Windows => "Windows",
        }
    }
}

/// How a machine boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BootMode {
    /// BIOS.
    LegacyBios,
    /// UEFI only.
    Uefi,
    /// UEFI where the instance type can, BIOS elsewhere.
    UefiPreferred,
}

impl BootMode {
    /// EC2's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::LegacyBios => "legacy-bios",
            Self::Uefi => "uefi",
            Self::UefiPreferred => "uefi-preferred",
        }
    }

    /// Reads EC2's word; anything unknown boots by BIOS.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "uefi" => Self::Uefi,
            "uefi-preferred" => Self::UefiPreferred,
            _ => Self::LegacyBios,
        }
    }

    /// What an instance with this setting runs as on current instance types.
    #[must_use]
    pub fn current(self) -> &'static str {
        match self {
            Self::LegacyBios => "legacy-bios",
            Self::Uefi | Self::UefiPreferred => "uefi",
        }
    }
}

/// What a source needs and a target offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor architecture.
    pub architecture: Architecture,
    /// Operating system family.
    pub platform: Platform,
    /// Boot mode.
    pub boot_mode: BootMode,
}

impl Default for Machine {
    /// The usual server: Linux on `x86_64` that boots by BIOS.
    fn default() -> Self {
        Self {
            architecture: Architecture::X86_64,
            platform: Platform::Linux,
            boot_mode: BootMode::LegacyBios,
        }
    }
}
