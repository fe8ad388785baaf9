-- A workspace is one tenant. Its Stripe keys lie here sealed, its switches in the open, and every change of either in the audit
-- trail, which cannot be rewritten.

create table workspace (
    id text not null primary key,
    created_at bigint not null
);

create table connection (
    workspace text not null,
    mode text not null,
    sealed_key bytea not null,
    key_hint text not null,
    status text not null,
    connected_at bigint not null,
    primary key (workspace, mode),
    constraint connection_workspace_exists foreign key (workspace) references workspace (id),
    constraint connection_mode_known check (mode in ('test', 'live')),
    constraint connection_status_known check (status in ('connected', 'refused')),
    constraint connection_hint_short check (length(key_hint) <= 4)
);

create table function_switch (
    workspace text not null,
    function text not null,
    switch text not null,
    actor text not null,
    set_at bigint not null,
    primary key (workspace, function),
    constraint function_switch_workspace_exists foreign key (workspace) references workspace (id),
    constraint function_switch_known check (switch in ('off', 'on', 'approval'))
);

-- No foreign key: the trail outlives what it speaks of.
create table audit (
    sequence bigint generated always as identity primary key,
    workspace text not null,
    at bigint not null,
    actor text not null,
    event text not null,
    subject text,
    detail text not null
);

create index audit_by_workspace on audit (workspace, sequence);

create function refuse_to_change_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only';
end
$$;

create trigger audit_is_not_changed before update or delete or truncate on audit
    for each statement execute function refuse_to_change_audit();

-- SQLite's function of this name, as far as the ledger uses it: a batch travels as one JSON array on both engines, so that their
-- SQL is written once. PostgreSQL's own json_each takes json, this one text.
create function json_each(document text) returns table (value jsonb) language sql immutable rows 128 as $$
    select element from jsonb_array_elements(document::jsonb) as element
$$;
