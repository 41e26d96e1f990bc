-- Requests about personal data: seen by who takes them; one that leads to her record also needs to be let near it.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON rights_request TO hub_app;
GRANT UPDATE (confirmed_at, confirmed_by, answered_at, answered_by, answer) ON rights_request TO hub_app;
ALTER TABLE rights_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY desk ON rights_request FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency())
           AND CASE WHEN subject IS NULL
               THEN (SELECT door_has_role('{privacy_officer,agency_head,caseworker,hotline_worker,duty_supervisor,agency_supervisor}'))
               ELSE door_holds(subject) OR ((SELECT door_has_role('{privacy_officer,agency_head}')) AND NOT door_denied(subject, NULL))
               END);
CREATE POLICY taken ON rights_request FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND recorded_by = (SELECT door_person()) AND answered_at IS NULL
                AND CASE WHEN subject IS NULL
                    THEN (SELECT door_has_role('{privacy_officer,caseworker,hotline_worker,duty_supervisor,agency_supervisor}'))
                    ELSE door_holds(subject) END);
-- Whatever somebody else than she asked is decided by who is in charge of data protection, nobody else.
CREATE POLICY answered ON rights_request FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND answered_at IS NULL
           AND ((SELECT door_has_role('{privacy_officer}')) OR (subject IS NOT NULL AND door_holds(subject))))
    WITH CHECK (owner_id = (SELECT door_agency())
                AND (answered_by = (SELECT door_person())
                     OR (answered_at IS NULL AND subject IS NOT NULL AND confirmed_by = (SELECT door_person()))));
-- The task that tells people when a clock has run out.
CREATE POLICY watched ON rights_request FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency()) AND (SELECT door_person()) = 'system:notices');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON rights_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'rights');
