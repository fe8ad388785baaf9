-- A draft is some kilobytes of JSON. PostgreSQL compresses it with pglz unless told otherwise, which took a quarter of the server's time per
-- mail; LZ4 takes a tenth of that. Servers before 14, and those built without it, keep what they have. Stored drafts stay as they are.
do $$
begin
    alter table draft alter column body set compression lz4;
exception
    when syntax_error or feature_not_supported or invalid_parameter_value then
        raise notice 'drafts are compressed with pglz: this server has no LZ4';
end
$$;
