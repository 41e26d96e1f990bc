-- Uses of a ground without her consent, sent or opened, for counting: coded facts and times, no reason and no code.
SET ROLE hub_owner;
GRANT SELECT (id, subject, owner_id, agency_id, at) ON emergency_act TO hub_stat;
GRANT SELECT (id, act_id, kind, due, done_at) ON emergency_task TO hub_stat;
CREATE POLICY counted ON emergency_act FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON emergency_task FOR SELECT TO hub_stat USING (true);
CREATE VIEW stat_disclosure WITH (security_invoker = true) AS
    SELECT e.id, ARRAY[e.owner_id, e.agency_id] AS agency_ids, f.survivor, e.at AS disclosed_at,
           was.reviewed_in_time, was.review_due_past, f.statistics_consent, false AS imported
    FROM emergency_act e
    LEFT JOIN case_fact f ON f.case_id = e.subject
    -- reviewed in time: every review that the ground asks for
    LEFT JOIN LATERAL (SELECT coalesce(bool_and(coalesce(t.done_at <= t.due, false)), false) AS reviewed_in_time,
                              coalesce(bool_or(t.done_at IS NOT NULL OR t.due <= now()), false) AS review_due_past
                       FROM emergency_task t WHERE t.act_id = e.id AND t.kind <> 'told') was ON true;
GRANT SELECT ON stat_disclosure TO hub_stat;
