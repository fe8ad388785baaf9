//! The draft context.
