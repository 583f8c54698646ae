//! What a setter of a field that may be absent takes: a value as it is, or an `Option` of one.

use crate::{Nullable, Secret};

/// Something that a field of type `Option<T>` can be set to. Not to be implemented elsewhere.
pub trait Optional<T> {
    /// What the field becomes.
    fn optional(self) -> Option<T>;
}

impl<T> Optional<T> for T {
    fn optional(self) -> Option<T> {
        Some(self)
    }
}

impl<T> Optional<T> for Option<T> {
    fn optional(self) -> Option<T> {
        self
    }
}

macro_rules! texts {
    ($($target:ty: $($text:ty),+;)+) => {
        $($(
            impl Optional<$target> for $text {
                fn optional(self) -> Option<$target> {
                    Some(<$target>::from(self))
                }
            }
        )+)+
    };
}

texts! {
    String: &str, &String;
    Secret: &str, String;
    Nullable<String>: &str, String;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<T>(value: impl Optional<T>) -> Option<T> {
        value.optional()
    }

    #[test]
    fn a_value_is_taken_as_it_is() {
        let owned = "a".to_owned();
        assert_eq!(set::<String>("a").as_deref(), Some("a"));
        assert_eq!(set::<String>(&owned).as_deref(), Some("a"));
        assert_eq!(set::<String>(owned).as_deref(), Some("a"));
        assert_eq!(set::<String>(None), None);
        assert_eq!(set::<Secret>("a").unwrap().reveal(), "a");
        assert_eq!(
            set::<Nullable<String>>("a"),
            Some(Nullable::Value("a".to_owned()))
        );
        assert_eq!(
            set::<Nullable<String>>(Nullable::Null),
            Some(Nullable::Null)
        );
    }
}
