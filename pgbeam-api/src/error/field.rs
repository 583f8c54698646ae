//! A field that is not as it must be, whoever found it.

/// One field of a request that is not as it must be.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    detail: String,
}

impl FieldError {
    /// A field, in the contract's spelling, and what is wrong with it.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
        }
    }

    /// Makes the field one of the object at this place.
    pub(crate) fn inside(&mut self, place: &str) {
        let separator = match self.field.as_bytes().first() {
            None | Some(b'[') => "",
            Some(_) => ".",
        };
        self.field.insert_str(0, separator);
        self.field.insert_str(0, place);
    }

    /// The field's name on the wire; inner fields as `masking_rules[0].table`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}
