-- What a person sees and changes of the own account.
SET ROLE hub_owner;
GRANT INSERT (device) ON sign_in_session TO hub_signin;
GRANT UPDATE (password) ON account TO hub_door;

SET ROLE hub_door;
-- Where the acting person is signed in.
CREATE FUNCTION own_sessions() RETURNS TABLE (digest bytea, device text, started_at timestamptz, expires_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT s.digest, s.device, s.started_at, s.expires_at FROM sign_in_session s
        WHERE s.account_id::text = door_person() AND s.ended_at IS NULL AND s.expires_at > now();
END $$;

-- A new password for who acts, who signed in a moment ago: a screen that was left alone is not enough.
CREATE FUNCTION set_own_password(p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_is_fresh() OR p_hash NOT LIKE '$argon2id$%' THEN
        RAISE EXCEPTION 'a password is changed by its person, signed in afresh' USING ERRCODE = '42501';
    END IF;
    UPDATE account a SET password = p_hash WHERE a.id::text = door_person();
END $$;
REVOKE EXECUTE ON FUNCTION own_sessions(), set_own_password(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_sessions(), set_own_password(text) TO hub_app;
