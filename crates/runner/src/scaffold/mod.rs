//! Writes files to start from: plugin projects and pipeline workspaces. Runs nothing and loads nothing.

mod folder;
mod name;
mod plugin;
mod sdk;
mod workspace;

pub use folder::Folder;
pub use name::check_name;
pub use plugin::{Kind, Language, Project};
pub use sdk::Sdk;
pub use workspace::{PIPELINE_FILE, ignored, rank, suits_any_text, workspace};
