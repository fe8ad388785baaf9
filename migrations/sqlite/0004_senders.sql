-- Many mails of one sender within an hour go to a person: a loop, or somebody who tries things out. Counted with the mail's end, so
-- that a mail that comes again counts once. The sender is a digest of workspace, address and whether the address is proven: nothing
-- here has to be read by a person, and rows are forgotten within hours, while drafts stay.

create table sender_hour (
    sender text not null primary key,
    began_at integer not null,
    mails integer not null,
    -- How many the workspace allows, as of the last mail.
    allowed integer not null,
    constraint sender_hour_counts check (mails > 0 and allowed > 0)
) strict, without rowid;

-- Asked at every claim: who has had enough.
create index sender_hour_used_up on sender_hour (began_at) where mails >= allowed;
