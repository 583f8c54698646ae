//! Webhooks: sends the events of a project to its webhook endpoints.
//!
//! A handler creates an [event](event::WebhookEvent) and passes it to
//! [`Deliverer::deliver`](delivery::Deliverer::deliver) for each endpoint that is [subscribed](event::is_subscribed)
//! to it. A delivery consists of one or more attempts. Each attempt is one HTTP request and one entry of the
//! [log](log::DeliveryLog).

pub(crate) mod delivery;
pub(crate) mod event;
mod format;
pub(crate) mod log;
mod request;
mod signature;

#[cfg(test)]
mod tests;
