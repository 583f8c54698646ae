//! The area migrations: the operations that need more than the generic engine.

use crate::resource::{Handler, Kind};

pub(super) const HANDLERS: &[(&str, Handler)] = &[];

pub(super) const KINDS: &[&dyn Kind] = &[];
