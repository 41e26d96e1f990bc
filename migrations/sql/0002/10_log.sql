-- The log's own tables. Hashes, heads and cosignatures are public; the log's role adds to them and rewrites no past.
SET ROLE hub_owner;
GRANT SELECT ON audit_leaf, audit_tile, audit_head, audit_cosignature TO hub_app, hub_auditor, hub_log, hub_door;
GRANT INSERT ON audit_leaf, audit_tile, audit_head, audit_cosignature TO hub_log;
GRANT UPDATE (width, data) ON audit_tile TO hub_log;                 -- a tile grows until it is full
GRANT UPDATE (note, signed_at) ON audit_head TO hub_log;             -- from NULL to signed, once
GRANT SELECT ON audit_queue TO hub_door;

CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON audit_leaf FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER kept BEFORE TRUNCATE ON audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER unchanged BEFORE UPDATE ON audit_head FOR EACH ROW
    WHEN (OLD.note IS NOT NULL OR NEW.size <> OLD.size OR NEW.root <> OLD.root) EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER undeleted BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER kept BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER kept;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER undeleted;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER kept;

SET ROLE hub_door;
-- How the log stands, for pages and metrics: leaves, what waits and for how long, the newest signed head.
CREATE FUNCTION log_state() RETURNS TABLE (entries bigint, queued bigint, lag_s double precision, size bigint,
                                           signed_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT coalesce((SELECT max(l.seq) + 1 FROM audit_leaf l), 0), q.waiting,
           greatest(coalesce(extract(epoch FROM clock_timestamp() - q.oldest)::double precision, 0), 0),
           h.size, h.signed_at
    FROM (SELECT count(*) AS waiting, min(queued_at) AS oldest FROM audit_queue) AS q
    LEFT JOIN LATERAL (SELECT a.size, a.signed_at FROM audit_head a WHERE a.note IS NOT NULL
                       ORDER BY a.size DESC LIMIT 1) AS h ON true
$$;
REVOKE EXECUTE ON FUNCTION log_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_state() TO hub_app, hub_log, hub_auditor;
SET ROLE hub_owner;
