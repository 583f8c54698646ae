//! What is shown of an error: one line, and no longer than a log should have to keep.

use pgbeam_api::Error;

/// A message has at most 1,000 characters, a name 200, and what is wrong with one of ten fields 300.
/// The rest is words of ours.
const LONGEST: usize = 1_000 + 2 * 200 + 10 * (200 + 300) + 1_600;

/// Checks what an error shows of itself, and gives it: `Display` and `Debug`.
pub fn shown(error: &Error) -> [String; 2] {
    let (display, debug) = (error.to_string(), format!("{error:?}"));
    for text in [&display, &debug] {
        let length = text.chars().count();
        assert!(length <= LONGEST, "{length} characters: {text}");
        assert!(!text.contains(forges), "more than a line: {text:?}");
    }
    [display, debug]
}

/// Whether a character makes one line look like several, or like another.
fn forges(c: char) -> bool {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}'];
    c.is_control()
        || marks.contains(&c)
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
