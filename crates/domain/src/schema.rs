//! JSON Schemas of the wire types.
