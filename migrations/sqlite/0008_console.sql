-- The console: who may sign in, what each may do in which workspace, and where they are signed in. And indexes by which a page of
-- runs or of the trail is found among millions, whatever it is filtered by.

create table person (
    -- In lower case, so that nobody has two entries; `shown` is the name as it was given, and as the audit trail has it.
    name text not null primary key,
    shown text not null,
    -- Argon2id, with its parameters and salt.
    password text not null,
    created_at integer not null,
    constraint person_named check (length(name) > 0)
) strict, without rowid;

create table person_role (
    person text not null,
    -- `*` is every workspace, also those made later.
    workspace text not null,
    role text not null,
    primary key (person, workspace),
    constraint person_role_of_person foreign key (person) references person (name) on delete cascade,
    constraint person_role_known check (role in ('viewer', 'operator', 'approver', 'admin'))
) strict, without rowid;

create table console_session (
    -- A digest of what the browser holds: who reads this table cannot sign in with it.
    token text not null primary key,
    person text not null,
    began_at integer not null,
    last_seen_at integer not null,
    constraint console_session_of_person foreign key (person) references person (name) on delete cascade
) strict, without rowid;

create index console_session_by_person on console_session (person);

create index draft_by_end on draft (workspace, run, outcome, label, finished_at);

-- What happened to one thing, found among millions of rows.
create index audit_by_subject on audit (workspace, subject, sequence) where subject is not null;
