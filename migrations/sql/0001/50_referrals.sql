-- Consents, referrals and the steps that cross the owner's border.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON consent, consent_category, referral, referral_category, referral_event TO hub_app;
-- parties, case, service and code of a referral are fixed: nobody rewrites a party
GRANT UPDATE (status, version, reason, outcome, successor_id, sent_at, acknowledged_at, first_accepted_at, first_started_at,
              ended_at, acknowledge_due, act_due, act_met_at) ON referral TO hub_app;
GRANT UPDATE (consent_id) ON referral_category TO hub_app;
GRANT SELECT, UPDATE (withdrawn_at, withdrawn_by) ON consent TO hub_door;
GRANT SELECT ON consent_category, referral, referral_category, referral_event TO hub_door;
GRANT UPDATE (access_ended_at) ON referral TO hub_door;   -- by end_grants alone: who lost access cannot give it back to itself
GRANT SELECT, INSERT ON referral_note TO hub_door;

ALTER TABLE consent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consent FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()));
CREATE POLICY party_door ON consent FOR SELECT TO hub_door
    USING (owner_id = (SELECT door_agency()) OR recipient_id = (SELECT door_agency()));
CREATE POLICY recorded ON consent FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND withdrawn_at IS NULL
                AND door_keeps(case_id) AND (NOT imported OR (SELECT door_person()) LIKE 'system:%'));
CREATE POLICY ended ON consent FOR UPDATE TO hub_door
    USING (owner_id = (SELECT door_agency()) OR recipient_id = (SELECT door_agency()))
    WITH CHECK (owner_id = (SELECT door_agency()) OR recipient_id = (SELECT door_agency()));

ALTER TABLE consent_category ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consent_category FOR SELECT TO hub_app, hub_door
    USING (EXISTS (SELECT 1 FROM consent c WHERE c.id = consent_id));
CREATE POLICY recorded ON consent_category FOR INSERT TO hub_app
    WITH CHECK (EXISTS (SELECT 1 FROM consent c WHERE c.id = consent_id AND c.owner_id = (SELECT door_agency()))
                AND door_keeps(case_id));

ALTER TABLE referral ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY sent ON referral FOR SELECT TO hub_app, hub_door
    USING (sender_id = (SELECT door_agency()) OR owner_id = (SELECT door_agency()));
CREATE POLICY received ON referral FOR SELECT TO hub_app, hub_door
    USING (recipient_id = (SELECT door_agency()) AND sent_at IS NOT NULL);
CREATE POLICY coordinated ON referral FOR SELECT TO hub_app, hub_door
    USING (sent_at IS NOT NULL AND (SELECT door_has_role('{coordinator}')));
CREATE POLICY made ON referral FOR INSERT TO hub_app
    WITH CHECK (sender_id = (SELECT door_agency()) AND owner_id = (SELECT door_agency()) AND sent_at IS NULL
                AND door_keeps(case_id) AND (NOT imported OR (SELECT door_person()) LIKE 'system:%'));
CREATE POLICY stepped ON referral FOR UPDATE TO hub_app
    USING (sender_id = (SELECT door_agency()) OR owner_id = (SELECT door_agency())
           OR (recipient_id = (SELECT door_agency()) AND sent_at IS NOT NULL)
           OR (sent_at IS NOT NULL AND (SELECT door_has_role('{coordinator}'))))
    WITH CHECK (sender_id = (SELECT door_agency()) OR owner_id = (SELECT door_agency())
           OR (recipient_id = (SELECT door_agency()) AND sent_at IS NOT NULL)
           OR (sent_at IS NOT NULL AND (SELECT door_has_role('{coordinator}'))));
CREATE POLICY ended ON referral FOR UPDATE TO hub_door USING (true) WITH CHECK (true);   -- only what the policies above show

ALTER TABLE referral_category ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON referral_category FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()));
CREATE POLICY party_door ON referral_category FOR SELECT TO hub_door
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY attached ON referral_category FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency())
                AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.owner_id = (SELECT door_agency())
                            AND r.case_id = referral_category.case_id)
                AND door_keeps(case_id));
CREATE POLICY covered ON referral_category FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_keeps(case_id))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(case_id));

