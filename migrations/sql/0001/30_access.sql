-- Subjects, grants, denials, keys, sections: whose they are and who may see them.
SET ROLE hub_owner;
GRANT SELECT, INSERT ON subject, data_key TO hub_door;
GRANT SELECT, INSERT, UPDATE (preview_from, active_from, revoked_at) ON access_grant TO hub_door;
GRANT SELECT ON access_denial, case_team TO hub_door;
GRANT INSERT ON case_team TO hub_door;
GRANT SELECT, INSERT, UPDATE ON case_section TO hub_door;
GRANT INSERT ON case_section_history TO hub_door;
GRANT SELECT ON subject, access_grant, access_denial, case_team TO hub_app;
GRANT INSERT ON access_denial, case_team TO hub_app;
GRANT UPDATE (lifted_at) ON access_denial TO hub_app;
GRANT UPDATE (until) ON case_team TO hub_app;

SET ROLE hub_door;
-- She said: not them, or who acts is in conflict: for this category or for everything (revision 0003 has the rule).
CREATE FUNCTION door_denied(p_subject uuid, p_category text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN denied_to(p_subject, p_category, door_agency(), door_desk(),
                     CASE WHEN door_person() NOT LIKE 'system:%' THEN door_person()::uuid END);
END $$;

-- Inside the owner: the case's team and the supervisors hold it; a perpetrator record its own workers alone. Who was
-- denied the whole case holds nothing of it.
CREATE FUNCTION door_holds(p_subject uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    what text;
BEGIN
    SELECT s.kind INTO what FROM subject s WHERE s.id = p_subject AND s.owner_id = door_agency();
    IF what IS NULL OR door_denied(p_subject, NULL) THEN
        RETURN false;
    ELSIF what = 'perpetrator' THEN
        RETURN door_has_role('{perpetrator_worker}');
    END IF;
    RETURN EXISTS (SELECT 1 FROM case_team t WHERE t.subject = p_subject AND t.account_id::text = door_person()
                   AND t.since <= now() AND (t.until IS NULL OR t.until > now()))
        OR door_has_role('{agency_supervisor,duty_supervisor}')
        OR (what = 'contact' AND door_has_role('{hotline_worker}'));
END $$;

-- Who writes into the owner's own records: who holds the case, or a named task of the owner (the register import).
CREATE FUNCTION door_keeps(p_subject uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN door_holds(p_subject) OR (door_person() LIKE 'system:%'
        AND EXISTS (SELECT 1 FROM subject s WHERE s.id = p_subject AND s.owner_id = door_agency()));
END $$;

-- A live grant of the acting agency, a person who answers referrals there, and nobody has said no.
CREATE FUNCTION door_may_see(p_subject uuid, p_category text, p_part text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    suspended boolean;
BEGIN
    IF office IS NULL OR door_denied(p_subject, p_category) THEN
        RETURN false;
    END IF;
    suspended := door_suspended(door_person());
    RETURN EXISTS (
        SELECT 1 FROM access_grant g WHERE g.subject = p_subject AND g.agency_id = office AND g.revoked_at IS NULL
            AND (g.valid_until IS NULL OR g.valid_until > now())
            AND (g.category = p_category OR g.category = '*')
            AND (g.active_from <= now() OR (p_part = 'preview' AND g.preview_from <= now()))
            AND NOT (suspended AND g.basis = 'owner')       -- an overdue review: emergencies alone
            AND CASE WHEN g.account_id IS NOT NULL THEN g.account_id::text = door_person()
                WHEN g.owner_id = office THEN door_holds(p_subject)
                ELSE door_has_role('{liaison,caseworker,duty_supervisor,agency_supervisor,agency_head}') END);
END $$;
REVOKE EXECUTE ON FUNCTION door_denied(uuid, text), door_holds(uuid), door_keeps(uuid), door_may_see(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_denied(uuid, text), door_holds(uuid), door_keeps(uuid) TO hub_app;

SET ROLE hub_owner;
ALTER TABLE subject ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON subject FOR SELECT TO hub_door USING (owner_id = (SELECT door_agency()));
CREATE POLICY own_kind ON subject FOR SELECT TO hub_app
    USING (owner_id = (SELECT door_agency())
           AND (kind <> 'perpetrator' OR (SELECT door_has_role('{perpetrator_worker}')) OR (SELECT door_person()) LIKE 'system:%'));
CREATE POLICY opened ON subject FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));

ALTER TABLE access_grant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owned ON access_grant FOR SELECT TO hub_app, hub_door USING (owner_id = (SELECT door_agency()));
-- a recipient learns of a grant when it opens, never earlier which categories wait for it
CREATE POLICY received ON access_grant FOR SELECT TO hub_app
    USING (agency_id = (SELECT door_agency()) AND (active_from <= now() OR preview_from <= now())
           AND NOT door_denied(subject, category));    -- nor whether she said no to somebody
CREATE POLICY received_door ON access_grant FOR SELECT TO hub_door USING (agency_id = (SELECT door_agency()));
CREATE POLICY opened ON access_grant FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));
CREATE POLICY moved ON access_grant FOR UPDATE TO hub_door
    USING (owner_id = (SELECT door_agency()) OR agency_id = (SELECT door_agency()))
    WITH CHECK (owner_id = (SELECT door_agency()) OR agency_id = (SELECT door_agency()));

ALTER TABLE access_denial ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owned ON access_denial FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()));
CREATE POLICY read_by_door ON access_denial FOR SELECT TO hub_door USING (true);   -- inside door_may_see alone
CREATE POLICY said ON access_denial FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject));
CREATE POLICY lifted ON access_denial FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject)
           AND coalesce(account_id::text <> (SELECT door_person()), true)      -- never a denial against oneself
           AND coalesce(desk_id <> (SELECT door_desk()), true))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject));

