//! Writes policy sets as YAML, as one document or as a directory of files.

mod directory;
mod fields;

use super::{PolicySet, yaml_text::render_items};

impl PolicySet {
    /// Renders the set as one YAML document with the lists `policies` and `query_templates`, sorted by name.
    ///
    /// Fields with their default are left out. `query_mode` and fields that this version does not know are
    /// written if they are set. [`parse`](Self::parse) reads the document back as an equal set.
    ///
    /// ```
    /// use pgbeam::policies::{PolicyProfileInput, document::PolicySet};
    ///
    /// let set = PolicySet::new().profile(&PolicyProfileInput::new("Support").max_rows(500));
    /// assert_eq!(set.to_yaml(), "policies:\n  - name: Support\n    max_rows: 500\nquery_templates: []\n");
    /// ```
    pub fn to_yaml(&self) -> String {
        let profiles = sorted(self.profiles(), |entry| entry.name());
        let templates = sorted(self.query_templates(), |entry| entry.name());
        let profiles: Vec<_> = profiles.into_iter().map(fields::profile).collect();
        let templates: Vec<_> = templates.into_iter().map(fields::template).collect();
        let mut text = String::new();
        for (name, items) in [("policies", profiles), ("query_templates", templates)] {
            text.push_str(name);
            if items.is_empty() {
                text.push_str(": []\n");
            } else {
                text.push_str(":\n");
                render_items(&items, 2, &mut text);
            }
        }
        text
    }
}

fn sorted<T>(entries: &[T], name: fn(&T) -> &str) -> Vec<&T> {
    let mut entries: Vec<&T> = entries.iter().collect();
    entries.sort_by_key(|entry| name(entry));
    entries
}