ALTER TABLE referral_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY party ON referral_event FOR SELECT TO hub_app, hub_door
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));
CREATE POLICY stepped ON referral_event FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency()) AND actor = (SELECT door_person())
                AND actor_name = coalesce((SELECT a.name FROM account a WHERE a.id::text = (SELECT door_person())),
                                          (SELECT door_person()))
                AND EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.case_id = referral_event.case_id
                            AND r.imported = referral_event.imported));

ALTER TABLE referral_note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY party ON referral_note FOR SELECT TO hub_door
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id
                   AND ((r.owner_id = (SELECT door_agency()) AND door_holds(r.case_id))
                        OR (r.recipient_id = (SELECT door_agency()) AND r.access_ended_at IS NULL
                            AND EXISTS (SELECT 1 FROM access_grant g WHERE g.referral_id = r.id AND g.revoked_at IS NULL
                                        AND (g.valid_until IS NULL OR g.valid_until > now())))))
           AND NOT door_denied(subject, NULL));
CREATE POLICY written ON referral_note FOR INSERT TO hub_door
    WITH CHECK (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id));

SET ROLE hub_door;
-- What no party rewrites: a time once set, its version, the sender's clock, the step of the other side.
CREATE FUNCTION referral_keeps_its_past() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at)
       OR (OLD.acknowledged_at IS NOT NULL AND NEW.acknowledged_at IS DISTINCT FROM OLD.acknowledged_at)
       OR (OLD.first_accepted_at IS NOT NULL AND NEW.first_accepted_at IS DISTINCT FROM OLD.first_accepted_at)
       OR (OLD.first_started_at IS NOT NULL AND NEW.first_started_at IS DISTINCT FROM OLD.first_started_at)
       OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
       OR (OLD.act_met_at IS NOT NULL AND NEW.act_met_at IS DISTINCT FROM OLD.act_met_at)
       OR (OLD.access_ended_at IS NOT NULL AND NEW.access_ended_at IS DISTINCT FROM OLD.access_ended_at)
       OR (OLD.sent_at IS NOT NULL AND NEW.acknowledge_due IS DISTINCT FROM OLD.acknowledge_due)
       OR (OLD.sent_at IS NOT NULL AND NEW.urgency IS DISTINCT FROM OLD.urgency)
       OR (NEW.status <> OLD.status AND NEW.version <> OLD.version + 1) OR NEW.version < OLD.version THEN
        RAISE EXCEPTION 'the past of a referral is not rewritten' USING ERRCODE = '42501';
    END IF;
    IF session_user = 'hub_app' AND (
        (NEW.first_accepted_at IS DISTINCT FROM OLD.first_accepted_at
         AND NOT (OLD.recipient_id = door_agency() OR (OLD.imported AND door_person() LIKE 'system:%')))
        OR (NEW.sent_at IS DISTINCT FROM OLD.sent_at AND OLD.sender_id <> door_agency())) THEN
        RAISE EXCEPTION 'the other side''s step' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION referral_keeps_its_past() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION referral_keeps_its_past() TO hub_owner;
SET ROLE hub_owner;
CREATE TRIGGER past BEFORE UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION referral_keeps_its_past();

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'consent');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON consent_category
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'consent');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON referral
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON referral_category
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON referral_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'referral');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON referral_note
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'referral');

