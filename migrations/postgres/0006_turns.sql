-- A mail for which Stripe takes no more requests at the moment waits for its turn. That is counted apart from its postponements, since
-- it never ends with a person; and counted, so that a mail for which something was begun is known to be one.
--
-- Only added to: a program of the version before goes on working on these tables.

alter table mail add column turns_waited bigint not null default 0
    constraint mail_turns_counted check (turns_waited >= 0);
