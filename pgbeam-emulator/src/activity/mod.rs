//! What only a live proxy can produce: the changes that the library and the admin routes make in its place.

pub(crate) mod branch;
