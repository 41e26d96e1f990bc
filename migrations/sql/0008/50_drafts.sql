-- Drafts of referrals that were never sent: gone when nobody touched them for as long as the regulation says.
SET ROLE hub_owner;
GRANT DELETE ON referral, referral_category, urgency_lowering, spoken_code TO hub_door;
GRANT SELECT (referral_id, lowered_at) ON urgency_lowering TO hub_door;
CREATE POLICY kept ON referral FOR SELECT TO hub_door
    USING ((SELECT door_person()) = 'system:retention' AND sent_at IS NULL);
CREATE POLICY kept ON urgency_lowering FOR SELECT TO hub_door
    USING (EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id AND r.owner_id = (SELECT door_agency()) AND r.sent_at IS NULL));
CREATE POLICY stale ON referral FOR DELETE TO hub_door
    USING (owner_id = (SELECT door_agency()) AND sent_at IS NULL AND (SELECT door_person()) = 'system:retention');
CREATE POLICY stale ON referral_category FOR DELETE TO hub_door
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:retention');
CREATE POLICY stale ON urgency_lowering FOR DELETE TO hub_door USING ((SELECT door_person()) = 'system:retention');
CREATE POLICY stale ON spoken_code FOR DELETE TO hub_door
    USING (owner_id = (SELECT door_agency()) AND id <> subject AND (SELECT door_person()) = 'system:retention');

SET ROLE hub_door;
-- Erases one draft; false: it was sent, taken a step with, or something rests on it.
CREATE FUNCTION erase_draft(p_referral uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF door_person() IS DISTINCT FROM 'system:retention' THEN
        RAISE EXCEPTION 'not this actor''s to erase' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM referral r WHERE r.id = p_referral AND r.owner_id = door_agency() AND r.sent_at IS NULL;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM referral_event e WHERE e.referral_id = p_referral) THEN
        RETURN false;
    END IF;
    DELETE FROM urgency_lowering u WHERE u.referral_id = p_referral;
    DELETE FROM referral_category c WHERE c.referral_id = p_referral;
    DELETE FROM spoken_code s WHERE s.id = p_referral;
    DELETE FROM referral r WHERE r.id = p_referral;
    RETURN true;
EXCEPTION WHEN foreign_key_violation THEN
    RETURN false;
END $$;

-- Drafts of the own agency with the moment of their last change.
CREATE FUNCTION retention_drafts() RETURNS TABLE (referral uuid, code text, since timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF NOT (door_person() = 'system:retention' OR door_has_role('{privacy_officer,agency_head}')) THEN
        RAISE EXCEPTION 'not this actor''s to read' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT r.id, r.code, greatest(r.created_at,
                (SELECT max(u.lowered_at) FROM urgency_lowering u WHERE u.referral_id = r.id))
        FROM referral r WHERE r.owner_id = door_agency() AND r.sent_at IS NULL AND NOT r.imported
          AND NOT door_denied(r.case_id, NULL) AND NOT EXISTS (SELECT 1 FROM referral_event e WHERE e.referral_id = r.id);
END $$;
REVOKE EXECUTE ON FUNCTION erase_draft(uuid), retention_drafts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_draft(uuid), retention_drafts() TO hub_app;
SET ROLE hub_owner;
