//! Loads YAML within limits.
//!
//! The parser's own way to load a document recurses, and copies what an anchor names wherever it is
//! used: a document of a megabyte could overflow the stack, or take gigabytes. Its events are looked
//! at one by one here, and end at a limit.

use std::collections::HashMap;

use saphyr::{MarkedYaml, ScanError, YamlLoader};
use saphyr_parser::{Event, Parser, SpannedEventReceiver};

/// The most bytes that anchors may add to a document. Hardly any contract has half a megabyte.
const MOST_REPEATED: usize = 32 << 20;

/// What a value takes beside its text, roughly.
const VALUE: usize = 128;

/// The documents of a text.
///
/// # Errors
///
/// Where and why it is no YAML, or beyond the limits.
pub fn load(text: &str, deepest: usize) -> Result<Vec<MarkedYaml<'_>>, ScanError> {
    let mut loader = YamlLoader::default();
    let mut limits = Limits {
        deepest,
        ..Limits::default()
    };
    for event in Parser::new_from_iter(text.chars()) {
        let (event, span) = event?;
        limits
            .admit(&event)
            .map_err(|why| ScanError::new(span.start, why))?;
        loader.on_event(event, span);
        if let Some(error) = loader.error() {
            return Err(error.clone());
        }
    }
    Ok(loader.into_documents())
}

/// What was met so far.
#[derive(Default)]
struct Limits {
    deepest: usize,
    /// The collections that are not at their end: their anchors, 0 for none, and sizes so far.
    open: Vec<(usize, usize)>,
    /// How large that is which an anchor names.
    named: HashMap<usize, usize>,
    repeated: usize,
}

impl Limits {
    fn admit(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                self.open.push((*anchor, VALUE));
                if self.open.len() > self.deepest {
                    return Err(format!("nested more than {} levels deep", self.deepest));
                }
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((anchor, size)) = self.open.pop() {
                    self.add(size, anchor);
                }
            }
            Event::Scalar(text, _, anchor, _) => self.add(VALUE + text.len(), *anchor),
            Event::Alias(anchor) => {
                let size = self.named.get(anchor).copied().unwrap_or_default();
                self.repeated = self.repeated.saturating_add(size);
                self.add(size, 0);
            }
            _ => {}
        }
        match self.repeated > MOST_REPEATED {
            true => Err(format!(
                "anchors repeat more than {} MiB",
                MOST_REPEATED >> 20
            )),
            false => Ok(()),
        }
    }

    /// Adds a value to what it stands in. What has an anchor is copied once to be at hand.
    fn add(&mut self, size: usize, anchor: usize) {
        if let Some((_, whole)) = self.open.last_mut() {
            *whole = whole.saturating_add(size);
        }
        if anchor > 0 {
            self.named.insert(anchor, size);
            self.repeated = self.repeated.saturating_add(size);
        }
    }
}
