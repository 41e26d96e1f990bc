-- An erasure part by part: proposed by who keeps privacy, approved by another person who heads the agency, then done.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON erasure_part TO hub_app;
GRANT UPDATE (stays_because, proposed_at, proposed_by, approval, approved_at, approved_by, erased_at) ON erasure_part TO hub_app;
ALTER TABLE erasure_part ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY decided ON erasure_part FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND NOT door_denied(subject, NULL)
           AND ((SELECT door_has_role('{privacy_officer,agency_head}')) OR door_holds(subject)));
CREATE POLICY proposed ON erasure_part FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND proposed_by = (SELECT door_person()) AND approval IS NULL AND erased_at IS NULL
                AND (SELECT door_has_role('{privacy_officer}'))
                AND EXISTS (SELECT 1 FROM rights_request r WHERE r.id = request_id AND r.subject = erasure_part.subject
                            AND r.kind = 'erasure' AND r.recorded_by <> (SELECT door_person())));
CREATE POLICY proposed_again ON erasure_part FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND approval IS NULL AND (SELECT door_has_role('{privacy_officer}')))
    WITH CHECK (owner_id = (SELECT door_agency()) AND proposed_by = (SELECT door_person()) AND approval IS NULL);
CREATE POLICY approved ON erasure_part FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND approval IS NULL AND stays_because IS NULL
           AND proposed_by <> (SELECT door_person()) AND (SELECT door_has_role('{agency_head}'))
           AND EXISTS (SELECT 1 FROM rights_request r WHERE r.id = request_id AND r.recorded_by <> (SELECT door_person())))
    WITH CHECK (owner_id = (SELECT door_agency()) AND approved_by = (SELECT door_person()) AND erased_at IS NULL);
CREATE POLICY erased ON erasure_part FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND approval IS NOT NULL AND erased_at IS NULL
           AND approved_by <> (SELECT door_person()) AND (SELECT door_has_role('{privacy_officer}')))
    WITH CHECK (owner_id = (SELECT door_agency()) AND approval IS NOT NULL AND erased_at IS NOT NULL);
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON erasure_part
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'rights');
