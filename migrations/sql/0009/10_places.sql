-- Free beds and slots: read by who refers or answers, written by the agency itself about a service that it gives.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON free_place TO hub_app;
ALTER TABLE free_place ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY known ON free_place FOR SELECT TO hub_app
    USING ((SELECT door_has_role('{caseworker,hotline_worker,liaison,duty_supervisor,agency_supervisor,agency_head,coordinator}')));
CREATE POLICY said ON free_place FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency()) AND set_by = (SELECT door_person())
                AND (SELECT door_has_role('{caseworker,liaison,duty_supervisor,agency_supervisor,agency_head}'))
                AND EXISTS (SELECT 1 FROM agency_service s
                            WHERE s.agency_id = (SELECT door_agency()) AND s.service = free_place.service));
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON free_place
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'directory');