SET ROLE hub_door;
-- At sending: one waiting grant per attached category, each on a consent that covers exactly this and lives now; what
-- rests on an emergency act of this very referral is open at once.
-- p_until: the day from which an adopted, later version of the regulation no longer allows the category, or NULL.
CREATE FUNCTION stage_grants(p_referral uuid, p_ids uuid[], p_categories text[], p_until timestamptz[], p_preview text[],
                             p_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    r referral;
    staged integer;
    excepted integer;
    moment timestamptz := least(p_at, clock_timestamp());   -- the past of a paper record, never the future
BEGIN
    SELECT * INTO r FROM referral WHERE referral.id = p_referral;
    IF r.id IS NULL OR r.owner_id <> door_agency() OR r.sender_id <> door_agency() OR r.access_ended_at IS NOT NULL
       OR NOT (door_person() LIKE 'system:%' OR door_holds(r.case_id)) THEN
        RAISE EXCEPTION 'not this actor''s to share' USING ERRCODE = '42501';
    END IF;
    INSERT INTO access_grant (id, subject, owner_id, agency_id, referral_id, category, basis, basis_id,
                              regulation_id, preview_from, valid_until)
        SELECT w.id, r.case_id, r.owner_id, r.recipient_id, r.id, w.category, 'consent', c.id, r.regulation_id,
               CASE WHEN w.category = ANY (p_preview) THEN least(p_at, now()) END, least(c.valid_until, w.until)
        FROM unnest(p_ids, p_categories, p_until) AS w (id, category, until)
        JOIN referral_category rc ON rc.referral_id = r.id AND rc.category = w.category
        JOIN consent c ON c.id = rc.consent_id AND c.case_id = r.case_id AND c.recipient_id = r.recipient_id
             AND c.service = r.service AND c.purpose = r.purpose
             AND c.withdrawn_at IS NULL AND c.given_at <= moment + interval '1 minute' AND c.valid_until > moment   -- clocks differ
        JOIN consent_category cc ON cc.consent_id = c.id AND cc.category = w.category
        WHERE rc.exception_id IS NULL
        FOR SHARE OF c;      -- a withdrawal under way at this moment is waited for, and a later one sees these grants
    GET DIAGNOSTICS staged = ROW_COUNT;
    INSERT INTO access_grant (id, subject, owner_id, agency_id, referral_id, category, basis, basis_id, regulation_id, active_from)
        SELECT w.id, r.case_id, r.owner_id, r.recipient_id, r.id, w.category, 'exception', e.id, r.regulation_id, least(p_at, now())
        FROM unnest(p_ids, p_categories) AS w (id, category)
        JOIN referral_category rc ON rc.referral_id = r.id AND rc.category = w.category
        JOIN emergency_act e ON e.id = rc.exception_id AND e.referral_id = r.id AND e.subject = r.case_id
             AND e.recipient_id = r.recipient_id AND e.categories ? w.category;
    GET DIAGNOSTICS excepted = ROW_COUNT;
    IF staged + excepted <> cardinality(p_categories) THEN
        RAISE EXCEPTION 'a category without a live consent' USING ERRCODE = '23H03';
    END IF;
    RETURN staged + excepted;
END $$;

-- At acceptance: what was agreed to and still is opens for the recipient.
CREATE FUNCTION open_grants(p_referral uuid, p_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    r referral;
    opened integer;
BEGIN
    SELECT * INTO r FROM referral WHERE referral.id = p_referral;
    IF r.id IS NULL OR r.first_accepted_at IS NULL OR r.access_ended_at IS NOT NULL
       OR NOT (r.recipient_id = door_agency() OR (r.imported AND r.owner_id = door_agency() AND door_person() LIKE 'system:%')) THEN
        RAISE EXCEPTION 'not this actor''s to open' USING ERRCODE = '42501';
    END IF;
    UPDATE access_grant g SET active_from = least(p_at, now())
        WHERE g.referral_id = r.id AND g.revoked_at IS NULL AND g.active_from IS NULL;
    GET DIAGNOSTICS opened = ROW_COUNT;
    RETURN opened;
END $$;

-- Decline, cancel, close, ...: what rested on this referral ends. Any party may end, nobody but the door may open.
CREATE FUNCTION end_grants(p_referral uuid, p_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    ended integer;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM referral r WHERE r.id = p_referral) THEN
        RAISE EXCEPTION 'no such referral' USING ERRCODE = '42501';
    END IF;
    UPDATE access_grant g SET revoked_at = greatest(least(p_at, now()), g.active_from, g.preview_from)
        WHERE g.referral_id = p_referral AND g.revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    UPDATE referral r SET access_ended_at = greatest(least(p_at, now()), r.sent_at) WHERE r.id = p_referral AND r.access_ended_at IS NULL
        AND door_agency() IN (r.owner_id, r.sender_id, r.recipient_id);
    RETURN ended;
END $$;

-- She said stop: the consents end and every grant that rests on them, in whatever status its referral is.
-- Returns the referrals that rested on them, also where access had ended before (one that was declined is not sent on
-- any more), and whether another consent still covers something of them. Locks in the
-- order of every step (referral, consent, grants), so that a withdrawal is never the victim of a deadlock.
CREATE FUNCTION end_consents(p_consents uuid[], p_at timestamptz) RETURNS TABLE (referral_id uuid, still_covered boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    ended uuid[];
BEGIN
    IF (SELECT count(*) FROM consent c WHERE c.id = ANY (p_consents)) <> cardinality(p_consents) THEN
        RAISE EXCEPTION 'no such consent' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM referral r
        WHERE r.id IN (SELECT rc.referral_id FROM referral_category rc WHERE rc.consent_id = ANY (p_consents))
        ORDER BY r.id FOR UPDATE;
    WITH now_ended AS (
        UPDATE consent c SET withdrawn_at = greatest(least(p_at, now()), c.given_at), withdrawn_by = door_person()
            WHERE c.id = ANY (p_consents) AND c.withdrawn_at IS NULL RETURNING c.id)
        SELECT array_agg(n.id) INTO ended FROM now_ended n;
    UPDATE access_grant g SET revoked_at = greatest(least(p_at, now()), g.active_from, g.preview_from)
        WHERE g.basis = 'consent' AND g.basis_id = ANY (p_consents) AND g.revoked_at IS NULL;
    RETURN QUERY SELECT DISTINCT rc.referral_id,
            EXISTS (SELECT 1 FROM access_grant g WHERE g.referral_id = rc.referral_id AND g.revoked_at IS NULL)
        FROM referral_category rc WHERE rc.consent_id = ANY (ended);
END $$;

-- The consents a referral rests on, for the party that was told "stop" (it learns their ids, not their content).
CREATE FUNCTION referral_consents(p_referral uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT DISTINCT rc.consent_id FROM referral_category rc JOIN referral r ON r.id = rc.referral_id
        WHERE rc.referral_id = p_referral AND rc.consent_id IS NOT NULL AND door_agency() IN (r.owner_id, r.sender_id, r.recipient_id) $$;

CREATE FUNCTION note_key(p_referral uuid) RETURNS TABLE (wrapped bytea, wrapping_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.wrapped, k.wrapping_key FROM referral r JOIN data_key k ON k.subject = r.case_id AND k.category = '_note'
        WHERE r.id = p_referral AND door_agency() IN (r.owner_id, r.sender_id, r.recipient_id) $$;

CREATE FUNCTION write_note(p_event uuid, p_need text, p_ciphertext bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO referral_note (event_id, referral_id, subject, need, ciphertext)
        SELECT e.id, e.referral_id, e.case_id, p_need, p_ciphertext FROM referral_event e
        WHERE e.id = p_event AND e.actor = door_person();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such step of this actor' USING ERRCODE = '42501';
    END IF;
END $$;

CREATE FUNCTION read_notes(p_referral uuid)
    RETURNS TABLE (event_id uuid, need text, ciphertext bytea, wrapped bytea, wrapping_key text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM referral r JOIN audit_subject a ON a.subject = r.case_id
        WHERE r.id = p_referral AND a.xid = pg_current_xact_id() AND a.kind = 'read' AND a.actor = coalesce(door_person(), '');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a read without its audit entry' USING ERRCODE = '23H02';
    END IF;
    RETURN QUERY SELECT n.event_id, n.need, n.ciphertext, k.wrapped, k.wrapping_key
        FROM referral_note n JOIN data_key k ON k.subject = n.subject AND k.category = '_note'
        WHERE n.referral_id = p_referral ORDER BY n.event_id;
END $$;
REVOKE EXECUTE ON FUNCTION stage_grants(uuid, uuid[], text[], timestamptz[], text[], timestamptz), open_grants(uuid, timestamptz),
    end_grants(uuid, timestamptz), end_consents(uuid[], timestamptz), referral_consents(uuid), note_key(uuid),
    write_note(uuid, text, bytea), read_notes(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stage_grants(uuid, uuid[], text[], timestamptz[], text[], timestamptz), open_grants(uuid, timestamptz),
    end_grants(uuid, timestamptz), end_consents(uuid[], timestamptz), referral_consents(uuid), note_key(uuid),
    write_note(uuid, text, bytea), read_notes(uuid) TO hub_app;
