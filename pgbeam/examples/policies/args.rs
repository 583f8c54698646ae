//! The command-line arguments. Their doc comments are the help texts of `--help`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Manage the policies of a PgBeam project from files
///
/// Reads the API key from PGBEAM_API_KEY and the URL of the API from PGBEAM_API_URL.
///
/// Exit codes: 0 for success, 1 for an error, 2 if `diff`, `plan` or `drift` found changes, a test failed,
/// `lint` found warnings or errors, or `preview` has findings. `--fail-on` selects the changes that cause exit
/// code 2.
#[derive(Parser)]
#[command(name = "policies")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// The format of the output
    #[arg(long, value_enum, global = true, default_value_t)]
    pub format: Format,
}

#[derive(Subcommand)]
pub enum Command {
    /// Report risky and contradictory settings of the policy files
    Lint(Folder),
    /// Show the changes from older files, or from the project, to the policy files
    Diff {
        #[command(flatten)]
        folder: Folder,
        /// The older files; if omitted, the policy files are compared with the project
        #[arg(long, value_name = "FILE-or-DIR", conflicts_with = "project")]
        against: Option<PathBuf>,
        /// The identifier of the project
        #[arg(long, value_name = "ID", required_unless_present = "against")]
        project: Option<String>,
        #[command(flatten)]
        prune: Prune,
        #[command(flatten)]
        fail_on: FailOnOption,
    },
    /// Show what `apply` would change
    Plan {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        project: Project,
        #[command(flatten)]
        prune: Prune,
        /// The file to which the plan is saved, for `apply --plan`
        #[arg(long, value_name = "PLAN")]
        out: Option<PathBuf>,
        #[command(flatten)]
        fail_on: FailOnOption,
    },
    /// Change the project so that it has the policies of the files
    Apply {
        /// The folder or file with the policies
        #[arg(value_name = "DIR", conflicts_with = "plan")]
        folder: Option<PathBuf>,
        /// The identifier of the project; with `--plan`, the default is the project of the plan
        #[arg(long, value_name = "ID", required_unless_present = "plan")]
        project: Option<String>,
        /// Also delete the profiles and templates of the project that the files lack
        #[arg(long, conflicts_with = "plan")]
        prune: bool,
        /// A plan that `plan --out` saved; a plan is refused if one of its resources has changed since
        #[arg(long, value_name = "PLAN")]
        plan: Option<PathBuf>,
    },
    /// Run the tests beside the policy files, offline or with the API
    Test {
        #[command(flatten)]
        folder: Folder,
        /// Evaluate the statements with the API, in the project with this identifier; if omitted, offline
        #[arg(long, value_name = "ID")]
        project: Option<String>,
    },
    /// Write the policies of the project to files
    Export {
        /// The folder to which the files are written; if omitted, one YAML document is printed
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
        #[command(flatten)]
        project: Project,
    },
    /// Report what somebody changed in the project, compared with the policy files
    Drift {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        project: Project,
        #[command(flatten)]
        prune: Prune,
        #[command(flatten)]
        fail_on: FailOnOption,
    },
    /// For each profile of the files, evaluate the recorded statements of the agents that use it
    Preview {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        project: Project,
    },
}

#[derive(Args)]
pub struct Folder {
    /// The folder or file with the policies
    #[arg(value_name = "DIR", default_value = ".")]
    pub path: PathBuf,
}

#[derive(Args)]
pub struct Project {
    /// The identifier of the project
    #[arg(long = "project", value_name = "ID")]
    pub id: String,
}

#[derive(Args)]
pub struct Prune {
    /// Include the profiles and templates of the project that the files lack
    ///
    /// `plan` and `diff` then show their deletion, and `drift` reports them.
    #[arg(long = "prune")]
    pub is_set: bool,
}

#[derive(Args)]
pub struct FailOnOption {
    /// The changes that cause exit code 2
    #[arg(long = "fail-on", value_enum, default_value_t)]
    pub changes: FailOn,
}

#[derive(Clone, Copy, Default, PartialEq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Markdown,
    Sarif,
    Junit,
    Github,
}

/// The changes that cause exit code 2.
#[derive(Clone, Copy, Default, PartialEq, ValueEnum)]
pub enum FailOn {
    /// Changes that are loosening, or whose effect is unknown
    Loosening,
    /// Every change
    #[default]
    Any,
    /// No change
    Never,
}
