-- Money that cannot go wrong: what an action spends and who allowed it, plans that wait for a person, work on a mail after its first
-- draft, what halts all writing, and an audit trail of which no row can be changed, left out or cut off unnoticed.
--
-- Only added to: a program of the version before goes on working on these tables.

-- What a later draft of the same mail carries over.
alter table draft add column correlation text;
alter table draft add column traceparent text;

alter table action add column customer text;
alter table action add column amount_minor integer constraint action_amount_positive check (amount_minor > 0);
alter table action add column currency text
    constraint action_amount_has_currency check ((amount_minor is null) = (currency is null));
-- The approval that allowed it; none: the policy did.
alter table action add column approval text;

-- What was spent within a day, summed up whenever more is to be.
create index action_spent on action (workspace, currency, intended_at) where amount_minor is not null;

-- A plan that waits. No foreign key to workspace: approvals are stored with the ends of a batch of mails, and none may fail the others.
create table approval (
    id text not null primary key,
    workspace text not null,
    run text not null,
    fingerprint text not null,
    function text not null,
    target text not null,
    customer text,
    amount_minor integer,
    currency text,
    -- Text, since another order of keys would be another plan.
    plan text not null,
    -- A digest: enough to see that somebody wants to allow their own request.
    requester text not null,
    persons integer not null,
    state text not null,
    decided_amount_minor integer,
    rejected_by text,
    reason text,
    requested_at integer not null,
    expires_at integer not null,
    decided_at integer,
    constraint approval_run_writes check (run in ('live', 'load')),
    constraint approval_state_known check (state in ('waiting', 'approved', 'rejected', 'expired')),
    constraint approval_persons check (persons in (1, 2)),
    constraint approval_amount_has_currency check ((amount_minor is null) = (currency is null)),
    constraint approval_never_more check (decided_amount_minor is null or decided_amount_minor between 1 and amount_minor),
    constraint approval_amount_is_decided check (
        decided_amount_minor is null or (state = 'approved' and amount_minor is not null)
    ),
    constraint approval_rejected_has_reason check (
        (state = 'rejected') = (reason is not null) and (state = 'rejected') = (rejected_by is not null)
    ),
    constraint approval_end_has_time check ((state = 'waiting') = (decided_at is null))
) strict, without rowid;

-- What persons look for, and what expires.
create index approval_waiting on approval (expires_at) where state = 'waiting';
create index approval_by_workspace on approval (workspace, state, requested_at);

create table approval_vote (
    approval text not null,
    -- In lower case, so that nobody counts twice.
    person text not null,
    actor text not null,
    amount_minor integer,
    voted_at integer not null,
    primary key (approval, person),
    constraint approval_vote_of_approval foreign key (approval) references approval (id)
) strict, without rowid;

-- Work on a mail after its first draft; it may end with a draft of its own.
create table follow_up (
    id integer primary key autoincrement,
    workspace text not null,
    run text not null,
    -- As its draft is filed.
    fingerprint text not null,
    kind text not null,
    -- What it is about: an approval, or an action.
    subject text not null,
    state text not null,
    attempts integer not null,
    postponements integer not null,
    due_at integer not null,
    lease_token text,
    lease_expires_at integer,
    opened_at integer not null,
    ended_at integer,
    draft_sequence integer,
    draft_id text,
    outcome text,
    body blob,
    published_at integer,
    constraint follow_up_run_writes check (run in ('live', 'load')),
    constraint follow_up_kind_known check (kind in ('decided', 'reconcile', 'undo')),
    constraint follow_up_state_known check (state in ('open', 'leased', 'ended')),
    constraint follow_up_leased_has_lease check (
        (state = 'leased') = (lease_token is not null) and (state = 'leased') = (lease_expires_at is not null)
    ),
    constraint follow_up_end_has_time check ((state = 'ended') = (ended_at is not null)),
    constraint follow_up_draft_is_whole check (
        (draft_sequence is null) = (draft_id is null) and (draft_id is null) = (outcome is null)
        and (outcome is null) = (body is null) and (body is null or state = 'ended')
    ),
    constraint follow_up_published_is_drafted check (published_at is null or body is not null),
    constraint follow_up_counts check (attempts >= 0 and postponements >= 0 and draft_sequence > 1),
    constraint follow_up_sequence_once unique (workspace, run, fingerprint, draft_sequence)
) strict;

create unique index follow_up_one_open on follow_up (kind, subject) where state in ('open', 'leased');

-- One at a time of a mail: the next one's draft follows on the last one's.
create unique index follow_up_one_leased on follow_up (workspace, run, fingerprint) where state = 'leased';

create index follow_up_due on follow_up (due_at) where state in ('open', 'leased');
create index follow_up_unpublished on follow_up (ended_at) where body is not null and published_at is null;

-- What holds up writing at Stripe. A scope is a workspace, or * for all.
create table halt (
    scope text not null,
    kind text not null,
    actor text not null,
    reason text not null,
    since integer not null,
    primary key (scope, kind),
    constraint halt_kind_known check (kind in ('stop', 'breaker'))
) strict, without rowid;

-- The chain of a workspace's audit trail: each link's hash covers the row and the link before.
create table audit_link (
    workspace text not null,
    number integer not null,
    sequence integer not null unique,
    hash text not null,
    primary key (workspace, number),
    constraint audit_link_counts check (number > 0)
) strict, without rowid;

-- Where each chain ends: a trail that was cut off does not lead here.
create table audit_head (
    workspace text not null primary key,
    number integer not null,
    hash text not null
) strict, without rowid;

create trigger audit_link_is_not_changed before update on audit_link begin
    select raise(abort, 'the audit trail is append-only');
end;

create trigger audit_link_is_not_deleted before delete on audit_link begin
    select raise(abort, 'the audit trail is append-only');
end;

create trigger audit_head_is_not_deleted before delete on audit_head begin
    select raise(abort, 'the audit trail is append-only');
end;

create trigger audit_head_does_not_go_back before update on audit_head
    when new.number < old.number or new.workspace <> old.workspace begin
    select raise(abort, 'the audit trail is append-only');
end;

-- The policy that was last in force.
create index audit_of_policy on audit (workspace, sequence) where event = 'policy.version';
