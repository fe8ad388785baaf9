-- What people and probes want to know and no mail's row says: which workers are alive, how full the queues are that they take from, and how
-- Stripe treated them lately.

create table worker (
    -- Made anew with each start.
    id text not null primary key,
    version text not null,
    started_at bigint not null,
    seen_at bigint not null,
    in_hand bigint not null,
    settled bigint not null,
    -- How long the mail that was taken last had waited. Null: none was, or it did not say when it was sent.
    waited_ms bigint,
    -- How many messages each queue holds, as JSON. Null: the broker is away.
    queues text,
    constraint worker_counts check (in_hand >= 0 and settled >= 0)
);

create table stripe_hour (
    workspace text not null,
    -- Since 1970.
    hour bigint not null,
    calls bigint not null,
    -- Answered with 429.
    limited bigint not null,
    -- Answered with 500 and above.
    failed bigint not null,
    -- Not answered.
    unanswered bigint not null,
    primary key (workspace, hour),
    constraint stripe_hour_counts check (calls >= 0 and limited >= 0 and failed >= 0 and unanswered >= 0)
);