ALTER TABLE case_team ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON case_team FOR SELECT TO hub_app, hub_door USING (owner_id = (SELECT door_agency()));
CREATE POLICY joined ON case_team FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject));
CREATE POLICY opened ON case_team FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));
CREATE POLICY ended ON case_team FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject));

ALTER TABLE case_section ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY granted ON case_section FOR SELECT TO hub_door USING (door_may_see(subject, category, part));
CREATE POLICY written ON case_section FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));
CREATE POLICY rewritten ON case_section FOR UPDATE TO hub_door
    USING (owner_id = (SELECT door_agency())) WITH CHECK (owner_id = (SELECT door_agency()));
ALTER TABLE case_section_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY written ON case_section_history FOR INSERT TO hub_door
    WITH CHECK (EXISTS (SELECT 1 FROM subject s WHERE s.id = subject AND s.owner_id = (SELECT door_agency())));
ALTER TABLE data_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY read_by_door ON data_key FOR SELECT TO hub_door USING (true);        -- handed out by the functions below
CREATE POLICY made ON data_key FOR INSERT TO hub_door WITH CHECK (true);

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON access_grant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'access');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON access_denial
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'access');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON subject
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('id', 'access');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_team
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'access');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_section
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'section');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON case_section_history
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'section');

SET ROLE hub_door;
-- A new case, contact or perpetrator record: its subject, the owner's grant, the person who opens it, its own keys.
CREATE FUNCTION open_subject(p_id uuid, p_kind text, p_grant uuid, p_team uuid, p_at timestamptz,
                             p_key_categories text[], p_wrapped bytea[], p_wrapping_key text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
BEGIN
    IF office IS NULL THEN
        RAISE EXCEPTION 'nobody acts' USING ERRCODE = '42501';
    END IF;
    INSERT INTO subject (id, kind, owner_id) VALUES (p_id, p_kind, office);
    INSERT INTO access_grant (id, subject, owner_id, agency_id, category, basis, basis_id, active_from)
        VALUES (p_grant, p_id, office, office, '*', 'owner', p_id, least(p_at, now()));
    INSERT INTO data_key (subject, category, wrapped, wrapping_key)
        SELECT p_id, k.category, k.wrapped, p_wrapping_key FROM unnest(p_key_categories, p_wrapped) AS k (category, wrapped);
    IF door_person() NOT LIKE 'system:%' THEN
        INSERT INTO case_team (id, subject, owner_id, account_id, duty, since)
            VALUES (p_team, p_id, office, door_person()::uuid, 'worker', least(p_at, now()));
    END IF;
END $$;

-- The key that seals what an entry says about a subject: for its owner and for who sees a referral of it (row security).
-- A row without a key: it was erased. An erasure waits for those who hold a key, and they for it (256 locks for all).
CREATE FUNCTION audit_key(p_subject uuid) RETURNS TABLE (wrapped bytea, wrapping_key text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    -- the owner's own first and by itself: every entry passes here, and three plans in one expression all start up
    IF NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = p_subject) THEN
        IF NOT EXISTS (SELECT 1 FROM referral r WHERE r.case_id = p_subject)
           AND NOT EXISTS (SELECT 1 FROM emergency_act e WHERE e.subject = p_subject) THEN
            RETURN;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('referral-hub payloads'), hashtext(p_subject::text) & 255);
    RETURN QUERY SELECT k.wrapped, k.wrapping_key FROM (VALUES (p_subject)) AS about (id)
        LEFT JOIN data_key k ON k.subject = about.id AND k.category = '_audit';
