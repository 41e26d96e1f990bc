-- What somebody still has to do about a case: seen by who has to do it, and by who holds the case and asked another agency.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON task TO hub_door;
GRANT SELECT ON task TO hub_app;
GRANT UPDATE (done_at, done_by, outcome, kept) ON task TO hub_app;
SET ROLE hub_door;
-- Whether a task is this person's agency's to do, and this person's to see.
CREATE FUNCTION door_asked(p_subject uuid, p_owner uuid, p_agency uuid, p_role text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF p_agency IS DISTINCT FROM door_agency() OR door_denied(p_subject, NULL) THEN
        RETURN false;
    ELSIF p_role IS NOT NULL THEN
        RETURN door_has_role(ARRAY[p_role]);
    ELSIF p_owner = p_agency THEN
        RETURN door_holds(p_subject);
    END IF;
    RETURN door_has_role('{liaison,caseworker,duty_supervisor,agency_supervisor,agency_head}');
END $$;

-- Tasks about a case of the acting agency, or of which it is the recipient of a referral; who hears her say stop asks, whoever
-- that is. Another agency is asked only about a referral that it received. What is open already stays as it is.
CREATE FUNCTION open_tasks(p_subject uuid, p_tasks jsonb, p_at timestamptz) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    owner uuid := coalesce((SELECT s.owner_id FROM subject s WHERE s.id = p_subject),
                           (SELECT r.owner_id FROM referral r WHERE r.case_id = p_subject LIMIT 1));
BEGIN
    IF owner IS NULL OR EXISTS (
        SELECT 1 FROM jsonb_to_recordset(p_tasks) AS t (agency_id uuid, referral_id uuid)
        WHERE NOT ((t.agency_id = owner AND t.referral_id IS NULL)
                   OR EXISTS (SELECT 1 FROM referral r WHERE r.id = t.referral_id AND r.case_id = p_subject
                              AND r.sent_at IS NOT NULL AND t.agency_id IN (r.owner_id, r.recipient_id)))) THEN
        RAISE EXCEPTION 'not this actor''s case, or a task for somebody who has nothing to do with it' USING ERRCODE = '42501';
    END IF;
    INSERT INTO task (id, subject, owner_id, agency_id, role, kind, referral_id, due, opened_at, opened_by)
        SELECT t.id, p_subject, owner, t.agency_id, t.role, t.kind, t.referral_id, t.due, least(p_at, now()), door_person()
        FROM jsonb_to_recordset(p_tasks) AS t (id uuid, agency_id uuid, role text, kind text, referral_id uuid, due timestamptz)
        ON CONFLICT DO NOTHING;
    RETURN owner;
END $$;
REVOKE EXECUTE ON FUNCTION door_asked(uuid, uuid, uuid, text), open_tasks(uuid, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_asked(uuid, uuid, uuid, text), open_tasks(uuid, jsonb, timestamptz) TO hub_app;

SET ROLE hub_owner;
ALTER TABLE task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY asked ON task FOR SELECT TO hub_app USING (door_asked(subject, owner_id, agency_id, role));
CREATE POLICY asking ON task FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND agency_id <> owner_id AND role IS NULL AND door_holds(subject));
CREATE POLICY told ON task FOR SELECT TO hub_app     -- the owner's worker, who looks up whom to tell
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) LIKE 'system:%');
CREATE POLICY checked ON task FOR SELECT TO hub_door USING (true);      -- inside open_tasks, for its conflicts
CREATE POLICY opened ON task FOR INSERT TO hub_door WITH CHECK (opened_by = (SELECT door_person()));
CREATE POLICY done ON task FOR UPDATE TO hub_app
    USING (done_at IS NULL AND door_asked(subject, owner_id, agency_id, role))
    WITH CHECK (agency_id = (SELECT door_agency()) AND done_by = (SELECT door_person()));
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON task
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'task');
