-- She was asked again: another consent takes the place of one that lives. Running referrals keep what both cover and lose the
-- rest in the same moment; what was replaced is not counted as withdrawn.
SET ROLE hub_owner;
GRANT UPDATE (replaced_by) ON consent TO hub_door;
GRANT UPDATE (consent_id) ON referral_category TO hub_door;
CREATE POLICY moved ON referral_category FOR UPDATE TO hub_door
    USING (owner_id = (SELECT door_agency())) WITH CHECK (owner_id = (SELECT door_agency()));
GRANT SELECT (replaced_by) ON consent TO hub_stat;
CREATE OR REPLACE VIEW stat_consent WITH (security_invoker = true) AS
    SELECT c.id, ARRAY[c.owner_id] AS agency_ids, f.survivor, c.given_at,
           CASE WHEN c.replaced_by IS NULL THEN c.withdrawn_at END AS withdrawn_at, f.statistics_consent, c.imported
    FROM consent c LEFT JOIN case_fact f ON f.case_id = c.case_id;

SET ROLE hub_door;
CREATE FUNCTION replace_consent(p_old uuid, p_new uuid, p_at timestamptz) RETURNS TABLE (referral_id uuid, still_covered boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    o consent;
    n consent;
    moment timestamptz := least(p_at, now());
    touched uuid[];
BEGIN
    SELECT * INTO o FROM consent c WHERE c.id = p_old;
    SELECT * INTO n FROM consent c WHERE c.id = p_new;
    IF o.id IS NULL OR n.id IS NULL OR o.owner_id <> door_agency() OR NOT door_holds(o.case_id)
       OR (o.case_id, o.purpose, o.service, o.recipient_id) IS DISTINCT FROM (n.case_id, n.purpose, n.service, n.recipient_id)
       OR n.withdrawn_at IS NOT NULL OR n.id = o.id THEN
        RAISE EXCEPTION 'not a consent that this one can replace' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM referral r
        WHERE r.id IN (SELECT rc.referral_id FROM referral_category rc WHERE rc.consent_id = p_old)
        ORDER BY r.id FOR UPDATE;
    UPDATE consent c SET withdrawn_at = greatest(moment, c.given_at), withdrawn_by = door_person(), replaced_by = p_new
        WHERE c.id = p_old AND c.withdrawn_at IS NULL AND c.valid_until > moment;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'it ended before' USING ERRCODE = '23H03';
    END IF;
    SELECT array_agg(DISTINCT rc.referral_id) INTO touched FROM referral_category rc WHERE rc.consent_id = p_old;
    INSERT INTO access_grant (id, subject, owner_id, agency_id, referral_id, category, basis, basis_id, regulation_id,
                              preview_from, active_from, valid_until)
        SELECT gen_random_uuid(), g.subject, g.owner_id, g.agency_id, g.referral_id, g.category, 'consent', p_new, g.regulation_id,
               CASE WHEN g.preview_from IS NOT NULL THEN greatest(moment, g.preview_from) END,
               CASE WHEN g.active_from IS NOT NULL THEN greatest(moment, g.active_from) END,
               CASE WHEN g.valid_until IS NULL OR g.valid_until >= o.valid_until THEN n.valid_until
                    ELSE least(g.valid_until, n.valid_until) END
        FROM access_grant g JOIN consent_category cc ON cc.consent_id = p_new AND cc.category = g.category
        WHERE g.basis = 'consent' AND g.basis_id = p_old AND g.revoked_at IS NULL;
    UPDATE access_grant g SET revoked_at = greatest(moment, g.active_from, g.preview_from)
        WHERE g.basis = 'consent' AND g.basis_id = p_old AND g.revoked_at IS NULL;
    UPDATE referral_category rc SET consent_id = p_new
        WHERE rc.consent_id = p_old
          AND EXISTS (SELECT 1 FROM consent_category cc WHERE cc.consent_id = p_new AND cc.category = rc.category);
    RETURN QUERY SELECT t.id, EXISTS (SELECT 1 FROM access_grant g WHERE g.referral_id = t.id AND g.revoked_at IS NULL)
        FROM unnest(touched) AS t (id);
END $$;
REVOKE EXECUTE ON FUNCTION replace_consent(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_consent(uuid, uuid, timestamptz) TO hub_app;
SET ROLE hub_owner;
