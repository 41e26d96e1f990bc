-- Without her consent, under a ground of the regulation: the holder sends (disclosure), or a liaison opens by code for a short
-- time (opening). Both leave who is told and who reviews in the same transaction; neither waits for an earlier review.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON emergency_act, emergency_task TO hub_door;
GRANT SELECT ON emergency_act, emergency_task TO hub_app;
GRANT UPDATE (reason, told_at) ON emergency_act TO hub_app;
GRANT UPDATE (exception_id) ON referral_category TO hub_app;
GRANT UPDATE (done_at, done_by, outcome, given_back_at, given_back_by) ON emergency_task TO hub_app;

ALTER TABLE emergency_act ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY concerned ON emergency_act FOR SELECT TO hub_app, hub_door
    USING ((SELECT door_agency()) IN (owner_id, agency_id) AND subject NOT IN (SELECT door_hidden()));
CREATE POLICY done ON emergency_act FOR INSERT TO hub_door
    WITH CHECK (agency_id = (SELECT door_agency()) AND account_id::text = (SELECT door_person()));
CREATE POLICY explained ON emergency_act FOR UPDATE TO hub_app
    USING (account_id::text = (SELECT door_person()) AND reason IS NULL) WITH CHECK (account_id::text = (SELECT door_person()));
CREATE POLICY told ON emergency_act FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject) AND reason IS NOT NULL)
    WITH CHECK (owner_id = (SELECT door_agency()));

ALTER TABLE emergency_task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY concerned ON emergency_task FOR SELECT TO hub_app
    USING ((SELECT door_agency()) IN (agency_id, owner_id, by_agency_id) AND subject NOT IN (SELECT door_hidden()));
CREATE POLICY weighed ON emergency_task FOR SELECT TO hub_door USING (true);     -- inside door_suspended alone
CREATE POLICY set ON emergency_task FOR INSERT TO hub_door
    WITH CHECK (by_agency_id = (SELECT door_agency()) AND account_id::text = (SELECT door_person()));
-- nobody reviews what he did himself, nor gives himself his work back
CREATE POLICY reviewed ON emergency_task FOR UPDATE TO hub_app
    USING (account_id::text <> (SELECT door_person())
           AND ((agency_id = (SELECT door_agency()) AND door_has_role(ARRAY[role]))
                OR (by_agency_id = (SELECT door_agency()) AND door_has_role(ARRAY[gives_back]))))
    WITH CHECK ((SELECT door_agency()) IN (agency_id, by_agency_id));

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON emergency_act
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'emergency');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON emergency_task
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'emergency');

CREATE POLICY pulled ON access_grant FOR INSERT TO hub_door
    WITH CHECK (basis = 'opening' AND agency_id = (SELECT door_agency()) AND account_id::text = (SELECT door_person()));

SET ROLE hub_door;
-- An emergency act of this person that nobody reviewed in time, whose weight has not been taken away again.
CREATE FUNCTION door_suspended(p_person text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN coalesce(p_person, 'system:') NOT LIKE 'system:%' AND EXISTS (SELECT 1 FROM emergency_task t
        WHERE t.account_id = p_person::uuid AND t.done_at IS NULL AND t.suspends_at <= now() AND t.given_back_at IS NULL);
END $$;

-- Signed in within the last few minutes: an opening is typed by the person, not by whoever found the screen.
CREATE FUNCTION door_is_fresh() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM sign_in_session s WHERE s.account_id::text = door_person() AND s.ended_at IS NULL
                   AND s.started_at > now() - interval '5 minutes');
END $$;

