-- How far the worker is behind: one number, for everybody who may ask whether the hub is well.
SET ROLE hub_owner;
GRANT USAGE ON SCHEMA jobs TO hub_door;
GRANT SELECT ON jobs.procrastinate_jobs, jobs.procrastinate_events TO hub_door;

SET ROLE hub_door;
CREATE FUNCTION worker_lag(p_now timestamptz) RETURNS double precision
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT coalesce(extract(epoch FROM max(p_now - waiting.since)), 0)::double precision FROM (
        SELECT greatest(j.scheduled_at, (SELECT min(e.at) FROM jobs.procrastinate_events e WHERE e.job_id = j.id)) AS since
            FROM jobs.procrastinate_jobs j WHERE j.status = 'todo'
        UNION ALL SELECT w.look_at FROM referral_watch w WHERE w.look_at IS NOT NULL) AS waiting
        WHERE waiting.since <= p_now $$;
REVOKE EXECUTE ON FUNCTION worker_lag(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION worker_lag(timestamptz) TO hub_app;
