//! Whom a change harms, and how that is sorted.

use serde::Serialize;

/// How much a change harms somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    None,
    /// Nothing fails, but what happens is not what happened before, or will not last.
    Notice,
    /// It breaks those who rely on more than the contract promises.
    MayBreak,
    Breaks,
}

/// Whom a change harms, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Code that uses this SDK: as it is released, or when it is built with an SDK that is
    /// generated from the new contract.
    pub sdk: Harm,
    /// Any other client of the API.
    pub api: Harm,
    /// A sentence or two.
    pub why: String,
}

impl Verdict {
    /// Under which heading it stands.
    pub fn class(&self) -> Class {
        use Harm::{Breaks, MayBreak, None};
        match (self.sdk, self.api) {
            (Breaks, Breaks) => Class::Everybody,
            (_, Breaks) => Class::ApiOnly,
            (Breaks, _) => Class::SdkOnly,
            (MayBreak, _) | (_, MayBreak) => Class::Perhaps,
            (None, None) => Class::Nobody,
            _ => Class::Notice,
        }
    }
}

/// How changes are sorted: the most harmful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Everybody,
    ApiOnly,
    SdkOnly,
    Perhaps,
    Notice,
    Nobody,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Everybody,
        Self::ApiOnly,
        Self::SdkOnly,
        Self::Perhaps,
        Self::Notice,
        Self::Nobody,
    ];

    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Everybody => "Breaks callers of this SDK and all others",
            Self::ApiOnly => "Breaks callers of the API, but not of this SDK",
            Self::SdkOnly => "Breaks callers of this SDK only",
            Self::Perhaps => "May break callers",
            Self::Notice => "Breaks nobody, but is to be noticed",
            Self::Nobody => "Breaks nobody",
        }
    }

    /// The words that follow a number of changes.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Everybody => "break everybody",
            Self::ApiOnly => "break other callers of the API",
            Self::SdkOnly => "break this SDK only",
            Self::Perhaps => "may break callers",
            Self::Notice => "to be noticed",
            Self::Nobody => "break nobody",
        }
    }

    /// Whether it breaks somebody who relies on no more than the contract promises.
    pub fn is_breaking(self) -> bool {
        matches!(self, Self::Everybody | Self::ApiOnly | Self::SdkOnly)
    }
}