-- Who is told and who reviews; an act without somebody who reviews it is none.
CREATE FUNCTION set_emergency_tasks(p_act uuid, p_tasks jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO emergency_task (id, act_id, subject, owner_id, by_agency_id, account_id, agency_id, kind, role, gives_back, due, suspends_at)
        SELECT t.id, e.id, e.subject, e.owner_id, e.agency_id, e.account_id, t.agency, t.kind, t.role, t.gives_back, t.due, t.suspends_at
        FROM emergency_act e, jsonb_to_recordset(p_tasks)
             AS t (id uuid, agency uuid, kind text, role text, gives_back text, due timestamptz, suspends_at timestamptz)
        WHERE e.id = p_act AND e.account_id::text = door_person();
    IF NOT EXISTS (SELECT 1 FROM emergency_task t WHERE t.act_id = p_act AND t.kind = 'review') THEN
        RAISE EXCEPTION 'an emergency act that nobody reviews' USING ERRCODE = '23H05';
    END IF;
END $$;

-- Pull: the case with this code opens for this person, until p_until. No row: no such case, or not for this person; both
-- answers are one. The caller sets the tasks in the same transaction (the deferred check below asks for them).
CREATE FUNCTION open_emergency(p_act uuid, p_code text, p_ground text, p_categories text[], p_grants uuid[], p_at timestamptz,
                               p_until timestamptz, p_regulation uuid) RETURNS TABLE (subject uuid, owner_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    about subject := subject_of_code(p_code);
    person uuid;
BEGIN
    IF coalesce(door_person(), 'system:') LIKE 'system:%' OR NOT door_is_fresh() OR p_until <= now() OR p_until > now() + interval '1 day'
       OR NOT door_has_role('{liaison,caseworker,hotline_worker,duty_supervisor,agency_supervisor,agency_head}') THEN
        RAISE EXCEPTION 'not this actor''s to open' USING ERRCODE = '42501';
    END IF;
    person := door_person()::uuid;
    IF about.id IS NULL OR denied_to(about.id, NULL, door_agency(), door_desk(), person) THEN
        RETURN;
    END IF;
    INSERT INTO emergency_act (id, subject, owner_id, kind, ground, agency_id, account_id, recipient_id, categories, at, until, inform, regulation_id)
        VALUES (p_act, about.id, about.owner_id, 'opening', p_ground, door_agency(), person, door_agency(), to_jsonb(p_categories),
                least(p_at, now()), p_until, 'not-yet', p_regulation);
    INSERT INTO access_grant (id, subject, owner_id, agency_id, account_id, category, basis, basis_id, regulation_id, active_from, valid_until)
        SELECT w.id, about.id, about.owner_id, door_agency(), person, w.category, 'opening', p_act, p_regulation, least(p_at, now()), p_until
        FROM unnest(p_grants, p_categories) AS w (id, category);
    RETURN QUERY SELECT about.id, about.owner_id;
END $$;

-- Push: the holder sends a referral without consent. The grants follow in stage_grants.
CREATE FUNCTION begin_disclosure(p_act uuid, p_referral uuid, p_ground text, p_categories text[], p_at timestamptz, p_inform text,
                                 p_reason bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO emergency_act (id, subject, owner_id, kind, ground, agency_id, account_id, recipient_id, referral_id, categories,
                               at, inform, told_at, reason, regulation_id)
        SELECT p_act, r.case_id, r.owner_id, 'disclosure', p_ground, r.sender_id, door_person()::uuid, r.recipient_id, r.id,
               to_jsonb(p_categories), least(p_at, now()), p_inform, CASE WHEN p_inform = 'told' THEN least(p_at, now()) END, p_reason,
               r.regulation_id
        FROM referral r WHERE r.id = p_referral AND r.owner_id = door_agency() AND r.sender_id = door_agency()
             AND r.sent_at IS NULL AND door_person() NOT LIKE 'system:%' AND door_holds(r.case_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not this actor''s to share' USING ERRCODE = '42501';
    END IF;
END $$;

-- At the commit: every act has its reason and its review.
CREATE FUNCTION emergency_is_reviewed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM emergency_task t WHERE t.act_id = NEW.id AND t.kind = 'review')
       OR NOT EXISTS (SELECT 1 FROM emergency_act e WHERE e.id = NEW.id AND e.reason IS NOT NULL) THEN
        RAISE EXCEPTION 'an emergency act without reason or review' USING ERRCODE = '23H05';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION door_suspended(text), door_is_fresh(), set_emergency_tasks(uuid, jsonb),
    open_emergency(uuid, text, text, text[], uuid[], timestamptz, timestamptz, uuid),
    begin_disclosure(uuid, uuid, text, text[], timestamptz, text, bytea), emergency_is_reviewed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_emergency_tasks(uuid, jsonb),
    open_emergency(uuid, text, text, text[], uuid[], timestamptz, timestamptz, uuid),
    begin_disclosure(uuid, uuid, text, text[], timestamptz, text, bytea) TO hub_app;
GRANT EXECUTE ON FUNCTION emergency_is_reviewed() TO hub_owner;
SET ROLE hub_owner;
CREATE CONSTRAINT TRIGGER reviewed AFTER INSERT ON emergency_act
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION emergency_is_reviewed();
