-- Erasing what entries say about a subject: its audit key and payloads go, entries, tree and proofs stay.
SET ROLE hub_owner;
GRANT SELECT (id, kind, envelope) ON audit_entry TO hub_door;
GRANT SELECT (entry_uid, subject), DELETE ON audit_payload TO hub_door;
GRANT DELETE ON data_key TO hub_door;
CREATE POLICY erased ON data_key FOR DELETE TO hub_door
    USING (category = '_audit' AND EXISTS (SELECT 1 FROM subject s WHERE s.id = data_key.subject));   -- the owner's own alone

-- Whoever deletes them, the operator of the database included, leaves the entry that says so.
CREATE CONSTRAINT TRIGGER erased AFTER DELETE ON data_key
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'erasure');
CREATE CONSTRAINT TRIGGER erased AFTER DELETE ON audit_payload
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'erasure');
CREATE TRIGGER unchanged BEFORE UPDATE ON audit_payload FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER kept BEFORE TRUNCATE ON audit_payload FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER kept;

SET ROLE hub_door;
-- Who approved an erasure: an entry of an earlier transaction by another person who heads the owner.
CREATE FUNCTION erasure_approved(p_subject uuid, p_approval uuid, p_ground text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    said jsonb;
BEGIN
    SELECT log_said(e.uid, e.envelope) INTO said FROM audit_entry e
        WHERE e.uid = p_approval AND e.subject = p_subject AND e.kind = 'approval' AND e.xid <> pg_current_xact_id();
    RETURN coalesce(said ->> 'act' = 'audit:erasure:approved' AND said ->> 'why' = p_ground
        AND said ->> 'who' <> door_person()
        AND EXISTS (SELECT 1 FROM account a JOIN account_role r ON r.account_id = a.id
                    WHERE a.id::text = said ->> 'who' AND a.active AND a.agency_id = door_agency() AND r.role = 'agency_head'), false);
END $$;

-- Demands an entry of this transaction that names the approval. Entries of others that are being written now are waited
-- for (audit_key holds the same lock); one that came after the erasure's own entry would look lost: then again.
CREATE FUNCTION erase_payloads(p_subject uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
DECLARE
    mine bigint;
    said jsonb;
    gone integer;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = p_subject) OR NOT door_has_role('{privacy_officer}') THEN
        RAISE EXCEPTION 'not this actor''s to erase' USING ERRCODE = '42501';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('referral-hub payloads'), hashtext(p_subject::text) & 255);
    SELECT e.id, log_said(e.uid, e.envelope) INTO mine, said FROM audit_entry e
        WHERE e.xid = pg_current_xact_id() AND e.subject = p_subject AND e.kind = 'erasure' ORDER BY e.id DESC LIMIT 1;
    IF said ->> 'act' IS DISTINCT FROM 'audit:payloads:erased'
       OR NOT erasure_approved(p_subject, (said ->> 'basis')::uuid, said ->> 'why') THEN
        RAISE EXCEPTION 'an erasure without its entry and its approval' USING ERRCODE = '23H05';
    END IF;
    IF EXISTS (SELECT 1 FROM audit_entry e JOIN audit_payload p ON p.entry_uid = e.uid
               WHERE e.subject = p_subject AND e.id > mine) THEN
        RAISE EXCEPTION 'written about meanwhile' USING ERRCODE = '40001';
    END IF;
    DELETE FROM audit_payload p USING audit_entry e WHERE e.subject = p_subject AND p.entry_uid = e.uid;
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM data_key k WHERE k.subject = p_subject AND k.category = '_audit';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'erased already' USING ERRCODE = '23H06';
    END IF;
    RETURN gone;
END $$;
REVOKE EXECUTE ON FUNCTION erasure_approved(uuid, uuid, text), erase_payloads(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_payloads(uuid) TO hub_app;
SET ROLE hub_owner;