END $$;

-- Keys of sections the owner is about to write (those that exist already).
CREATE FUNCTION section_keys(p_subject uuid, p_categories text[]) RETURNS TABLE (category text, wrapped bytea, wrapping_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.category, k.wrapped, k.wrapping_key FROM data_key k JOIN subject s ON s.id = k.subject
        WHERE k.subject = p_subject AND k.category = ANY (p_categories) AND s.owner_id = door_agency()
          AND door_keeps(p_subject) AND NOT door_denied(p_subject, k.category) $$;

CREATE FUNCTION write_section(p_id uuid, p_subject uuid, p_category text, p_part text, p_schema_version integer,
                              p_ciphertext bytea, p_wrapped bytea, p_wrapping_key text, p_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    old case_section;
BEGIN
    IF NOT door_keeps(p_subject) OR door_denied(p_subject, p_category) THEN
        RAISE EXCEPTION 'not this actor''s to write' USING ERRCODE = '42501';
    END IF;
    IF p_wrapped IS NOT NULL THEN
        INSERT INTO data_key (subject, category, wrapped, wrapping_key) VALUES (p_subject, p_category, p_wrapped, p_wrapping_key);
    END IF;
    SELECT * INTO old FROM case_section s WHERE s.subject = p_subject AND s.category = p_category AND s.part = p_part FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO case_section (id, subject, owner_id, category, part, schema_version, revision, ciphertext, written_at, written_by)
            VALUES (p_id, p_subject, office, p_category, p_part, p_schema_version, 1, p_ciphertext, p_at, door_person());
        RETURN 1;
    END IF;
    INSERT INTO case_section_history (section_id, revision, subject, category, schema_version, ciphertext, written_at, written_by)
        VALUES (old.id, old.revision, old.subject, old.category, old.schema_version, old.ciphertext, old.written_at, old.written_by);
    UPDATE case_section s SET schema_version = p_schema_version, revision = old.revision + 1, ciphertext = p_ciphertext,
        written_at = p_at, written_by = door_person() WHERE s.id = old.id;
    RETURN old.revision + 1;
END $$;

-- The only way to read a section. It raises unless this transaction already holds the entry that says so.
CREATE FUNCTION read_sections(p_subject uuid, p_categories text[])
    RETURNS TABLE (id uuid, category text, part text, schema_version integer, revision integer, ciphertext bytea,
                   written_at timestamptz, wrapped bytea, wrapping_key text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = p_subject AND a.kind = 'read'
        AND a.actor = coalesce(door_person(), '');      -- nobody reads on another's entry
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a read without its audit entry' USING ERRCODE = '23H02';
    END IF;
    RETURN QUERY SELECT s.id, s.category, s.part, s.schema_version, s.revision, s.ciphertext, s.written_at, k.wrapped, k.wrapping_key
        FROM case_section s JOIN data_key k ON k.subject = s.subject AND k.category = s.category
        WHERE s.subject = p_subject AND s.category = ANY (p_categories);
END $$;
REVOKE EXECUTE ON FUNCTION open_subject(uuid, text, uuid, uuid, timestamptz, text[], bytea[], text), audit_key(uuid),
    section_keys(uuid, text[]), write_section(uuid, uuid, text, text, integer, bytea, bytea, text, timestamptz),
    read_sections(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_subject(uuid, text, uuid, uuid, timestamptz, text[], bytea[], text), audit_key(uuid),
    section_keys(uuid, text[]), write_section(uuid, uuid, text, text, integer, bytea, bytea, text, timestamptz),
    read_sections(uuid, text[]) TO hub_app;
