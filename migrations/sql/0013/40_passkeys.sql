-- Public halves of passkeys: for the role that starts sessions, which has to know whose they are.
SET ROLE hub_owner;
GRANT SELECT, INSERT, UPDATE (sign_count, used_at, ended_at) ON passkey TO hub_signin;
GRANT SELECT (id, active) ON account TO hub_signin;

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON passkey
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');
