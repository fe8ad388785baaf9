//! stripe-sandbox.
