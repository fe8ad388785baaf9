//! The command line as a person or a script meets it: what is said, where, and with which exit code.

mod actions;
mod approvals;
mod audit;
mod books;
mod connect;
mod dead;
mod desk;
mod doctor_mail;
mod eval;
mod files;
mod halts;
mod keys;
mod lines;
mod mailboxes;
mod money;
mod policy;
mod privacy;
mod replay;
mod second_reader;
mod servers;
mod settings;
mod train;
