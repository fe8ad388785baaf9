-- A mail is counted before anything of it is parsed, and ends once: with a draft or dead with a reason. What arrived is known by
-- the digest of its bytes; the mail it holds by its fingerprint, under which the first draft stays.
--
-- No foreign key to workspace here: a mail for a workspace that nobody made is still a mail that must not be lost.

create table mail (
    workspace text not null,
    run text not null,
    digest text not null,
    state text not null,
    attempts bigint not null,
    postponements bigint not null,
    lease_token text,
    lease_expires_at bigint,
    fingerprint text,
    death_code text,
    death_sentence text,
    first_seen_at bigint not null,
    ended_at bigint,
    primary key (workspace, run, digest),
    constraint mail_run_known check (run in ('live', 'replay', 'simulator', 'load')),
    constraint mail_state_known check (state in ('open', 'leased', 'finished', 'dead')),
    constraint mail_leased_has_lease check (
        (state = 'leased') = (lease_token is not null) and (state = 'leased') = (lease_expires_at is not null)
    ),
    constraint mail_finished_has_fingerprint check ((state = 'finished') = (fingerprint is not null)),
    constraint mail_dead_has_reason check (
        (state = 'dead') = (death_code is not null) and (state = 'dead') = (death_sentence is not null)
    ),
    constraint mail_end_has_time check ((state in ('finished', 'dead')) = (ended_at is not null)),
    constraint mail_counts check (attempts >= 0 and postponements >= 0)
)
-- Every mail is written twice within seconds, claimed and ended: half of each page stays free so that the second version lies
-- beside the first and the index need not be touched.
with (fillfactor = 50);

create table draft (
    sequence bigint generated always as identity primary key,
    workspace text not null,
    run text not null,
    fingerprint text not null,
    digest text not null,
    message_id text,
    id text not null,
    outcome text not null,
    label text not null,
    customer text,
    body bytea not null,
    finished_at bigint not null,
    constraint draft_once_per_mail unique (workspace, run, fingerprint),
    constraint draft_run_known check (run in ('live', 'replay', 'simulator', 'load')),
    -- This way round: the other would have SQLite look through all mails for each draft. That a finished mail has its draft is
    -- seen to by the one transaction that writes both.
    constraint draft_mail_arrived foreign key (workspace, run, digest) references mail (workspace, run, digest)
);

-- Asked of every mail: did this Message-ID come with other content before?
create index draft_by_message_id on draft (workspace, run, message_id) where message_id is not null;
