//! How a change of the contract affects users of this SDK and other API clients.

use serde::Serialize;

/// How a change affects one group of clients: users of this SDK, or other API clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    None,
    /// Changes behavior, or deprecates a part of the contract. Only clients that use rare values or
    /// fields can break.
    Notice,
    /// Breaks only some clients, for example clients that reject unknown enum values.
    MayBreak,
    Breaks,
}

/// The impact of a change on users of this SDK and on other API clients, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The impact on code that uses this SDK: the impact with a released version, or with the
    /// version that is generated from the new contract, whichever is greater.
    pub sdk: Impact,
    /// The impact on other API clients.
    pub api: Impact,
    /// The reason that reports show, in one or more sentences.
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

/// The severity of a change, derived from the impacts on users of this SDK and on other API clients.
/// Reports group changes by severity. The variants are ordered from the most severe to the least
/// severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Breaks users of this SDK and other API clients.
    BreaksAll,
    /// Breaks other API clients. The impact on users of this SDK is below [`Impact::Breaks`].
    BreaksApi,
    /// Breaks users of this SDK. The impact on other API clients is below [`Impact::Breaks`].
    BreaksSdk,
    MayBreak,
    /// Changes behavior, or deprecates a part of the contract. See [`Impact::Notice`].
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

    /// Returns the heading under which a report lists changes with this severity.
    pub fn heading(self) -> &'static str {
        match self {
            Self::BreaksAll => "Breaks users of this SDK and other API clients",
            Self::BreaksApi => "Breaks other API clients, but not users of this SDK",
            Self::BreaksSdk => "Breaks users of this SDK only",
            Self::MayBreak => "May break clients",
            Self::Notice => "Changes behavior, or deprecates something",
            Self::Compatible => "Compatible",
        }
    }

    /// Returns the words that follow the number of changes in a summary, such as `possibly
    /// breaking` in `2 possibly breaking`.
    pub fn summary(self) -> &'static str {
        match self {
            Self::BreaksAll => "breaking for all clients",
            Self::BreaksApi => "breaking for other API clients",
            Self::BreaksSdk => "breaking for this SDK only",
            Self::MayBreak => "possibly breaking",
            Self::Notice => "changing behavior or deprecating",
            Self::Compatible => "compatible",
        }
    }

    /// Returns `true` if the change breaks users of this SDK, other API clients, or both.
    pub fn is_breaking(self) -> bool {
        matches!(self, Self::BreaksAll | Self::BreaksApi | Self::BreaksSdk)
    }
}
