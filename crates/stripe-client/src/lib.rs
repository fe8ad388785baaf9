//! stripe-client.
