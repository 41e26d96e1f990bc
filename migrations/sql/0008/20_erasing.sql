-- Erasing parts of a record: current and earlier words, their keys and search marks. Headers, grants and entries stay.
SET ROLE hub_owner;
GRANT DELETE ON case_section, case_section_history TO hub_door;
GRANT SELECT (id, code, owner_id, closed_at, recorded_at, imported) ON case_file TO hub_door;
GRANT SELECT (owner_id, birth_year), UPDATE (birth_year) ON case_fact TO hub_door;
GRANT SELECT (id, agency_id, case_id, received_at, recorded_at, imported, birth_year), UPDATE (birth_year) ON contact TO hub_door;

SET ROLE hub_door;
-- What this transaction's own entries of erasure name: by the task of retention about what is over, or by who keeps
-- privacy with the approval of another person who heads the agency (erasure_approved).
CREATE FUNCTION door_erasing() RETURNS TABLE (subject uuid, category text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT e.subject, said.j ->> 'why'
        FROM audit_subject a JOIN audit_entry e ON e.subject = a.subject AND e.xid = a.xid AND e.kind = 'erasure'
        CROSS JOIN LATERAL (SELECT log_said(e.uid, e.envelope) AS j) AS said
        WHERE a.xid = pg_current_xact_id() AND a.kind = 'erasure' AND a.actor = door_person()
          AND said.j ->> 'act' = 'cases:category:erased'
          AND EXISTS (SELECT 1 FROM subject s WHERE s.id = e.subject AND s.owner_id = door_agency())
          AND (door_is_over(e.subject)
               OR (door_has_role('{privacy_officer}')
                   AND erasure_approved(e.subject, (said.j ->> 'basis')::uuid, said.j ->> 'why')
                   -- an approval is for what stood there then: it serves once
                   AND NOT EXISTS (SELECT 1 FROM audit_entry u WHERE u.subject = e.subject AND u.kind = 'erasure' AND u.xid <> e.xid
                                   AND log_said(u.uid, u.envelope) ->> 'basis' = said.j ->> 'basis')));
END $$;

-- For the task of retention: a closed case, or a first contact without an open one. How long it is kept, the regulation says.
CREATE FUNCTION door_is_over(p_subject uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT door_person() = 'system:retention' AND (
        EXISTS (SELECT 1 FROM case_file c WHERE c.id = p_subject AND c.owner_id = door_agency() AND c.closed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM contact t LEFT JOIN case_file c ON c.id = t.case_id
                   WHERE t.id = p_subject AND t.agency_id = door_agency() AND (t.case_id IS NULL OR c.closed_at IS NOT NULL))) $$;

-- Which parts a record still holds: for who decides about erasing them.
CREATE FUNCTION kept_categories(p_subject uuid) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.category FROM data_key k JOIN subject s ON s.id = k.subject
        WHERE k.subject = p_subject AND k.category <> '_audit' AND s.owner_id = door_agency() AND NOT door_denied(p_subject, k.category)
          AND (door_is_over(p_subject) OR door_has_role('{privacy_officer,agency_head}')) ORDER BY k.category $$;

-- Erases what this transaction's entries name of a record; returns how many keys went.
CREATE FUNCTION erase_parts(p_subject uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    gone integer;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM door_erasing() d WHERE d.subject = p_subject) THEN
        RAISE EXCEPTION 'an erasure without its entry and its approval' USING ERRCODE = '23H05';
    END IF;
    DELETE FROM case_section_history;   -- no condition: then the policy for deleting decides alone, which names door_erasing
    DELETE FROM case_section;
    DELETE FROM data_key k USING door_erasing() d WHERE k.subject = d.subject AND k.category = d.category;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- The year of birth is the only fact that is no band; it goes when the record is over.
CREATE FUNCTION de_identify(p_subject uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_is_over(p_subject) THEN
        RAISE EXCEPTION 'not this actor''s to erase' USING ERRCODE = '42501';
    END IF;
    UPDATE case_fact SET birth_year = NULL WHERE case_id = p_subject AND birth_year IS NOT NULL;
    UPDATE contact SET birth_year = NULL WHERE id = p_subject AND birth_year IS NOT NULL;
END $$;

-- What the periods of keeping run for: closed cases and contacts without one that still hold something.
CREATE FUNCTION retention_state()
    RETURNS TABLE (subject uuid, kind text, code text, since timestamptz, imported_at timestamptz, birth_year integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT (door_person() = 'system:retention' OR door_has_role('{privacy_officer,agency_head}')) THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT c.id, 'case', c.code, c.closed_at, CASE WHEN c.imported THEN c.recorded_at END, f.birth_year
        FROM case_file c LEFT JOIN case_fact f ON f.case_id = c.id
        WHERE c.owner_id = door_agency() AND c.closed_at IS NOT NULL AND NOT door_denied(c.id, NULL)
          AND (f.birth_year IS NOT NULL
               OR EXISTS (SELECT 1 FROM data_key k WHERE k.subject = c.id AND k.category <> '_audit'))
        UNION ALL SELECT t.id, 'contact', NULL, t.received_at, CASE WHEN t.imported THEN t.recorded_at END, t.birth_year
        FROM contact t WHERE t.agency_id = door_agency() AND t.case_id IS NULL
          AND (t.birth_year IS NOT NULL
               OR EXISTS (SELECT 1 FROM data_key k WHERE k.subject = t.id AND k.category <> '_audit'));
END $$;
-- Where there is anything at all to look at, so that the task need not enter every agency: their codes, nothing more.
CREATE FUNCTION retention_owners() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT g.code FROM agency g WHERE door_person() = 'system:retention' AND (
        EXISTS (SELECT 1 FROM case_file c WHERE c.owner_id = g.id AND c.closed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM contact t WHERE t.agency_id = g.id AND t.case_id IS NULL)
        OR EXISTS (SELECT 1 FROM referral r WHERE r.owner_id = g.id AND r.sent_at IS NULL)) ORDER BY g.code $$;
REVOKE EXECUTE ON FUNCTION retention_owners(), door_erasing(), door_is_over(uuid), kept_categories(uuid), erase_parts(uuid), de_identify(uuid),
    retention_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention_owners(), kept_categories(uuid), erase_parts(uuid), de_identify(uuid), retention_state() TO hub_app;

SET ROLE hub_owner;
CREATE POLICY erased ON case_section FOR DELETE TO hub_door
    USING (owner_id = (SELECT door_agency()) AND (subject, category) IN (SELECT d.subject, d.category FROM door_erasing() d));
CREATE POLICY erased ON case_section_history FOR DELETE TO hub_door
    USING ((subject, category) IN (SELECT d.subject, d.category FROM door_erasing() d));
CREATE POLICY erased_parts ON data_key FOR DELETE TO hub_door
    USING (category <> '_audit' AND (subject, category) IN (SELECT d.subject, d.category FROM door_erasing() d));
CREATE POLICY kept ON case_file FOR SELECT TO hub_door
    USING (owner_id = (SELECT door_agency()) OR (SELECT door_person()) = 'system:retention');
CREATE POLICY kept ON contact FOR SELECT TO hub_door
    USING (agency_id = (SELECT door_agency()) OR (SELECT door_person()) = 'system:retention');
CREATE POLICY kept ON case_fact FOR SELECT TO hub_door
    USING (owner_id = (SELECT door_agency())
           AND ((SELECT door_person()) = 'system:retention' OR (SELECT door_has_role('{privacy_officer,agency_head}'))));
CREATE POLICY de_identified ON case_fact FOR UPDATE TO hub_door
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:retention')
    WITH CHECK (owner_id = (SELECT door_agency()) AND birth_year IS NULL);
CREATE POLICY de_identified ON contact FOR UPDATE TO hub_door
    USING (agency_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:retention')
    WITH CHECK (agency_id = (SELECT door_agency()) AND birth_year IS NULL);
