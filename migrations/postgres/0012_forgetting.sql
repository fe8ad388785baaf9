-- Forgetting: what a row holds of a customer is emptied once it is old, or once the customer asks for it. The row stays with its ids,
-- outcome, amount and times, so that a mail that comes again is known and nothing is done twice.
--
-- Only added to: a program of the version before goes on working on these tables. It would publish a draft without words for a forgotten
-- mail that comes again; so nothing is to be forgotten before every worker is of this version.

alter table draft add column forgotten_at bigint;

-- What is due next.
create index draft_to_forget on draft (finished_at) where forgotten_at is null;
