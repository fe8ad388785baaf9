-- Dead letters: mails that were given up, grouped by why, and what persons order to be done with them. A mail that a person dropped is not
-- listed any more; its row stays.
--
-- Only added to: a program of the version before goes on working on these tables. What it gives up has no shape, and stands in a group with
-- those of the very same sentence.

-- The sentence without its numbers: mails with the same cause have the same.
alter table mail add column death_shape text;
-- The order that put the mail back last, or dropped it.
alter table mail add column death_order integer;
alter table mail add column dropped_at integer
    constraint mail_dropped_is_dead check (dropped_at is null or state = 'dead');

-- There is no regular expression here. Only the sentences of these have numbers.
update mail set death_shape =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(death_sentence, '0', '…'), '1', '…'), '2', '…'), '3', '…'), '4', '…'), '5', '…'), '6', '…'), '7', '…'), '8', '…'), '9', '…'), '……', '…'), '……', '…'), '……', '…'), '……', '…'), '……', '…')
where death_code in ('crash_suspect', 'too_large', 'bad_json');
update mail set death_shape = death_sentence where death_code is not null and death_shape is null;

-- As on PostgreSQL, where an index that names what changes with every mail would cost every mail.
create index mail_dead on mail (workspace, run, death_code) where death_code is not null and dropped_at is null;

-- No foreign key to workspace: mails for a workspace that nobody made are dead, too.
create table dead_order (
    id integer primary key autoincrement,
    workspace text not null,
    run text not null,
    kind text not null,
    death_code text not null,
    death_shape text not null,
    -- One mail of the group alone.
    digest text,
    -- What died later is not concerned.
    died_until integer not null,
    -- How many it concerned when it was made.
    mails integer not null,
    actor text not null,
    reason text,
    ordered_at integer not null,
    state text not null,
    attempts integer not null,
    due_at integer not null,
    lease_token text,
    lease_expires_at integer,
    -- Counted with each mail that is taken up.
    moved integer not null,
    -- How many were still dead at the end: their messages were not found.
    missing integer,
    ended_at integer,
    constraint dead_order_run_known check (run in ('live', 'replay', 'simulator', 'load')),
    constraint dead_order_kind_known check (kind in ('requeue', 'drop')),
    constraint dead_order_state_known check (state in ('open', 'leased', 'ended')),
    constraint dead_order_drop_has_reason check ((kind = 'drop') = (reason is not null)),
    constraint dead_order_leased_has_lease check (
        (state = 'leased') = (lease_token is not null) and (state = 'leased') = (lease_expires_at is not null)
    ),
    constraint dead_order_end_is_whole check (
        (state = 'ended') = (ended_at is not null) and (state = 'ended') = (missing is not null)
    ),
    constraint dead_order_counts check (mails > 0 and attempts >= 0 and moved >= 0 and missing >= 0)
) strict;

create index dead_order_due on dead_order (due_at) where state in ('open', 'leased');
create index dead_order_by_workspace on dead_order (workspace, id);
