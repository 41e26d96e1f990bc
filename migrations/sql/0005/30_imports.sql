-- Consents written elsewhere that were taken in: what they came to. They open nothing; no function reads them for a grant.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON consent_import TO hub_app;
GRANT UPDATE (settled_at, settled_by, settlement) ON consent_import TO hub_app;
ALTER TABLE consent_import ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY kept ON consent_import FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY taken ON consent_import FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject) AND settled_at IS NULL);
CREATE POLICY settled ON consent_import FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject) AND settled_at IS NULL)
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject) AND settled_by = (SELECT door_person()));
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON consent_import
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'consent');
