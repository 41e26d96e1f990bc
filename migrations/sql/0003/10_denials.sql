-- Denials of a unit, of a unit with all below it, of a desk, of a person; people in conflict; people known by a name. All
-- of them decide in one function, for whoever acts and for whoever might be told or asked.
SET ROLE hub_owner;
GRANT SELECT ON access_conflict, described_person, account_mark TO hub_door;
GRANT INSERT ON access_conflict, account_mark TO hub_door;
GRANT SELECT, INSERT ON access_conflict, described_person TO hub_app;
GRANT UPDATE (ended_at) ON access_conflict TO hub_app;
GRANT UPDATE (lifted_at) ON described_person TO hub_app;
GRANT SELECT, INSERT ON spoken_code TO hub_door;

ALTER TABLE access_conflict ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY kept ON access_conflict FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY read_by_door ON access_conflict FOR SELECT TO hub_door USING (true);      -- inside denied_to alone
CREATE POLICY checked ON access_conflict FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject) AND cause = 'not-him'
                AND account_id::text <> (SELECT door_person()));
CREATE POLICY declared ON access_conflict FOR INSERT TO hub_door WITH CHECK (account_id::text = (SELECT door_person()));
CREATE POLICY ended ON access_conflict FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_holds(subject) AND account_id::text <> (SELECT door_person()))
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_holds(subject));

ALTER TABLE described_person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY kept ON described_person FOR SELECT TO hub_app USING (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY read_by_door ON described_person FOR SELECT TO hub_door USING (true);     -- inside denied_to alone
CREATE POLICY described ON described_person FOR INSERT TO hub_app
    WITH CHECK (owner_id = (SELECT door_agency()) AND door_keeps(subject));
CREATE POLICY lifted ON described_person FOR UPDATE TO hub_app
    USING (owner_id = (SELECT door_agency()) AND door_keeps(subject))
    WITH CHECK (owner_id = (SELECT door_agency()));

CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON access_conflict
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'access');
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON described_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'access');
ALTER TABLE spoken_code ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY found ON spoken_code FOR SELECT TO hub_door USING (true);     -- inside the two functions that take a code
CREATE POLICY kept ON spoken_code FOR INSERT TO hub_door WITH CHECK (true);     -- by the trigger below

