-- The second factor: the role that starts sessions checks it; the web's own role sees neither secrets nor hashes.
SET ROLE hub_owner;
GRANT SELECT, INSERT, UPDATE (last_step, ended_at) ON totp_secret TO hub_signin;
GRANT SELECT, INSERT, UPDATE (ended_at) ON recovery_code TO hub_signin;

-- (a new wrapping of the same secret changes nothing about the account)
CREATE CONSTRAINT TRIGGER audited
    AFTER INSERT OR UPDATE OF id, account_id, last_step, made_at, ended_at OR DELETE ON totp_secret
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON recovery_code
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');
