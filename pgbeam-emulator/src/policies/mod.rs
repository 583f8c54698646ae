//! Policy profiles: what they hold, which bodies make one, and their routes.

pub(crate) mod model;
pub(crate) mod routes;
pub(crate) mod validate;
