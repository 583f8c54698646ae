//! The impact of a change on API clients.

use serde::Serialize;

/// How a change affects a group of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    None,
    /// Nothing fails, but the behavior changes or support will end.
    Notice,
    /// Breaks clients that rely on more than the contract promises.
    MayBreak,
    Breaks,
}

/// The impact of a change, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The impact on code that uses this SDK: a released version, or one generated from the new
    /// contract.
    pub sdk: Impact,
    /// The impact on other API clients.
    pub api: Impact,
    /// One or two sentences.
    pub reason: String,
}

impl Verdict {
    /// Returns the severity of the change.
    pub fn severity(&self) -> Severity {
        use Impact::{Breaks, MayBreak, None};
        match (self.sdk, self.api) {
            (Breaks, Breaks) => Severity::BreaksAll,
            (_, Breaks) => Severity::BreaksApi,
            (Breaks, _) => Severity::BreaksSdk,
            (MayBreak, _) | (_, MayBreak) => Severity::MayBreak,
            (None, None) => Severity::Compatible,
            _ => Severity::Notice,
        }
    }
}

/// Groups the changes of a report. The most severe comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Breaks users of this SDK and other API clients.
    BreaksAll,
    /// Breaks other API clients only.
    BreaksApi,
    /// Breaks users of this SDK only.
    BreaksSdk,
    MayBreak,
    Notice,
    Compatible,
}

impl Severity {
    pub const ALL: [Self; 6] = [
        Self::BreaksAll,
        Self::BreaksApi,
        Self::BreaksSdk,
        Self::MayBreak,
        Self::Notice,
        Self::Compatible,
    ];

    /// Returns the heading of the group.
    pub fn heading(self) -> &'static str {
        match self {
            Self::BreaksAll => "Breaks users of this SDK and other API clients",
            Self::BreaksApi => "Breaks other API clients, but not users of this SDK",
            Self::BreaksSdk => "Breaks users of this SDK only",
            Self::MayBreak => "May break clients",
            Self::Notice => "Breaks no client, but changes behavior",
            Self::Compatible => "Compatible",
        }
    }

    /// Returns the label that follows a number of changes in the summary.
    pub fn summary(self) -> &'static str {
        match self {
            Self::BreaksAll => "breaking for all clients",
            Self::BreaksApi => "breaking for other API clients",
            Self::BreaksSdk => "breaking for this SDK only",
            Self::MayBreak => "possibly breaking",
            Self::Notice => "changing behavior",
            Self::Compatible => "compatible",
        }
    }

    /// Whether the change breaks clients that rely only on what the contract promises.
    pub fn is_breaking(self) -> bool {
        matches!(self, Self::BreaksAll | Self::BreaksApi | Self::BreaksSdk)
    }
}
