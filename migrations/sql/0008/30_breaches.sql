-- Incidents with data: seen and kept by who keeps privacy and who heads the agency, nobody else.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON breach, breach_notice TO hub_app;
GRANT UPDATE (closed_at, closed_by) ON breach TO hub_app;
ALTER TABLE breach ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY kept ON breach FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_has_role('{privacy_officer,agency_head}')));
CREATE POLICY recorded ON breach FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND recorded_by = (SELECT door_person()) AND closed_at IS NULL
                AND (SELECT door_has_role('{privacy_officer,agency_head}')));
CREATE POLICY closed ON breach FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND closed_at IS NULL AND (SELECT door_has_role('{privacy_officer,agency_head}')))
    WITH CHECK (owner_id = (SELECT door_agency()) AND closed_by = (SELECT door_person()));
ALTER TABLE breach_notice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY kept ON breach_notice FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_has_role('{privacy_officer,agency_head}')));
CREATE POLICY recorded ON breach_notice FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND recorded_by = (SELECT door_person())
                AND EXISTS (SELECT 1 FROM breach b WHERE b.id = breach_id AND b.owner_id = (SELECT door_agency())));
CREATE POLICY watched ON breach FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:notices');
CREATE POLICY watched ON breach_notice FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:notices');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON breach
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'breach');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON breach_notice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'breach');
