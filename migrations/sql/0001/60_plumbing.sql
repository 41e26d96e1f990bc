-- Directory, regulation, accounts, sessions: read before anybody acts, so column rights instead of row security.
SET ROLE hub_owner;
GRANT SELECT ON regulation_version, agency, agency_former_name, area, agency_area, agency_service, desk, role TO hub_app;
GRANT SELECT ON account, account_role TO hub_app;
GRANT UPDATE (locale) ON account TO hub_app;      -- never agency, desk, password, active or roles
-- Who proved a password gets a session from a role that can do nothing else: the web's own role cannot make one.
GRANT INSERT (digest, account_id, started_at, expires_at) ON sign_in_session TO hub_signin;
GRANT INSERT (uid, subject, kind, envelope) ON audit_entry TO hub_signin;

SET ROLE hub_door;
CREATE FUNCTION regulation_is_immutable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'an adopted regulation is never changed; adopt a new version' USING ERRCODE = '42501';
END $$;
REVOKE EXECUTE ON FUNCTION regulation_is_immutable() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION regulation_is_immutable() TO hub_owner;
SET ROLE hub_owner;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON regulation_version FOR EACH ROW EXECUTE FUNCTION regulation_is_immutable();
CREATE TRIGGER kept BEFORE TRUNCATE ON regulation_version FOR EACH STATEMENT EXECUTE FUNCTION regulation_is_immutable();

-- People, their roles and sessions, the directory and the regulation change with an entry of their own as well; which
-- language somebody reads is nobody's business.
CREATE CONSTRAINT TRIGGER audited
    AFTER INSERT OR UPDATE OF id, email, name, password, active, fs_uniquifier, agency_id, desk_id OR DELETE ON account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'account');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON account_role
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON sign_in_session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON regulation_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'regulation');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON agency
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'directory');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON agency_former_name
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('agency_id', 'directory');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON agency_area
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('agency_id', 'directory');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON agency_service
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('agency_id', 'directory');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON desk
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('agency_id', 'directory');
