-- Whatever is written at Stripe is stored here first, with its parameters frozen: a redelivered mail finds its own action and
-- sends the same bytes under the same key. Parameters and result are text, since another order of keys would be other bytes.

create table action (
    id text not null primary key,
    workspace text not null,
    run text not null,
    fingerprint text not null,
    function text not null,
    target text not null,
    parameters text not null,
    state text not null,
    result text,
    intended_at integer not null,
    sent_at integer,
    settled_at integer,
    constraint action_workspace_exists foreign key (workspace) references workspace (id),
    -- Replays and the simulator never write.
    constraint action_run_writes check (run in ('live', 'load')),
    constraint action_state_known check (state in ('intended', 'sent', 'done', 'refused', 'unknown', 'reconciled')),
    -- Refused may come without: given up before it was sent.
    constraint action_sent_has_time check (state in ('intended', 'refused') or sent_at is not null),
    constraint action_settled_has_result check (
        (state in ('intended', 'sent')) = (result is null) and (state in ('intended', 'sent')) = (settled_at is null)
    )
) strict, without rowid;

-- Two mails cannot refund one charge, or end one subscription, at the same time: the second waits until the first is settled.
create unique index action_one_live_per_target on action (workspace, target)
    where function in ('refund', 'cancel_subscription') and state in ('intended', 'sent', 'unknown');

-- What an operator and the reconciler look for.
create index action_unsettled on action (state, intended_at) where state in ('intended', 'sent', 'unknown');
