//! What a change of the contract is told as: mutations of the real contract, with all that is
//! reported of each and whom that harms.

mod calls;
mod fields;
mod nothing;
mod places;
mod support;
