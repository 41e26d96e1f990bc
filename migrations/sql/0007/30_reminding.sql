-- Consents that run out: who keeps such cases, as codes of agencies alone, for the task that tells people; and notices that are
-- about no referral, to people of the acting agency alone.
SET ROLE hub_owner;
DROP POLICY told ON notice;
CREATE POLICY told ON notice FOR INSERT TO hub_app
    WITH CHECK ((SELECT door_person()) = 'system:notices' AND read_at IS NULL AND sent_at IS NULL
                AND CASE WHEN referral_id IS NULL
                    THEN EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.agency_id = (SELECT door_agency()))
                    ELSE EXISTS (SELECT 1 FROM referral r WHERE r.id = referral_id) END);
CREATE POLICY watched ON consent FOR SELECT TO hub_door USING ((SELECT door_person()) = 'system:notices');
SET ROLE hub_door;
CREATE FUNCTION consents_ending(p_from timestamptz, p_until timestamptz) RETURNS TABLE (owner_code text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF door_person() IS DISTINCT FROM 'system:notices' THEN
        RAISE EXCEPTION 'not this actor''s to watch' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT DISTINCT g.code FROM consent c JOIN agency g ON g.id = c.owner_id
        WHERE c.withdrawn_at IS NULL AND c.valid_until > p_from AND c.valid_until <= p_until ORDER BY g.code;
END $$;
REVOKE EXECUTE ON FUNCTION consents_ending(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consents_ending(timestamptz, timestamptz) TO hub_app;
SET ROLE hub_owner;
