//! The program `postill`.
fn main() {}
