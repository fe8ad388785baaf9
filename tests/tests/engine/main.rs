//! The path of one mail, through the engine's own door: claim, process, finish, simulate. Stripe is the sandbox, in this process; the
//! ledger is SQLite in a folder of its own; time is set. What a mail asks for is written as a customer would write it.

mod dice;
mod draft;
mod letter;
mod persons;
mod shop;
mod stock;
mod tongues;

mod accounts;
mod amounts;
mod approvals;
mod attacks;
mod cancellations;
mod cut_short;
mod delivery;
mod disguises;
mod fault_table;
mod faults;
mod graphs;
mod guard;
mod halts;
mod invoices;
mod limits;
mod links;
mod payments;
mod preflight;
mod reconcile;
mod refunds;
mod schedules;
mod second_reader;
mod senders;
mod simulator;
mod spoofed;
mod subscriptions;
mod turns;
mod undo;
mod verified;
