-- A hold: until she was called back nothing new goes out on her consent and no other agency reads what rests on it.
-- Emergencies (basis 'exception' and 'opening') go on, and the owner reads what it needs to call her.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON case_hold TO hub_door;
GRANT SELECT ON case_hold TO hub_app;
GRANT UPDATE (lifted_at, lifted_by) ON case_hold TO hub_app;
ALTER TABLE case_hold ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY held ON case_hold FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_holds(subject));
CREATE POLICY asked ON case_hold FOR SELECT TO hub_door USING (true);       -- inside door_held alone
CREATE POLICY placed ON case_hold FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));
CREATE POLICY lifted ON case_hold FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND lifted_at IS NULL AND door_holds(subject))
    WITH CHECK (owner_id = (SELECT door_agency()) AND lifted_by = (SELECT door_person()));
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'hold');

SET ROLE hub_door;
CREATE FUNCTION door_held(p_subject uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM case_hold h WHERE h.subject = p_subject AND h.lifted_at IS NULL);
END $$;

-- Whoever of the owner hears a call places it; a second one while it stands changes nothing.
CREATE FUNCTION hold_case(p_id uuid, p_subject uuid, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = p_subject AND s.kind = 'case' AND s.owner_id = door_agency())
       OR NOT door_has_role('{caseworker,hotline_worker,duty_supervisor,agency_supervisor,agency_head}') THEN
        RAISE EXCEPTION 'not this actor''s case' USING ERRCODE = '42501';
    END IF;
    INSERT INTO case_hold (id, subject, owner_id, since, placed_by) VALUES (p_id, p_subject, door_agency(), least(p_at, now()), door_person())
        ON CONFLICT (subject) WHERE lifted_at IS NULL DO NOTHING;
END $$;

-- Nothing is staged on her consent while the case is held.
CREATE FUNCTION nothing_goes_out_of_a_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.basis = 'consent' AND door_held(NEW.subject) THEN
        RAISE EXCEPTION 'the case is held' USING ERRCODE = '23H03';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION door_may_see(p_subject uuid, p_category text, p_part text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    suspended boolean;
BEGIN
    IF office IS NULL OR door_denied(p_subject, p_category) THEN
        RETURN false;
    END IF;
    suspended := door_suspended(door_person());
    RETURN EXISTS (
        SELECT 1 FROM access_grant g WHERE g.subject = p_subject AND g.agency_id = office AND g.revoked_at IS NULL
            AND (g.valid_until IS NULL OR g.valid_until > now())
            AND (g.category = p_category OR g.category = '*')
            AND (g.active_from <= now() OR (p_part = 'preview' AND g.preview_from <= now()))
            AND NOT (suspended AND g.basis = 'owner')       -- an overdue review: emergencies alone
            AND CASE WHEN g.account_id IS NOT NULL THEN g.account_id::text = door_person()
                WHEN g.owner_id = office THEN door_holds(p_subject)
                WHEN g.basis = 'consent' AND door_held(p_subject) THEN false
                ELSE door_has_role('{liaison,caseworker,duty_supervisor,agency_supervisor,agency_head}') END);
END $$;
REVOKE EXECUTE ON FUNCTION door_held(uuid), hold_case(uuid, uuid, timestamptz), nothing_goes_out_of_a_hold() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_held(uuid), hold_case(uuid, uuid, timestamptz) TO hub_app;
GRANT EXECUTE ON FUNCTION nothing_goes_out_of_a_hold() TO hub_owner;

SET ROLE hub_owner;
CREATE TRIGGER held BEFORE INSERT ON access_grant FOR EACH ROW EXECUTE FUNCTION nothing_goes_out_of_a_hold();
DROP POLICY received ON access_grant;
CREATE POLICY received ON access_grant FOR SELECT TO hub_app
    USING (agency_id = (SELECT door_agency()) AND (active_from <= now() OR preview_from <= now())
           AND NOT door_denied(subject, category)       -- nor whether she said no to somebody
           AND NOT (basis = 'consent' AND owner_id <> (SELECT door_agency()) AND door_held(subject)));
DROP POLICY party ON referral_note;
CREATE POLICY party ON referral_note FOR SELECT TO hub_door
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id
                   AND ((r.owner_id = (SELECT door_agency()) AND door_holds(r.case_id))
                        OR (r.recipient_id = (SELECT door_agency()) AND r.access_ended_at IS NULL
                            AND EXISTS (SELECT 1 FROM access_grant g WHERE g.referral_id = r.id AND g.revoked_at IS NULL
                                        AND (g.valid_until IS NULL OR g.valid_until > now())
                                        AND NOT (g.basis = 'consent' AND door_held(g.subject))))))
           AND NOT door_denied(subject, NULL));
