//! Checks that the output of an error is one line of limited length.

use pgbeam_api::Error;

/// The maximum number of characters: a message of 1,000, two names of 200, ten field errors with a path of
/// 200 and a description of 300, and 1,600 for all other parts.
const MAX_CHARS: usize = 1_000 + 2 * 200 + 10 * (200 + 300) + 1_600;

/// Checks the `Display` and `Debug` output of an error and returns both.
///
/// # Panics
///
/// If an output is too long or contains a character that can forge log lines.
pub fn check(error: &Error) -> [String; 2] {
    let (display, debug) = (error.to_string(), format!("{error:?}"));
    for output in [&display, &debug] {
        let length = output.chars().count();
        assert!(length <= MAX_CHARS, "{length} characters: {output}");
        assert!(
            !output.contains(can_forge_lines),
            "more than one line: {output:?}"
        );
    }
    [display, debug]
}

/// Returns `true` for characters that can forge log lines: control characters, line and paragraph separators,
/// and characters that change the direction of text.
fn can_forge_lines(c: char) -> bool {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}'];
    c.is_control()
        || marks.contains(&c)
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
