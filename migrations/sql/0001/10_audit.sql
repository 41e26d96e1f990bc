-- The audit log: append only, stamped with the transaction by the database, queued for the sequencer by a trigger.
SET ROLE hub_owner;
GRANT INSERT (uid, subject, kind, envelope) ON audit_entry TO hub_app, hub_owner;   -- never id, never xid
GRANT INSERT ON audit_payload TO hub_app;
GRANT SELECT ON audit_entry, audit_payload, audit_queue TO hub_auditor;
GRANT SELECT (id, envelope) ON audit_entry TO hub_log;        -- what is sealed is none of its business
GRANT SELECT ON audit_queue TO hub_log;
GRANT DELETE ON audit_queue, audit_subject TO hub_log;
GRANT SELECT ON audit_subject TO hub_log;
GRANT INSERT ON audit_queue, audit_subject TO hub_door;
GRANT SELECT (uid, xid, subject) ON audit_entry TO hub_door;
GRANT SELECT ON audit_subject TO hub_door;

SET ROLE hub_door;
-- Entry and sealed payload in one call: every change waits for it. Whoever calls it does what it does.
CREATE FUNCTION audit_append(p_uid uuid, p_subject uuid, p_kind text, p_envelope bytea, p_ciphertext bytea) RETURNS void
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (p_uid, p_subject, p_kind, p_envelope);
    IF p_ciphertext IS NOT NULL THEN
        INSERT INTO audit_payload (entry_uid, subject, ciphertext) VALUES (p_uid, p_subject, p_ciphertext);
    END IF;
END $$;

-- An entry of the application says what its columns say and who acts, or it is none. (Sign-in and the operator write as
-- roles of their own: then nobody acts yet.)
CREATE FUNCTION audit_entry_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    actor text := door_actor(2);     -- once: each look costs two hashes
    office uuid;
    said jsonb;
BEGIN
    IF session_user = 'hub_app' THEN
        said := convert_from(NEW.envelope, 'UTF8')::jsonb;
        IF actor IS NOT NULL THEN   -- so the seal of the agency was checked as well
            office := split_part(current_setting('hub.actor', true), '|', 1)::uuid;
        END IF;
        IF said ->> 'obj' IS DISTINCT FROM NEW.subject::text OR said ->> 'who' IS DISTINCT FROM actor
           OR said ->> 'org' IS DISTINCT FROM (SELECT g.code FROM agency g WHERE g.id = office) THEN
            RAISE EXCEPTION 'an entry that does not say who acts on what' USING ERRCODE = '23H04';
        END IF;
    END IF;
    INSERT INTO audit_queue (xid, entry_id) VALUES (NEW.xid, NEW.id);
    INSERT INTO audit_subject (xid, subject, kind, actor) VALUES (NEW.xid, NEW.subject, NEW.kind, coalesce(actor, ''))
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_payload_belongs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM 1 FROM audit_entry e WHERE e.uid = NEW.entry_uid AND e.xid = pg_current_xact_id() AND e.subject = NEW.subject;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a payload without its entry' USING ERRCODE = '23H04';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = '42501';
END $$;

-- One commit check for every protected table; arguments: the column that names the subject, the kind of entry.
CREATE FUNCTION audit_must_cover() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    about uuid;
BEGIN
    CASE TG_ARGV[0]      -- no to_jsonb(NEW): it would serialise the ciphertext
        WHEN 'id' THEN about := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
        WHEN 'case_id' THEN about := CASE WHEN TG_OP = 'DELETE' THEN OLD.case_id ELSE NEW.case_id END;
        WHEN 'agency_id' THEN about := CASE WHEN TG_OP = 'DELETE' THEN OLD.agency_id ELSE NEW.agency_id END;
        WHEN 'account_id' THEN about := CASE WHEN TG_OP = 'DELETE' THEN OLD.account_id ELSE NEW.account_id END;
        ELSE about := CASE WHEN TG_OP = 'DELETE' THEN OLD.subject ELSE NEW.subject END;
    END CASE;
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = about AND a.kind = TG_ARGV[1];
    IF NOT FOUND THEN
        RAISE EXCEPTION '% of % without its audit entry (%)', TG_OP, TG_TABLE_NAME, TG_ARGV[1] USING ERRCODE = '23H01';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit_append(uuid, uuid, text, bytea, bytea), audit_entry_queue(), audit_payload_belongs(), audit_is_append_only(),
    audit_must_cover() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(uuid, uuid, text, bytea, bytea) TO hub_app, hub_signin, hub_owner;
GRANT EXECUTE ON FUNCTION audit_entry_queue(), audit_payload_belongs(), audit_is_append_only(), audit_must_cover() TO hub_owner;

SET ROLE hub_owner;
CREATE TRIGGER queue AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_queue();
CREATE TRIGGER belongs BEFORE INSERT ON audit_payload FOR EACH ROW EXECUTE FUNCTION audit_payload_belongs();
CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER kept BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER queue;
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER kept;
