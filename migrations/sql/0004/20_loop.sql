-- Clocks, who is assigned, who covers and is on call, who is told.
SET ROLE hub_owner;
GRANT SELECT, INSERT, UPDATE (look_at) ON referral_watch TO hub_app;
GRANT SELECT, UPDATE (look_at) ON referral_watch TO hub_door;
GRANT SELECT ON deadline_step TO hub_app;
GRANT INSERT ON deadline_step TO hub_door;
GRANT SELECT, INSERT, UPDATE (until) ON referral_assignment, account_cover, desk_duty TO hub_app;
GRANT SELECT, INSERT, UPDATE (read_at, sent_at) ON notice TO hub_app;
GRANT SELECT, INSERT, UPDATE (mail, sms, phone, digest, quiet_from, quiet_until) ON notice_preference TO hub_app;

GRANT SELECT, INSERT ON urgency_lowering TO hub_app;
GRANT UPDATE (urgency) ON referral TO hub_app;      -- before sending alone: referral_keeps_its_past

-- What a supervisor let go with less urgency, and why (sealed with the notes' key).
ALTER TABLE urgency_lowering ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON urgency_lowering FOR SELECT TO hub_app
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.owner_id = (SELECT door_agency())));
CREATE POLICY lowered ON urgency_lowering FOR INSERT TO hub_app
    WITH CHECK (lowered_by = (SELECT door_person()) AND (SELECT door_has_role('{agency_supervisor}')) AND door_holds(case_id)
                AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.case_id = urgency_lowering.case_id
                            AND r.owner_id = (SELECT door_agency()) AND r.sent_at IS NULL));

ALTER TABLE referral_watch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY party ON referral_watch FOR SELECT TO hub_app USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY set ON referral_watch FOR INSERT TO hub_app
    WITH CHECK (EXISTS (SELECT 1 FROM referral r
                        WHERE r.id = referral_id AND r.owner_id = referral_watch.owner_id AND NOT r.imported));
CREATE POLICY moved ON referral_watch FOR UPDATE TO hub_app
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id))
    WITH CHECK (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY read_by_door ON referral_watch FOR SELECT TO hub_door USING (true);      -- inside take_due and worker_lag alone
CREATE POLICY taken ON referral_watch FOR UPDATE TO hub_door USING (true) WITH CHECK (true);

-- A recipient learns of the steps that name it. Which were passed over, and why, is the owner's to know.
ALTER TABLE deadline_step ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON deadline_step FOR SELECT TO hub_app
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND (SELECT door_agency()) IN (r.owner_id, r.sender_id)));
CREATE POLICY named ON deadline_step FOR SELECT TO hub_app
    USING (agency_id = (SELECT door_agency()) AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY coordinated ON deadline_step FOR SELECT TO hub_app
    USING ((SELECT door_has_role('{coordinator}')) AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY fired ON deadline_step FOR INSERT TO hub_door
    WITH CHECK (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.owner_id = (SELECT door_agency())));

-- Who of a party looks after a referral is that party's affair, and of the tasks that remind.
ALTER TABLE referral_assignment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON referral_assignment FOR SELECT TO hub_app
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id)
           AND (agency_id = (SELECT door_agency()) OR (SELECT door_person()) IN ('system:deadlines', 'system:notices')));
CREATE POLICY given ON referral_assignment FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency()) AND given_by = (SELECT door_person()) AND until IS NULL
                AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.case_id = referral_assignment.case_id)
                AND EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.active AND a.agency_id = (SELECT door_agency()))
                AND NOT EXISTS (SELECT 1 FROM door_barred(case_id, ARRAY[account_id])));
CREATE POLICY ended ON referral_assignment FOR UPDATE TO hub_app
    USING (agency_id = (SELECT door_agency()) AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id))
    WITH CHECK (agency_id = (SELECT door_agency()));

ALTER TABLE account_cover ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY known ON account_cover FOR SELECT TO hub_app USING ((SELECT door_agency()) IS NOT NULL);
CREATE POLICY arranged ON account_cover FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency())
                AND (account_id::text = (SELECT door_person())
                     OR (SELECT door_has_role('{agency_supervisor,duty_supervisor,agency_head}')))
                AND 2 = (SELECT count(*) FROM account a WHERE a.id IN (account_id, cover_id) AND a.active
                         AND a.agency_id = (SELECT door_agency())));
CREATE POLICY ended ON account_cover FOR UPDATE TO hub_app
    USING (agency_id = (SELECT door_agency()) AND (account_id::text = (SELECT door_person())
           OR (SELECT door_has_role('{agency_supervisor,duty_supervisor,agency_head}'))))
    WITH CHECK (agency_id = (SELECT door_agency()));

