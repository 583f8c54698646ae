//! What is shown of an error: one line, and no longer than a log should have to keep.

use pgbeam_api::Error;

/// Every text from outside is cut at 1,000 characters, and there are at most 24 of them: code,
/// message, request id and ten fields with their details. The rest is words of ours.
const LONGEST: usize = 24 * 1_001 + 500;

/// Checks what an error shows of itself, and gives it: `Display` and `Debug`.
pub fn shown(error: &Error) -> [String; 2] {
    let (display, debug) = (error.to_string(), format!("{error:?}"));
    assert!(display.chars().count() <= LONGEST, "{} characters", display.chars().count());
    for text in [&display, &debug] {
        assert!(!text.contains(forges), "more than a line: {text:?}");
    }
    [display, debug]
}

/// Whether a character makes one line look like several, or like another.
fn forges(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
