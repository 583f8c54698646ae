//! A fault: what the server does, what is called, and what the caller sees.

use pgbeam_tests::raw::Script;

use super::{call::Call, place::Place, want::Want};

/// A line of a table.
pub struct Fault {
    pub name: &'static str,
    pub place: Place,
    pub call: Call,
    /// Whether a good call comes first; the script begins with it.
    pub kept: Kept,
    pub script: Script,
    /// What the caller sees of one attempt.
    pub want: Want,
    /// How many requests the server receives in one attempt.
    pub received: usize,
    pub retry: Retry,
    /// The calls that the script fits.
    pub calls: Vec<Call>,
    /// Whether it is for the network to decide how the end of the connection is noticed.
    pub either_way: bool,
}

/// Whether the connection has served a call before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    No,
    /// It has, and the call follows at once.
    Yes,
    /// It has; what the script holds back happens then, and the call follows when all is over.
    Idle,
}

/// What follows when a retry is allowed, and the server would serve it well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It is made, and the call succeeds.
    Again,
    /// None is made: the call ends as it would without.
    Once,
    /// It is made, and fails as well: that server is none that a good call could be made to.
    InVain,
}

/// A fault of a new connection to a server that listens.
pub fn fault(
    name: &'static str,
    call: Call,
    script: Script,
    want: Want,
    received: usize,
    retry: Retry,
) -> Fault {
    let (place, kept, want) = (Place::Server, Kept::No, want.of(call));
    let calls = Call::ALL.to_vec();
    Fault {
        name,
        place,
        call,
        kept,
        script,
        want,
        received,
        retry,
        calls,
        either_way: false,
    }
}

/// A fault whose request is read whole and which `bytes` answer, after which the connection ends.
pub fn answered(
    name: &'static str,
    call: Call,
    bytes: impl Into<Vec<u8>>,
    want: Want,
    retry: Retry,
) -> Fault {
    fault(
        name,
        call,
        Script::new().request().send(bytes).finish(),
        want,
        1,
        retry,
    )
}

impl Fault {
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    pub fn either_way(mut self) -> Self {
        self.either_way = true;
        self
    }

    /// The script fits its call alone.
    pub fn only(mut self) -> Self {
        self.calls = vec![self.call];
        self
    }

    /// The script does not fit that call.
    pub fn except(mut self, call: Call) -> Self {
        self.calls.retain(|other| *other != call);
        self
    }

    pub fn kept(mut self, kept: Kept) -> Self {
        self.kept = kept;
        self
    }
}
