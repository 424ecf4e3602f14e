//! Components in the visual language of the AWS console: what they look like and how they behave, nothing of what
//! they are used for. One folder each, its style sheet beside it; `bundle` puts the style sheets together.

pub mod badge;
pub mod breadcrumbs;
pub mod browser;
pub mod button;
pub mod charts;
pub mod container;
pub mod faces;
pub mod flashbar;
pub mod form;
pub mod key_value;
pub mod modal;
pub mod navigation;
pub mod progress;
pub mod status_indicator;
pub mod table;
pub mod tabs;
pub mod wizard;

pub use crate::badge::{Badge, BadgeColour};
pub use crate::breadcrumbs::{Breadcrumbs, Crumb};
pub use crate::button::{Button, ButtonKind, LinkButton};
pub use crate::container::{Container, PageHeader};
pub use crate::faces::{Empty, ErrorPanel, Finding, Loading, Problem, Stale};
pub use crate::flashbar::{Flash, FlashKind, Flashbar, Flashes, use_flashes};
pub use crate::form::{Checkbox, Choice, FormField, Input, InputKind, Select, Textarea};
pub use crate::key_value::{KeyValue, Pair};
pub use crate::modal::{Confirm, Modal};
pub use crate::navigation::{NavItem, NavSection, SideNavigation, TopNavigation, narrow_sign};
pub use crate::progress::Progress;
pub use crate::status_indicator::{Status, StatusIndicator};
pub use crate::table::{Column, SortKey, Table};
pub use crate::tabs::{Tab, Tabs};
pub use crate::wizard::{Wizard, WizardStep};
