//! `FieldError`: the validation error of one field.

/// A validation error of one field of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    detail: String,
}

impl FieldError {
    /// Creates a validation error from the JSON name of a field and a description.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
        }
    }

    /// Prepends the path of the object that contains the field: `rules[0]` turns `table` into
    /// `rules[0].table`.
    pub(crate) fn prepend_path(&mut self, path: &str) {
        let separator = match self.field.as_bytes().first() {
            None | Some(b'[') => "",
            Some(_) => ".",
        };
        self.field.insert_str(0, separator);
        self.field.insert_str(0, path);
    }

    /// Returns the JSON name of the field. A nested field has a path such as `masking_rules[0].table`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the description of the error.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}
