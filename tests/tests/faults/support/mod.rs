//! What the tables are made of, and what goes through them.

mod call;
mod fault;
mod place;
mod run;
mod want;

pub use self::{
    call::{Call, Call::*, PROFILE},
    fault::{Fault, Kept, Retry::*, answered, fault},
    place::{Lookup, Place},
    run::{LARGEST, alone, with_a_retry, with_every_call},
    want::{
        CUT, ENDED, RESET, api, beyond_budget, broken, connecting_late, cut, good, late,
        late_within, unconnected, unknown, unknown_of_write, unread,
    },
};
