//! `TokenHistory`: detects a server that returns page tokens in a cycle, in constant memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

/// The maximum number of remembered tokens.
const CAPACITY: usize = 1024;

/// The tokens of the pages that were requested so far. If there are at most 1024 tokens, all are remembered.
/// If there are more, a sample of 512 to 1024 tokens is remembered.
///
/// A cycle within the first 1024 pages is detected as soon as a token occurs for the second time. In a longer
/// list, a cycle may be detected later: its pages may be requested several times until a remembered token
/// occurs again.
pub(super) struct TokenHistory {
    hasher: RandomState,
    /// Maps the hash of each remembered token to the number of tokens before this token. The hash is stored
    /// instead of the token, because a token can be long.
    positions: HashMap<u64, u64>,
    /// The number of tokens so far.
    len: u64,
    /// Only tokens whose position is a multiple of the stride are remembered.
    stride: u64,
}

impl TokenHistory {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            positions: HashMap::new(),
            len: 0,
            stride: 1,
        }
    }

    /// Adds the token of the next page. Returns `false` if the token is already remembered: the list has a
    /// cycle.
    pub(super) fn insert(&mut self, token: &str) -> bool {
        let hash = self.hasher.hash_one(token);
        if self.positions.contains_key(&hash) {
            return false;
        }
        if self.len.is_multiple_of(self.stride) {
            self.positions.insert(hash, self.len);
        }
        self.len += 1;
        if self.positions.len() > CAPACITY {
            self.stride *= 2;
            let stride = self.stride;
            self.positions
                .retain(|_, position| position.is_multiple_of(stride));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds the tokens of `before` pages, and then repeats the tokens of a cycle of `cycle` pages until the
    /// cycle is detected. Returns the number of tokens before the detection, and the maximum number of
    /// remembered tokens.
    fn detect(before: u64, cycle: u64) -> (u64, usize) {
        let mut history = TokenHistory::new();
        let mut remembered = 0;
        for n in 0.. {
            let token = if n < before {
                n
            } else {
                before + (n - before) % cycle
            };
            if !history.insert(&token.to_string()) {
                return (n, remembered);
            }
            remembered = remembered.max(history.positions.len());
            assert!(n < 8 * (before + cycle), "not detected");
        }
        unreachable!()
    }

    #[test]
    fn detects_a_cycle_in_a_short_list_at_its_first_repeated_token() {
        for (before, cycle) in [(0, 1), (0, 2), (1, 1), (3, 5), (0, 1024), (1000, 24)] {
            assert_eq!(detect(before, cycle).0, before + cycle, "{before} {cycle}");
        }
    }

    #[test]
    fn detects_a_cycle_in_a_long_list_in_constant_memory() {
        for (before, cycle) in [(0, 5_000), (100_000, 1), (100_000, 7), (3_000, 100_000)] {
            let (detected, remembered) = detect(before, cycle);
            assert!(
                detected < 4 * (before + cycle),
                "{before} {cycle}: {detected}"
            );
            assert!(remembered <= CAPACITY, "{remembered}");
        }
    }

    #[test]
    fn accepts_different_tokens() {
        let mut history = TokenHistory::new();
        assert!((0..100_000).all(|n| history.insert(&format!("token {n}"))));
        assert!(history.positions.len() <= CAPACITY);
    }
}
