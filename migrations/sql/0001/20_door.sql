-- Who acts. A custom parameter cannot be protected by GRANT, so its value is sealed: agency|actor|desk|xid|mac.
SET ROLE hub_owner;
GRANT SELECT ON door_key, operator_credential, sign_in_session, account, account_role, agency, desk TO hub_door;
GRANT UPDATE (ended_at) ON sign_in_session TO hub_door;

SET ROLE hub_door;
-- HMAC-SHA-256 (RFC 2104) from the two pads; pgcrypto is not needed.
CREATE FUNCTION door_mac(message text) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    k door_key;
BEGIN
    SELECT * INTO STRICT k FROM door_key WHERE id = 1;
    RETURN encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(message, 'UTF8'))), 'hex');
END $$;

-- Field n of the actor, or NULL: nobody, a forged value, or a value of another transaction.
CREATE FUNCTION door_actor(n integer) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    sealed text := current_setting('hub.actor', true);
    field text[];
BEGIN
    IF sealed IS NULL OR sealed = '' THEN
        RETURN NULL;
    END IF;
    field := string_to_array(sealed, '|');
    IF array_length(field, 1) <> 5 OR field[4] IS DISTINCT FROM pg_current_xact_id_if_assigned()::text THEN
        RETURN NULL;
    END IF;
    -- door_mac, spelt out: every policy comes here, and a call inside a call is a third of the price
    PERFORM 1 FROM door_key k WHERE k.id = 1 AND field[5] = encode(sha256(
        k.outer_pad || sha256(k.inner_pad || convert_to(array_to_string(field[1:4], '|'), 'UTF8'))), 'hex');
    RETURN CASE WHEN FOUND THEN nullif(field[n], '') END;
END $$;

-- Bound to door_actor where they are made, so no search path can lead them elsewhere, and inlined.
CREATE FUNCTION door_agency() RETURNS uuid LANGUAGE sql STABLE RETURN door_actor(1)::uuid;
CREATE FUNCTION door_person() RETURNS text LANGUAGE sql STABLE RETURN door_actor(2);
CREATE FUNCTION door_desk() RETURNS uuid LANGUAGE sql STABLE RETURN door_actor(3)::uuid;

CREATE FUNCTION door_has_role(wanted text[]) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM account_role r WHERE r.account_id::text = door_actor(2) AND r.role = ANY (wanted));
END $$;

-- The only way to become somebody: a signed-in session's token, or this machine's operator secret with the person
-- (or the system task) it speaks as: "session:TOKEN", "operator:SECRET:EMAIL", "operator:SECRET:system:TASK:AGENCY".
CREATE FUNCTION door_enter(credential text)
    RETURNS TABLE (kind text, account_id uuid, person text, name text, agency_id uuid, agency_code text, agency_type text,
                   desk_id uuid, roles text[], locale text, suspended boolean, marks bytea[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    part text[] := string_to_array(credential, ':');
    who account;
    office agency;
    actor text;
    sealed text;
BEGIN
    PERFORM set_config('hub.actor', '', true);
    IF part[1] = 'session' AND array_length(part, 1) = 2 THEN
        SELECT a.* INTO who FROM sign_in_session s JOIN account a ON a.id = s.account_id
            WHERE s.digest = sha256(convert_to(part[2], 'UTF8')) AND s.ended_at IS NULL AND s.expires_at > now() AND a.active;
    ELSIF part[1] = 'operator' AND array_length(part, 1) IN (3, 5)
          AND EXISTS (SELECT 1 FROM operator_credential o WHERE o.digest = sha256(convert_to(part[2], 'UTF8'))) THEN
        IF array_length(part, 1) = 3 THEN
            SELECT a.* INTO who FROM account a WHERE a.email = lower(part[3]) AND a.active;
        ELSIF part[3] = 'system' AND part[4] ~ '^[a-z][a-z-]*$' THEN
            SELECT g.* INTO office FROM agency g WHERE g.code = part[5] AND g.closed_at IS NULL;
            actor := 'system:' || part[4];
        END IF;
    END IF;
    IF who.id IS NOT NULL THEN
        SELECT g.* INTO office FROM agency g WHERE g.id = who.agency_id AND g.closed_at IS NULL;
        actor := who.id::text;
    END IF;
    IF office.id IS NULL OR actor IS NULL THEN
        RETURN;
    END IF;
    sealed := concat_ws('|', office.id::text, actor, coalesce(who.desk_id::text, ''), pg_current_xact_id()::text);
    PERFORM set_config('hub.actor', sealed || '|' || door_mac(sealed), true);
    RETURN QUERY SELECT CASE WHEN who.id IS NULL THEN 'system' ELSE 'liaison' END, who.id, actor,
        coalesce(who.name, actor), office.id, office.code, office.type, who.desk_id,
        coalesce((SELECT array_agg(r.role ORDER BY r.role) FROM account_role r WHERE r.account_id = who.id), '{}'),
        coalesce(who.locale, 'vi'), door_suspended(actor),
        coalesce((SELECT array_agg(m.digest) FROM account_mark m WHERE m.account_id = who.id), '{}');
END $$;
-- Sign out: the acting person's own session, for good.
CREATE FUNCTION end_session(p_digest bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE sign_in_session s SET ended_at = now()
        WHERE s.digest = p_digest AND s.account_id::text = door_person() AND s.ended_at IS NULL;
END $$;
REVOKE EXECUTE ON FUNCTION door_mac(text), door_actor(integer), door_agency(), door_person(), door_desk(),
    door_has_role(text[]), door_enter(text), end_session(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_actor(integer), door_agency(), door_person(), door_desk(), door_has_role(text[]) TO hub_app;
GRANT EXECUTE ON FUNCTION door_enter(text), end_session(bytea) TO hub_app;
