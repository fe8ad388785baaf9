-- A workspace is one tenant. Its Stripe keys lie here sealed, its switches in the open, and every change of either in the audit
-- trail, which cannot be rewritten.

create table workspace (
    id text not null primary key,
    created_at integer not null
) strict, without rowid;

create table connection (
    workspace text not null,
    mode text not null,
    sealed_key blob not null,
    key_hint text not null,
    status text not null,
    connected_at integer not null,
    primary key (workspace, mode),
    constraint connection_workspace_exists foreign key (workspace) references workspace (id),
    constraint connection_mode_known check (mode in ('test', 'live')),
    constraint connection_status_known check (status in ('connected', 'refused')),
    constraint connection_hint_short check (length(key_hint) <= 4)
) strict, without rowid;

create table function_switch (
    workspace text not null,
    function text not null,
    switch text not null,
    actor text not null,
    set_at integer not null,
    primary key (workspace, function),
    constraint function_switch_workspace_exists foreign key (workspace) references workspace (id),
    constraint function_switch_known check (switch in ('off', 'on', 'approval'))
) strict, without rowid;

-- No foreign key: the trail outlives what it speaks of.
create table audit (
    sequence integer primary key autoincrement,
    workspace text not null,
    at integer not null,
    actor text not null,
    event text not null,
    subject text,
    detail text not null
) strict;

create index audit_by_workspace on audit (workspace, sequence);

create trigger audit_is_not_changed before update on audit begin
    select raise(abort, 'the audit trail is append-only');
end;

create trigger audit_is_not_deleted before delete on audit begin
    select raise(abort, 'the audit trail is append-only');
end;
