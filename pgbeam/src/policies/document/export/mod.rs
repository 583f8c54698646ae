//! Exports policy sets as YAML: as one document, or as a directory with a file for each profile and template.

mod directory;
mod fields;

use std::{collections::BTreeMap, io};

use super::{Format, Object, PolicySet, yaml_text::render_items};

impl PolicySet {
    /// Renders the set as one YAML document with the lists `policies` and `query_templates`. Each list is sorted by
    /// name.
    ///
    /// Optional fields that have their default value are left out. `query_mode` and fields that this version does not
    /// know are written if they are set. [`parse`](Self::parse) reads the same profiles and templates from the
    /// document.
    ///
    /// ```
    /// use pgbeam::policies::{PolicyProfileInput, document::PolicySet};
    ///
    /// let set = PolicySet::new().profile(&PolicyProfileInput::new("Support").max_rows(500));
    /// let yaml = set.to_yaml()?;
    /// assert_eq!(yaml, "policies:\n  - name: Support\n    max_rows: 500\nquery_templates: []\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidData`](io::ErrorKind::InvalidData) if `parse` would reject the document or read other profiles or
    /// templates from it. Possible causes:
    ///
    /// - an unknown field has the name of an additional field of policy files, such as `suppress`;
    /// - a value is nested too deeply;
    /// - a profile or a query template has a value that the API does not accept;
    /// - the document is larger than a policy file can be. For a large set, use [`export_dir`](Self::export_dir).
    pub fn to_yaml(&self) -> io::Result<String> {
        let text = self.render();
        compare(&self.entries(), &read_back(&text, "the export")?)?;
        Ok(text)
    }

    /// Returns the fields of each profile and template. Each key describes a profile or template for messages, as in
    /// `the policy profile "Support"`.
    fn entries(&self) -> BTreeMap<String, Object> {
        let profiles = self.profiles().iter();
        let profiles = profiles.map(|entry| {
            let name = format!("the policy profile {:?}", entry.name());
            (name, entry.profile().to_json())
        });
        let templates = self.query_templates().iter();
        let templates = templates.map(|entry| {
            let name = format!("the query template {:?}", entry.name());
            (name, entry.template().to_json())
        });
        profiles.chain(templates).collect()
    }

    fn render(&self) -> String {
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

/// Parses an exported text and returns its [entries](PolicySet::entries). Fails if the text has mistakes.
fn read_back(text: &str, file_name: &str) -> io::Result<BTreeMap<String, Object>> {
    let set = PolicySet::parse(text, Format::Yaml, file_name);
    Ok(set
        .map_err(|errors| inexact(&errors.to_string()))?
        .entries())
}

/// Returns an error if an entry of `entries` is missing in `read` or has other fields in `read`.
fn compare(entries: &BTreeMap<String, Object>, read: &BTreeMap<String, Object>) -> io::Result<()> {
    let differs = |(name, fields): &(&String, &Object)| read.get(*name) != Some(*fields);
    match entries.iter().find(differs) {
        None => Ok(()),
        Some((name, _)) => Err(inexact(&format!("{name} reads back with other fields"))),
    }
}

fn inexact(reason: &str) -> io::Error {
    let message = format!("policy files cannot describe the set exactly: {reason}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn sorted<T>(entries: &[T], name: fn(&T) -> &str) -> Vec<&T> {
    let mut entries: Vec<&T> = entries.iter().collect();
    entries.sort_by_key(|entry| name(entry));
    entries
}