ALTER TABLE desk_duty ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY known ON desk_duty FOR SELECT TO hub_app USING ((SELECT door_agency()) IS NOT NULL);
CREATE POLICY arranged ON desk_duty FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency()) AND (SELECT door_has_role('{agency_supervisor,duty_supervisor,agency_head}'))
                AND EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.active AND a.agency_id = (SELECT door_agency()))
                AND EXISTS (SELECT 1 FROM desk d WHERE d.id = desk_id AND d.agency_id = (SELECT door_agency())));
CREATE POLICY ended ON desk_duty FOR UPDATE TO hub_app
    USING (agency_id = (SELECT door_agency()) AND (SELECT door_has_role('{agency_supervisor,duty_supervisor,agency_head}')))
    WITH CHECK (agency_id = (SELECT door_agency()));

ALTER TABLE notice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON notice FOR SELECT TO hub_app USING (account_id::text = (SELECT door_person()));
CREATE POLICY sending ON notice FOR SELECT TO hub_app
    USING ((SELECT door_person()) = 'system:notices'
           AND EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.agency_id = (SELECT door_agency())));
CREATE POLICY told ON notice FOR INSERT TO hub_app
    WITH CHECK ((SELECT door_person()) = 'system:notices' AND read_at IS NULL AND sent_at IS NULL
                AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY read_or_sent ON notice FOR UPDATE TO hub_app
    USING (account_id::text = (SELECT door_person())
           OR ((SELECT door_person()) = 'system:notices'
               AND EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.agency_id = (SELECT door_agency()))))
    WITH CHECK (true);

ALTER TABLE notice_preference ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON notice_preference FOR SELECT TO hub_app
    USING (account_id::text = (SELECT door_person())
           OR ((SELECT door_person()) = 'system:notices'
               AND EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.agency_id = (SELECT door_agency()))));
CREATE POLICY chosen ON notice_preference FOR INSERT TO hub_app WITH CHECK (account_id::text = (SELECT door_person()));
CREATE POLICY changed ON notice_preference FOR UPDATE TO hub_app
    USING (account_id::text = (SELECT door_person())) WITH CHECK (account_id::text = (SELECT door_person()));

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON urgency_lowering
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON deadline_step
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON referral_assignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON account_cover
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'duty');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON desk_duty
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'duty');

SET ROLE hub_door;
-- The clocks to look at now, of every agency: ids and the owner's code. Each is put back for five minutes, so that a
-- job that is lost loses no deadline; the job itself says when to look next.
CREATE FUNCTION take_due(p_now timestamptz, p_most integer) RETURNS TABLE (referral_id uuid, owner_code text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF door_person() IS DISTINCT FROM 'system:deadlines' THEN
        RAISE EXCEPTION 'not this actor''s to watch' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY
        WITH picked AS (
            SELECT w.referral_id FROM referral_watch w WHERE w.look_at <= p_now ORDER BY w.look_at LIMIT p_most
            FOR UPDATE SKIP LOCKED),
        moved AS (
            UPDATE referral_watch w SET look_at = p_now + interval '5 minutes' FROM picked p
            WHERE w.referral_id = p.referral_id RETURNING w.referral_id, w.owner_id)
        SELECT m.referral_id, g.code FROM moved m JOIN agency g ON g.id = m.owner_id;
END $$;

-- One step of a ladder, once: by the owner's own task, while the clock is neither met nor the referral from paper.
CREATE FUNCTION fire_step(p_id uuid, p_referral uuid, p_clock text, p_kind text, p_position integer, p_due timestamptz,
                          p_at timestamptz, p_side text, p_role text, p_agency uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    r referral;
BEGIN
    SELECT * INTO r FROM referral WHERE referral.id = p_referral;
    IF r.id IS NULL OR r.owner_id <> door_agency() OR door_person() IS DISTINCT FROM 'system:deadlines' OR r.imported
       OR r.sent_at IS NULL OR p_due <= r.sent_at OR p_due > p_at
       OR (p_clock = 'acknowledge' AND r.acknowledged_at IS NOT NULL) OR (p_clock = 'act' AND r.act_met_at IS NOT NULL) THEN
        RAISE EXCEPTION 'no step of a clock that runs' USING ERRCODE = '42501';
    END IF;
    INSERT INTO deadline_step (id, referral_id, case_id, clock, kind, position, due_at, fired_at, side, role, agency_id)
        VALUES (p_id, r.id, r.case_id, p_clock, p_kind, p_position, p_due, p_at, p_side, p_role, p_agency)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;
REVOKE EXECUTE ON FUNCTION take_due(timestamptz, integer),
    fire_step(uuid, uuid, text, text, integer, timestamptz, timestamptz, text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_due(timestamptz, integer),
    fire_step(uuid, uuid, text, text, integer, timestamptz, timestamptz, text, text, uuid) TO hub_app;
