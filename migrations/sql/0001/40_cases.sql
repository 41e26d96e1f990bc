-- Case headers, facts, services given by the owner, contacts, perpetrator records, outreach: seen by their owner.
-- A new row names a subject of the acting agency; the check runs before any key is looked up, so that another agency's
-- case and one that does not exist are refused alike.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON case_file, case_fact, service_episode, contact, register_row, perpetrator_record, outreach_activity TO hub_app;
GRANT UPDATE (closed_at, closure_reason) ON case_file TO hub_app;
GRANT UPDATE (channel, sex, birth_year, age_band, area, gbv_type, relationship, risk_level, statistics_consent) ON case_fact TO hub_app;
GRANT UPDATE (ended_at, outcome) ON service_episode TO hub_app;

ALTER TABLE case_file ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON case_file FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()));
CREATE POLICY opened ON case_file FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND EXISTS (SELECT 1 FROM subject s WHERE s.id = case_file.id));
CREATE POLICY changed ON case_file FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_keeps(id))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(id));

ALTER TABLE case_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON case_fact FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_keeps(case_id));
CREATE POLICY stated ON case_fact FOR INSERT TO hub_app WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(case_id));
CREATE POLICY changed ON case_fact FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(case_id))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(case_id));

ALTER TABLE service_episode ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON service_episode FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY given ON service_episode FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY changed ON service_episode FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_keeps(subject))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(subject));

ALTER TABLE contact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON contact FOR SELECT TO hub_app USING (agency_id = (SELECT door_agency()));
CREATE POLICY received ON contact FOR INSERT TO hub_app
    WITH CHECK (agency_id = (SELECT door_agency())
                AND (case_id IS NULL OR EXISTS (SELECT 1 FROM subject s WHERE s.id = case_id)));

ALTER TABLE register_row ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON register_row FOR SELECT TO hub_app USING (agency_id = (SELECT door_agency()));
CREATE POLICY imported ON register_row FOR INSERT TO hub_app WITH CHECK (agency_id = (SELECT door_agency()));

ALTER TABLE perpetrator_record ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY compartment ON perpetrator_record FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_has_role('{perpetrator_worker}')));
CREATE POLICY opened ON perpetrator_record FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency())
                AND ((SELECT door_person()) LIKE 'system:%' OR (SELECT door_has_role('{perpetrator_worker}')))
                AND EXISTS (SELECT 1 FROM subject s WHERE s.id = perpetrator_record.id)
                AND (case_id IS NULL OR EXISTS (SELECT 1 FROM subject s WHERE s.id = case_id)));

ALTER TABLE outreach_activity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON outreach_activity FOR SELECT TO hub_app USING (agency_id = (SELECT door_agency()));
CREATE POLICY held ON outreach_activity FOR INSERT TO hub_app WITH CHECK (agency_id = (SELECT door_agency()));

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_file
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'case');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_fact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('case_id', 'case');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON service_episode
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'service');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'contact');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON perpetrator_record
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'perpetrator');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON outreach_activity
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'outreach');
