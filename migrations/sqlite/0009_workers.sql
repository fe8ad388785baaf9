-- What people and probes want to know and no mail's row says: which workers are alive, how full the queues are that they take from, and how
-- Stripe treated them lately.

create table worker (
    -- Made anew with each start.
    id text not null primary key,
    version text not null,
    started_at integer not null,
    seen_at integer not null,
    in_hand integer not null,
    settled integer not null,
    -- How long the mail that was taken last had waited. Null: none was, or it did not say when it was sent.
    waited_ms integer,
    -- How many messages each queue holds, as JSON. Null: the broker is away.
    queues text,
    constraint worker_counts check (in_hand >= 0 and settled >= 0)
) strict, without rowid;

create table stripe_hour (
    workspace text not null,
    -- Since 1970.
    hour integer not null,
    calls integer not null,
    -- Answered with 429.
    limited integer not null,
    -- Answered with 500 and above.
    failed integer not null,
    -- Not answered.
    unanswered integer not null,
    primary key (workspace, hour),
    constraint stripe_hour_counts check (calls >= 0 and limited >= 0 and failed >= 0 and unanswered >= 0)
) strict, without rowid;
