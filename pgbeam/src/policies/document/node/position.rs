//! Converts byte offsets to lines and columns.

use super::Place;

/// The size, in bytes, of the blocks into which [`Positions`] divides a text.
const BLOCK: usize = 256;

/// Converts byte offsets in a text to lines and columns.
///
/// Stores the number of characters before each block of the text, so a lookup in a long line is as fast as in a short
/// line.
pub(super) struct Positions<'a> {
    text: &'a str,
    /// The offset of the first byte of each line.
    lines: Vec<usize>,
    /// The number of characters before each block of [`BLOCK`] bytes.
    blocks: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        let mut blocks = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            blocks.push(blocks[blocks.len() - 1] + count_characters(block));
        }
        Self {
            text,
            lines,
            blocks,
        }
    }

    /// Returns the line and the column of a byte offset. An offset after the end of the text counts as the end.
    pub(super) fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = self.characters_before(offset) - self.characters_before(start);
        Place::new(line, column + 1)
    }

    /// Returns the line and the column at which `part` starts. `part` must be a slice of the text.
    pub(super) fn place_of(&self, part: &str) -> Place {
        self.place((part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }

    /// Returns the line and the column of a character. `column` counts bytes; the returned column counts characters.
    /// All numbers count from 1.
    pub(super) fn place_of_bytes(&self, line: usize, column: usize) -> Place {
        let start = self.lines.get(line.saturating_sub(1));
        let start = start.copied().unwrap_or(self.text.len());
        self.place(start + column.saturating_sub(1))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.blocks[block] + count_characters(rest)
    }
}

/// Returns the number of characters whose first UTF-8 byte is in `bytes`.
fn count_characters(bytes: &[u8]) -> usize {
    let is_start = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
    bytes.iter().filter(is_start).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = format!("äb\n\n{}c", "ü".repeat(400));
        let positions = Positions::new(&text);
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 1, 2),
            (3, 1, 3),
            (4, 2, 1),
            (5, 3, 1),
            (7, 3, 2),
            (805, 3, 401),
            (806, 3, 402),
            (9_999, 3, 402),
        ] {
            assert_eq!(
                positions.place(offset),
                Place::new(line, column),
                "{offset}"
            );
        }
        assert_eq!(positions.place_of(&text[5..]), Place::new(3, 1));
        assert_eq!(positions.place_of_bytes(3, 3), Place::new(3, 2));
        assert_eq!(Positions::new("").place(0), Place::new(1, 1));
    }
}
