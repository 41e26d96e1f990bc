-- Finding a case of one's own agency by name or telephone: keyed hashes beside the section, read by the door alone.
SET ROLE hub_owner;
GRANT SELECT, INSERT, DELETE ON search_mark, search_made TO hub_door;
ALTER TABLE search_mark ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY found ON search_mark FOR SELECT TO hub_door USING (true);     -- inside find_cases, which asks for the owner
CREATE POLICY written ON search_mark FOR INSERT TO hub_door WITH CHECK (owner_id = (SELECT door_agency()));
CREATE POLICY forgotten ON search_mark FOR DELETE TO hub_door USING (true); -- whoever erases the section, nobody of the hub included
ALTER TABLE search_made ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON search_made FOR SELECT TO hub_door USING (account_id::text = (SELECT door_person()));
CREATE POLICY made ON search_made FOR INSERT TO hub_door WITH CHECK (account_id::text = (SELECT door_person()));
CREATE POLICY passed ON search_made FOR DELETE TO hub_door USING (account_id::text = (SELECT door_person()));

SET ROLE hub_door;
-- The words a section held are not found any more: it was written anew, taken away, or its key was erased.
CREATE FUNCTION search_forgets() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    gone record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    DELETE FROM search_mark m WHERE m.subject = gone.subject AND m.category = gone.category;
    RETURN NULL;
END $$;

-- By what a case (or a perpetrator record among its like) is found from now on: with the writing of its section, whose
-- entry this transaction holds. Of a first contact nothing is kept.
CREATE FUNCTION mark_section(p_subject uuid, p_category text, p_digests bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT door_keeps(p_subject) OR door_denied(p_subject, p_category) THEN
        RAISE EXCEPTION 'not this actor''s to write' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = p_subject AND a.kind = 'section'
        AND a.actor = coalesce(door_person(), '');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'marks without the entry of the writing' USING ERRCODE = '23H02';
    END IF;
    DELETE FROM search_mark m WHERE m.subject = p_subject AND m.category = p_category;
    INSERT INTO search_mark (subject, owner_id, category, digest)
        SELECT DISTINCT s.id, s.owner_id, p_category, d.digest FROM subject s, unnest(p_digests) AS d (digest)
        WHERE s.id = p_subject AND s.kind IN ('case', 'perpetrator');
END $$;

-- Cases of the acting agency that this person may open: by exact code, or by all of these hashes (each of one's own
-- category). Thirty searches in five minutes; the entry of the search comes first.
CREATE FUNCTION find_cases(p_code text, p_digests bytea[]) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    person text := door_person();
BEGIN
    IF office IS NULL OR person LIKE 'system:%' THEN
        RAISE EXCEPTION 'nobody searches' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = office AND a.kind = 'view' AND a.actor = person;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a search without its audit entry' USING ERRCODE = '23H02';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('referral-hub search'), hashtext(person));
    DELETE FROM search_made m WHERE m.account_id::text = person AND m.at < now() - interval '5 minutes';
    IF (SELECT count(*) FROM search_made m WHERE m.account_id::text = person) >= 30 THEN
        RAISE EXCEPTION 'too many searches' USING ERRCODE = '23H07';
    END IF;
    INSERT INTO search_made (id, account_id, at) VALUES (gen_random_uuid(), person::uuid, now());
    RETURN QUERY SELECT f.subject FROM (
            SELECT c.subject FROM spoken_code c WHERE c.code = upper(trim(p_code)) AND c.id = c.subject AND c.owner_id = office
            UNION SELECT m.subject FROM search_mark m
                WHERE m.owner_id = office AND m.digest = ANY (p_digests) AND NOT door_denied(m.subject, m.category)
                GROUP BY m.subject HAVING count(DISTINCT m.digest) = cardinality(p_digests)) AS f
        WHERE door_holds(f.subject) LIMIT 50;
END $$;
REVOKE EXECUTE ON FUNCTION search_forgets(), mark_section(uuid, text, bytea[]), find_cases(text, bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mark_section(uuid, text, bytea[]), find_cases(text, bytea[]) TO hub_app;
GRANT EXECUTE ON FUNCTION search_forgets() TO hub_owner;

SET ROLE hub_owner;
CREATE TRIGGER forgotten AFTER UPDATE OR DELETE ON case_section FOR EACH ROW EXECUTE FUNCTION search_forgets();
CREATE TRIGGER forgotten AFTER DELETE ON data_key FOR EACH ROW EXECUTE FUNCTION search_forgets();
