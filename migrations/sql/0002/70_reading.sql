-- Rooms for people: the access log of a case for who keeps it, envelopes and patterns for auditors. Each demands the
-- entry of its own reading, so that nobody reads the log unseen.
SET ROLE hub_owner;
GRANT SELECT (id, uid, xid, subject, kind, envelope) ON audit_entry TO hub_door;
GRANT SELECT ON audit_payload TO hub_door;
GRANT SELECT (case_id, area) ON case_fact TO hub_door;
GRANT SELECT ON agency_area TO hub_door;
CREATE POLICY counted_door ON case_fact FOR SELECT TO hub_door
    USING ((SELECT door_has_role('{auditor}')));   -- inside log_patterns alone, which counts

SET ROLE hub_door;
-- Whether the acting agency is this one, stands above it or stands below it.
CREATE FUNCTION door_in_chain(p_agency uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN EXISTS (
        WITH RECURSIVE above AS (
                SELECT g.id, g.parent_id FROM agency g WHERE g.id = p_agency
                UNION SELECT g.id, g.parent_id FROM agency g JOIN above ON g.id = above.parent_id),
            below AS (
                SELECT g.id FROM agency g WHERE g.id = p_agency
                UNION SELECT g.id FROM agency g JOIN below ON g.parent_id = below.id)
        SELECT 1 FROM (SELECT id FROM above UNION SELECT id FROM below) AS chain WHERE chain.id = door_agency());
END $$;

-- The agencies whose people an entry accuses: a denial when it was recorded, and when it was lifted (found by the moment,
-- which row and entry share; what else changed who may see the record in that moment goes with it).
CREATE FUNCTION log_accused(p_uid uuid, p_subject uuid, p_at timestamptz) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT coalesce(d.agency_id, k.agency_id, a.agency_id) FROM access_denial d
        LEFT JOIN desk k ON k.id = d.desk_id LEFT JOIN account a ON a.id = d.account_id
        WHERE d.subject = p_subject AND (d.entry_uid = p_uid OR p_at IN (d.denied_at, d.lifted_at));
END $$;

-- What must not reach the accused agency's whole chain: the accusation, and the refusals it caused (a lifted one as well:
-- that it was there is the accusation).
CREATE FUNCTION log_hides(p_uid uuid, p_subject uuid, p_kind text, p_said jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid;
    person account;
BEGIN
    IF p_kind = 'access' THEN
        RETURN EXISTS (SELECT 1 FROM log_accused(p_uid, p_subject, (p_said ->> 'at')::timestamptz) AS g (id) WHERE door_in_chain(g.id));
    ELSIF p_kind <> 'refusal' THEN
        RETURN false;
    END IF;
    SELECT g.id INTO office FROM agency g WHERE g.code = p_said ->> 'org';
    SELECT a.* INTO person FROM account a WHERE a.id::text = p_said ->> 'who';
    RETURN door_in_chain(office) AND EXISTS (SELECT 1 FROM access_denial d WHERE d.subject = p_subject
        AND (d.account_id = person.id OR d.desk_id = person.desk_id OR d.agency_id = office));
END $$;

-- The first uid that a moment can have (UUIDv7): an entry is never written before what it is about.
CREATE FUNCTION log_first_uid(p_at timestamptz) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT (lpad(to_hex(greatest((extract(epoch FROM p_at) * 1000)::bigint - 60000, 0)), 12, '0') || repeat('0', 20))::uuid $$;

CREATE FUNCTION log_reading_recorded(p_subject uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = p_subject AND a.kind = 'log'
        AND a.actor = door_person();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a reading of the log without its own entry' USING ERRCODE = '23H02';
    END IF;
END $$;

-- The entries of a case, newest first, with what they say (sealed with the case's audit key); "total" counts all that fit.
CREATE FUNCTION case_log(p_subject uuid, p_org text, p_who text, p_kinds text[], p_from timestamptz, p_until timestamptz,
                         p_limit integer, p_offset integer)
    RETURNS TABLE (id bigint, uid uuid, kind text, envelope bytea, ciphertext bytea, seq bigint, leaf_hash bytea, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT door_holds(p_subject) THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    PERFORM log_reading_recorded(p_subject);
    RETURN QUERY SELECT e.id, e.uid, e.kind, e.envelope, p.ciphertext, l.seq, l.leaf_hash, count(*) OVER ()
        FROM audit_entry e
        CROSS JOIN LATERAL (SELECT log_said(e.uid, e.envelope) AS j) AS said
        LEFT JOIN audit_payload p ON p.entry_uid = e.uid
        LEFT JOIN audit_leaf l ON l.entry_id = e.id
        WHERE e.subject = p_subject AND NOT log_hides(e.uid, e.subject, e.kind, said.j)
          AND (p_org IS NULL OR said.j ->> 'org' = p_org) AND (p_who IS NULL OR said.j ->> 'who' = p_who)
          AND (p_kinds IS NULL OR e.kind = ANY (p_kinds))
          AND (p_from IS NULL OR (said.j ->> 'at')::timestamptz >= p_from)
          AND (p_until IS NULL OR (said.j ->> 'at')::timestamptz < p_until)
        ORDER BY e.id DESC LIMIT p_limit OFFSET p_offset;
END $$;

-- Who left entries here, and "who has seen it?": how often people opened what the case holds (one transaction is one
-- opening), and when last.
CREATE FUNCTION case_readers(p_subject uuid) RETURNS TABLE (org text, who text, entries bigint, openings bigint, last_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT door_holds(p_subject) THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    PERFORM log_reading_recorded(p_subject);
    RETURN QUERY SELECT said.j ->> 'org', said.j ->> 'who', count(*),
            count(DISTINCT e.xid) FILTER (WHERE e.kind = 'read' AND said.j ->> 'out' = 'ok'),
            max((said.j ->> 'at')::timestamptz) FILTER (WHERE e.kind = 'read' AND said.j ->> 'out' = 'ok')
        FROM audit_entry e CROSS JOIN LATERAL (SELECT log_said(e.uid, e.envelope) AS j) AS said
        WHERE e.subject = p_subject AND NOT log_hides(e.uid, e.subject, e.kind, said.j) GROUP BY 1, 2;
END $$;

-- Envelopes for auditors, newest first: all of them, never what an entry says beyond its envelope.
CREATE FUNCTION log_entries(p_org text, p_who text, p_kinds text[], p_from timestamptz, p_until timestamptz,
                            p_limit integer, p_offset integer)
    RETURNS TABLE (id bigint, uid uuid, kind text, envelope bytea, seq bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT door_has_role('{auditor}') THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    PERFORM log_reading_recorded('00000000-0000-0000-0000-000000000000');
    RETURN QUERY SELECT e.id, e.uid, e.kind, e.envelope, l.seq
        FROM audit_entry e
        CROSS JOIN LATERAL (SELECT log_said(e.uid, e.envelope) AS j) AS said
        LEFT JOIN audit_leaf l ON l.entry_id = e.id
        WHERE e.uid >= log_first_uid(p_from) AND (p_kinds IS NULL OR e.kind = ANY (p_kinds))
          AND (p_org IS NULL OR said.j ->> 'org' = p_org) AND (p_who IS NULL OR said.j ->> 'who' = p_who)
          AND (said.j ->> 'at')::timestamptz >= p_from AND (said.j ->> 'at')::timestamptz < p_until
        ORDER BY e.id DESC LIMIT p_limit OFFSET p_offset;
END $$;

-- What people did with the log's eyes: numbers only, and never of which case or which commune. own_area: cases of the one
-- commune where the reader's agency works. on_duty: the agency, or the person's desk, answers at night.
CREATE FUNCTION log_patterns(p_from timestamptz, p_until timestamptz, p_zone text, p_night_from integer, p_night_until integer)
    RETURNS TABLE (who text, org text, on_duty boolean, openings bigint, at_night bigint, most_cases bigint, own_area bigint,
                   refused bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT door_has_role('{auditor}') THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    PERFORM log_reading_recorded('00000000-0000-0000-0000-000000000000');
    RETURN QUERY
        WITH done AS MATERIALIZED (
            SELECT said.j ->> 'who' AS who, said.j ->> 'org' AS org, e.kind, e.subject, e.xid,
                   (said.j ->> 'at')::timestamptz AT TIME ZONE p_zone AS at
            FROM audit_entry e CROSS JOIN LATERAL (SELECT log_said(e.uid, e.envelope) AS j) AS said
            WHERE e.uid >= log_first_uid(p_from) AND e.kind IN ('read', 'refusal') AND said.j ->> 'who' NOT LIKE 'system:%'
              AND (said.j ->> 'at')::timestamptz >= p_from AND (said.j ->> 'at')::timestamptz < p_until),
        home AS (
            SELECT g.code, min(aa.area_code) AS area FROM agency g JOIN agency_area aa ON aa.agency_id = g.id
            GROUP BY g.code HAVING count(*) = 1),
        opened AS (
            SELECT d.who, d.org, d.at, d.subject, d.xid, extract(hour FROM d.at) >= p_night_from OR extract(hour FROM d.at) < p_night_until AS night,
                   EXISTS (SELECT 1 FROM home h JOIN case_fact f ON f.area = h.area WHERE h.code = d.org AND f.case_id = d.subject) AS near
            FROM done d WHERE d.kind = 'read'),
        days AS (
            SELECT o.who, o.org, count(DISTINCT o.subject) AS cases FROM opened o GROUP BY o.who, o.org, o.at::date),
        people AS (SELECT DISTINCT d.who, d.org FROM done d)
        SELECT p.who, p.org,
               coalesce((SELECT k.on_call FROM account a JOIN desk k ON k.id = a.desk_id WHERE a.id::text = p.who), false)
                   OR coalesce((SELECT (g.hours ->> 'open24')::boolean FROM agency g WHERE g.code = p.org), false),
               (SELECT count(DISTINCT o.xid) FROM opened o WHERE (o.who, o.org) = (p.who, p.org)),
               (SELECT count(DISTINCT o.xid) FROM opened o WHERE (o.who, o.org) = (p.who, p.org) AND o.night),
               coalesce((SELECT max(d.cases) FROM days d WHERE (d.who, d.org) = (p.who, p.org)), 0),
               (SELECT count(DISTINCT o.xid) FROM opened o WHERE (o.who, o.org) = (p.who, p.org) AND o.near),
               (SELECT count(*) FROM done d WHERE (d.who, d.org) = (p.who, p.org) AND d.kind = 'refusal')
        FROM people p;
END $$;

-- How many entries were written between each two of the moments given, in order (one number fewer than moments).
CREATE FUNCTION log_volume(p_edges timestamptz[]) RETURNS TABLE (since timestamptz, entries bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT door_has_role('{auditor,privacy_officer,coordinator}') THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT p_edges[n], (SELECT count(*) FROM audit_entry e
            WHERE e.uid >= log_first_uid(p_edges[n] + interval '1 minute') AND e.uid < log_first_uid(p_edges[n + 1] + interval '1 minute'))
        FROM generate_series(1, cardinality(p_edges) - 1) AS n ORDER BY n;
END $$;
REVOKE EXECUTE ON FUNCTION door_in_chain(uuid), log_accused(uuid, uuid, timestamptz), log_hides(uuid, uuid, text, jsonb), log_first_uid(timestamptz), log_reading_recorded(uuid),
    case_log(uuid, text, text, text[], timestamptz, timestamptz, integer, integer), case_readers(uuid),
    log_entries(text, text, text[], timestamptz, timestamptz, integer, integer),
    log_patterns(timestamptz, timestamptz, text, integer, integer), log_volume(timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_log(uuid, text, text, text[], timestamptz, timestamptz, integer, integer), case_readers(uuid),
    log_entries(text, text, text[], timestamptz, timestamptz, integer, integer),
    log_patterns(timestamptz, timestamptz, text, integer, integer), log_volume(timestamptz[]) TO hub_app;
SET ROLE hub_owner;