SET ROLE hub_door;
-- An agency and everything above it, for denials of a whole organisation.
CREATE FUNCTION agency_and_above(p_agency uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN ARRAY(WITH RECURSIVE up (id, parent_id) AS (
        SELECT g.id, g.parent_id FROM agency g WHERE g.id = p_agency
        UNION SELECT g.id, g.parent_id FROM agency g JOIN up ON g.id = up.parent_id)
        SELECT up.id FROM up);
END $$;

-- The one rule: a denial of this agency, of an organisation it belongs to, of this desk or account; a declared conflict; or
-- the name of a person described for this case, unless somebody checked that it is another.
CREATE FUNCTION denied_to(p_subject uuid, p_category text, p_agency uuid, p_desk uuid, p_account uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM access_denial d WHERE d.subject = p_subject AND d.lifted_at IS NULL
            AND (d.category IS NULL OR d.category = p_category)
            AND (d.agency_id = p_agency OR d.desk_id = p_desk OR d.account_id = p_account
                 OR (d.with_units AND d.agency_id = ANY (agency_and_above(p_agency)))))
        OR EXISTS (SELECT 1 FROM access_conflict c WHERE c.subject = p_subject AND c.account_id = p_account
                   AND c.cause = 'declared' AND c.ended_at IS NULL)
        OR EXISTS (SELECT 1 FROM described_person p JOIN account_mark m ON m.digest = p.digest
                   WHERE p.subject = p_subject AND p.lifted_at IS NULL AND m.account_id = p_account
                     AND NOT EXISTS (SELECT 1 FROM access_conflict c WHERE c.subject = p_subject AND c.account_id = p_account
                                     AND c.cause = 'not-him' AND c.ended_at IS NULL));
END $$;

-- The subjects that are not there for who acts. Asked once per statement by the policies below.
CREATE FUNCTION door_hidden() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    desk uuid := door_desk();
    person uuid := CASE WHEN door_person() NOT LIKE 'system:%' THEN door_person()::uuid END;
BEGIN
    RETURN QUERY
        SELECT d.subject FROM access_denial d WHERE d.lifted_at IS NULL AND d.category IS NULL
            AND (d.agency_id = office OR d.desk_id = desk OR d.account_id = person)
        UNION SELECT d.subject FROM access_denial d WHERE d.lifted_at IS NULL AND d.category IS NULL AND d.with_units
            AND d.agency_id = ANY (agency_and_above(office))
        UNION SELECT c.subject FROM access_conflict c WHERE c.account_id = person AND c.cause = 'declared' AND c.ended_at IS NULL
        UNION SELECT p.subject FROM account_mark m JOIN described_person p ON p.digest = m.digest AND p.lifted_at IS NULL
            WHERE m.account_id = person
              AND NOT EXISTS (SELECT 1 FROM access_conflict c WHERE c.subject = p.subject AND c.account_id = person
                              AND c.cause = 'not-him' AND c.ended_at IS NULL);
END $$;

-- Which of these people must not be told, asked or given anything of this case: for its owner and the parties of a referral.
CREATE FUNCTION door_barred(p_subject uuid, p_accounts uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT (door_keeps(p_subject) OR EXISTS (SELECT 1 FROM referral r WHERE r.case_id = p_subject)
            OR EXISTS (SELECT 1 FROM emergency_act e WHERE e.subject = p_subject)) THEN
        RAISE EXCEPTION 'not this actor''s case' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT a.id FROM account a
        WHERE a.id = ANY (p_accounts) AND denied_to(p_subject, NULL, a.agency_id, a.desk_id, a.id);
END $$;

-- Who is in conflict with a case, declared or met by name: for who keeps it.
CREATE FUNCTION door_conflicted(p_subject uuid) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF door_keeps(p_subject) THEN
        RETURN QUERY SELECT c.account_id FROM access_conflict c
            WHERE c.subject = p_subject AND c.cause = 'declared' AND c.ended_at IS NULL
            UNION SELECT m.account_id FROM described_person p JOIN account_mark m ON m.digest = p.digest
            WHERE p.subject = p_subject AND p.lifted_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM access_conflict c WHERE c.subject = p_subject AND c.account_id = m.account_id
                              AND c.cause = 'not-him' AND c.ended_at IS NULL);
    END IF;
END $$;

-- The keyed hash of an account's name; the application reckons it, since the key lies outside the database. Only added.
CREATE FUNCTION mark_account(p_account uuid, p_digest bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO account_mark (account_id, digest) VALUES (p_account, p_digest) ON CONFLICT DO NOTHING;
END $$;

-- The code of a case or a referral, for whoever was told it: a declaration of conflict, an opening in an emergency.
CREATE FUNCTION code_is_spoken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_TABLE_NAME = 'case_file' THEN
        INSERT INTO spoken_code (id, code, subject, owner_id) VALUES (NEW.id, NEW.code, NEW.id, NEW.owner_id);
    ELSE
        INSERT INTO spoken_code (id, code, subject, owner_id) VALUES (NEW.id, NEW.code, NEW.case_id, NEW.owner_id);
    END IF;
    RETURN NULL;
END $$;

-- The case that exactly this code leads to, if it leads to one alone.
CREATE FUNCTION subject_of_code(p_code text) RETURNS subject LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    found subject;
BEGIN
    IF (SELECT count(DISTINCT c.subject) FROM spoken_code c WHERE c.code = upper(trim(p_code))) = 1 THEN
        SELECT c.subject, 'case', c.owner_id INTO found FROM spoken_code c WHERE c.code = upper(trim(p_code)) LIMIT 1;
    END IF;
    RETURN found;
END $$;

-- "I must not work on this": by code, without opening anything. Nobody learns whether there is such a case.
CREATE FUNCTION declare_conflict(p_id uuid, p_code text, p_at timestamptz) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    about subject := subject_of_code(p_code);
BEGIN
    IF about.id IS NULL OR coalesce(door_person(), 'system:') LIKE 'system:%' THEN
        RETURN NULL;
    END IF;
    INSERT INTO access_conflict (id, subject, owner_id, account_id, cause, recorded_at)
        VALUES (p_id, about.id, about.owner_id, door_person()::uuid, 'declared', least(p_at, now()));
    RETURN about.id;
END $$;
REVOKE EXECUTE ON FUNCTION agency_and_above(uuid), denied_to(uuid, text, uuid, uuid, uuid), door_hidden(), door_barred(uuid, uuid[]),
    door_conflicted(uuid), mark_account(uuid, bytea), subject_of_code(text), code_is_spoken(), declare_conflict(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_hidden(), door_barred(uuid, uuid[]), door_conflicted(uuid), mark_account(uuid, bytea),
    declare_conflict(uuid, text, timestamptz) TO hub_app;
GRANT EXECUTE ON FUNCTION code_is_spoken() TO hub_owner;

SET ROLE hub_owner;
CREATE TRIGGER spoken AFTER INSERT ON case_file FOR EACH ROW EXECUTE FUNCTION code_is_spoken();
CREATE TRIGGER spoken AFTER INSERT ON referral FOR EACH ROW EXECUTE FUNCTION code_is_spoken();

-- What she kept from somebody is not there for him: no header, no code, no count.
ALTER POLICY sent ON referral
    USING ((sender_id = (SELECT door_agency()) OR owner_id = (SELECT door_agency())) AND case_id NOT IN (SELECT door_hidden()));
ALTER POLICY received ON referral
    USING (recipient_id = (SELECT door_agency()) AND sent_at IS NOT NULL AND case_id NOT IN (SELECT door_hidden()));
ALTER POLICY coordinated ON referral
    USING (sent_at IS NOT NULL AND (SELECT door_has_role('{coordinator}')) AND case_id NOT IN (SELECT door_hidden()));
ALTER POLICY own_kind ON subject
    USING (owner_id = (SELECT door_agency()) AND id NOT IN (SELECT door_hidden())
           AND (kind <> 'perpetrator' OR (SELECT door_has_role('{perpetrator_worker}')) OR (SELECT door_person()) LIKE 'system:%'));
ALTER POLICY own ON case_file USING (owner_id = (SELECT door_agency()) AND id NOT IN (SELECT door_hidden()));
ALTER POLICY own ON contact
    USING (agency_id = (SELECT door_agency()) AND id NOT IN (SELECT door_hidden())
           AND (case_id IS NULL OR case_id NOT IN (SELECT door_hidden())));
ALTER POLICY own ON consent USING (owner_id = (SELECT door_agency()) AND case_id NOT IN (SELECT door_hidden()));
ALTER POLICY own ON referral_category USING (owner_id = (SELECT door_agency()) AND case_id NOT IN (SELECT door_hidden()));
ALTER POLICY own ON case_team USING (owner_id = (SELECT door_agency()) AND subject NOT IN (SELECT door_hidden()));
ALTER POLICY owned ON access_grant USING (owner_id = (SELECT door_agency()) AND subject NOT IN (SELECT door_hidden()));
ALTER POLICY owned ON access_denial USING (owner_id = (SELECT door_agency()) AND door_keeps(subject));
