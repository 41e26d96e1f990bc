-- Cases of one household or of one incident: that there is a link is seen by who holds both cases, and nothing else of
-- the other. That one man hurt two women: two records of one person, for the workers of that compartment alone.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON case_link TO hub_app;
GRANT UPDATE (ended_at) ON case_link TO hub_app;
ALTER TABLE case_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY held ON case_link FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject) AND door_holds(other));
CREATE POLICY linked ON case_link FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject) AND door_holds(other)
                AND EXISTS (SELECT 1 FROM case_file c WHERE c.id = case_link.subject)
                AND EXISTS (SELECT 1 FROM case_file c WHERE c.id = case_link.other));
CREATE POLICY ended ON case_link FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject) AND door_holds(other))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject) AND door_holds(other));
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_link
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'case');
CREATE CONSTRAINT TRIGGER audited_other AFTER INSERT OR UPDATE OR DELETE ON case_link
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('other', 'case');

GRANT UPDATE (person) ON perpetrator_record TO hub_app;
CREATE POLICY one_person ON perpetrator_record FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_has_role('{perpetrator_worker}')) AND door_holds(id))
    WITH CHECK (owner_id = (SELECT door_agency()) AND (SELECT door_has_role('{perpetrator_worker}')) AND door_holds(id));

SET ROLE hub_door;
-- Records of the acting agency that carry the same name as this one, for a worker of the compartment.
CREATE FUNCTION records_named_alike(p_record uuid) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF door_has_role('{perpetrator_worker}') AND door_holds(p_record) THEN
        RETURN QUERY SELECT DISTINCT m.subject FROM search_mark mine JOIN search_mark m USING (owner_id, category, digest)
            JOIN subject s ON s.id = m.subject
            WHERE mine.subject = p_record AND m.subject <> p_record AND mine.owner_id = door_agency()
              AND s.kind = 'perpetrator' AND door_holds(m.subject);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION records_named_alike(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_named_alike(uuid) TO hub_app;
SET ROLE hub_owner;
