-- Joiners, movers and leavers of an agency, by its supervisor; a colleague who is locked out, by whoever is on duty.
SET ROLE hub_owner;
GRANT INSERT, UPDATE (active, desk_id) ON account TO hub_door;
GRANT INSERT, DELETE ON account_role TO hub_door;
GRANT SELECT, INSERT, UPDATE (ended_at) ON invitation TO hub_door;
GRANT SELECT, INSERT ON recovery_code TO hub_door;

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON invitation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('account_id', 'account');

SET ROLE hub_door;
-- What a supervisor gives and takes: the roles of who works with cases. The others come from who runs the hub.
CREATE FUNCTION roles_of_case_work() RETURNS text[] LANGUAGE sql IMMUTABLE
    RETURN ARRAY['caseworker', 'hotline_worker', 'liaison', 'duty_supervisor', 'perpetrator_worker', 'statistics_viewer'];

-- Who acts may manage this colleague: freshly signed in, same agency, never oneself; who has another role than those
-- above, the head alone.
CREATE FUNCTION door_manages(p_account uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN door_is_fresh() AND p_account::text <> door_person()
        AND EXISTS (SELECT 1 FROM account a WHERE a.id = p_account AND a.agency_id = door_agency())
        AND (door_has_role('{agency_head}') OR (door_has_role('{agency_supervisor}') AND NOT EXISTS (
             SELECT 1 FROM account_role r WHERE r.account_id = p_account AND r.role <> ALL (roles_of_case_work()))));
END $$;

CREATE FUNCTION place_person(p_account uuid, p_desk uuid, p_roles text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_manages(p_account) OR NOT p_roles <@ roles_of_case_work() OR (p_desk IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM desk d WHERE d.id = p_desk AND d.agency_id = door_agency() AND d.closed_at IS NULL)) THEN
        RAISE EXCEPTION 'not this person, desk or role' USING ERRCODE = '42501';
    END IF;
    UPDATE account a SET desk_id = p_desk WHERE a.id = p_account;
    DELETE FROM account_role r WHERE r.account_id = p_account AND r.role = ANY (roles_of_case_work()) AND r.role <> ALL (p_roles);
    INSERT INTO account_role (account_id, role) SELECT p_account, one FROM unnest(p_roles) one ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION make_person(p_account uuid, p_email text, p_name text, p_hash text, p_mark text, p_locale text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_is_fresh() OR NOT door_has_role('{agency_supervisor,agency_head}') THEN
        RAISE EXCEPTION 'colleagues are invited by their supervisor' USING ERRCODE = '42501';
    END IF;
    INSERT INTO account (id, email, name, password, active, fs_uniquifier, agency_id, locale)
        VALUES (p_account, p_email, p_name, p_hash, true, p_mark, door_agency(), p_locale);
END $$;

-- A link to choose a password. Whoever was let in by word of mouth these days gets none: one person alone would hold both
-- halves of somebody else's sign-in.
CREATE FUNCTION invite_person(p_account uuid, p_digest bytea, p_at timestamptz, p_until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_manages(p_account) OR p_until > now() + interval '8 days' OR EXISTS (SELECT 1 FROM recovery_code r
            WHERE r.account_id = p_account AND r.until IS NOT NULL AND r.made_at > now() - interval '7 days') THEN
        RAISE EXCEPTION 'no link for this person by this one' USING ERRCODE = '42501';
    END IF;
    UPDATE invitation i SET ended_at = p_at WHERE i.account_id = p_account AND i.ended_at IS NULL;
    INSERT INTO invitation (digest, account_id, made_by, made_at, until)
        VALUES (p_digest, p_account, door_person()::uuid, p_at, p_until);
END $$;

CREATE FUNCTION leave_agency(p_account uuid, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_manages(p_account) THEN
        RAISE EXCEPTION 'not this person' USING ERRCODE = '42501';
    END IF;
    UPDATE account a SET active = false WHERE a.id = p_account;
    UPDATE sign_in_session s SET ended_at = now() WHERE s.account_id = p_account AND s.ended_at IS NULL;
    UPDATE invitation i SET ended_at = p_at WHERE i.account_id = p_account AND i.ended_at IS NULL;
END $$;

-- One code for one shift, told by telephone, in place of the second factor; never by who sent the same person a link.
CREATE FUNCTION let_in(p_account uuid, p_digest bytea, p_at timestamptz, p_until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_is_fresh() OR NOT door_has_role('{duty_supervisor,agency_supervisor,agency_head}')
       OR p_account::text = door_person() OR p_until > now() + interval '1 hour'
       OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = p_account AND a.agency_id = door_agency() AND a.active)
       OR EXISTS (SELECT 1 FROM invitation i WHERE i.account_id = p_account AND i.made_by::text = door_person()
                  AND i.made_at > now() - interval '7 days') THEN
        RAISE EXCEPTION 'this person is not let in by this one' USING ERRCODE = '42501';
    END IF;
    INSERT INTO recovery_code (digest, account_id, made_at, until) VALUES (p_digest, p_account, p_at, p_until);
END $$;

-- For the sign-in page: whose link this is, while it is worth something; and the password chosen with it, once.
CREATE FUNCTION invited(p_digest bytea) RETURNS TABLE (account_id uuid, email text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT a.id, a.email FROM invitation i JOIN account a ON a.id = i.account_id
        WHERE i.digest = p_digest AND i.ended_at IS NULL AND i.until > now() AND a.active;
END $$;

CREATE FUNCTION accept_invitation(p_digest bytea, p_hash text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    whose uuid;
BEGIN
    UPDATE invitation i SET ended_at = now() FROM account a
        WHERE i.digest = p_digest AND i.ended_at IS NULL AND i.until > now() AND a.id = i.account_id AND a.active
        RETURNING i.account_id INTO whose;
    UPDATE account a SET password = p_hash WHERE a.id = whose;
    UPDATE sign_in_session s SET ended_at = now() WHERE s.account_id = whose AND s.ended_at IS NULL;
    RETURN whose;
END $$;
REVOKE EXECUTE ON FUNCTION roles_of_case_work(), door_manages(uuid), place_person(uuid, uuid, text[]),
    make_person(uuid, text, text, text, text, text), invite_person(uuid, bytea, timestamptz, timestamptz),
    leave_agency(uuid, timestamptz), let_in(uuid, bytea, timestamptz, timestamptz), invited(bytea),
    accept_invitation(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_manages(uuid), place_person(uuid, uuid, text[]),
    make_person(uuid, text, text, text, text, text), invite_person(uuid, bytea, timestamptz, timestamptz),
    leave_agency(uuid, timestamptz), let_in(uuid, bytea, timestamptz, timestamptz) TO hub_app;
GRANT EXECUTE ON FUNCTION invited(bytea), accept_invitation(bytea, text) TO hub_signin;
