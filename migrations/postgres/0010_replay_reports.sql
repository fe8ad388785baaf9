-- Reports of replays, kept so that people look at them in the console and compare one with another. A report tells sums and
-- what the archive's file is called; who wrote the mails and what they say is not in it.

create table replay_report (
    workspace text not null,
    -- A digest of the report: the same one is kept once.
    id text not null,
    added_at bigint not null,
    added_by text not null,
    -- What a list tells of it, as JSON.
    summary text not null,
    -- The whole, as JSON.
    report text not null,
    primary key (workspace, id),
    constraint replay_report_workspace_exists foreign key (workspace) references workspace (id)
);

create index replay_report_by_time on replay_report (workspace, added_at);
