-- Which entry recorded a step, a consent or a denial; who may see an entry of the log and take away its proof.
SET ROLE hub_owner;
GRANT SELECT (id, kind, envelope) ON audit_entry TO hub_door;
GRANT INSERT ON audit_cosignature TO hub_door;

SET ROLE hub_door;
-- A row that names its entry names one of this transaction, about its own subject: nobody borrows another's.
CREATE FUNCTION audit_link_belongs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    about uuid;
BEGIN
    IF NEW.entry_uid IS NULL THEN
        RETURN NEW;
    END IF;
    CASE TG_ARGV[0]
        WHEN 'case_id' THEN about := NEW.case_id;
        ELSE about := NEW.subject;
    END CASE;
    PERFORM 1 FROM audit_entry e WHERE e.uid = NEW.entry_uid AND e.xid = pg_current_xact_id() AND e.subject = about
        AND e.kind = TG_ARGV[1];
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an entry that did not record this' USING ERRCODE = '23H04';
    END IF;
    RETURN NEW;
END $$;

-- What an envelope says. One that was made unreadable still stands somewhere and is still somebody's to find: it says
-- nothing of who and what, and the moment in its uid.
CREATE FUNCTION log_said(p_uid uuid, p_envelope bytea) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    said jsonb;
BEGIN
    said := convert_from(p_envelope, 'UTF8')::jsonb;
    IF said ->> 'at' LIKE '____-__-__T%Z' AND (said ->> 'at')::timestamptz IS NOT NULL AND (said ->> 'who') || (said ->> 'org') IS NOT NULL THEN
        RETURN said;
    END IF;
    RAISE EXCEPTION 'no moment' USING ERRCODE = '22000';
EXCEPTION WHEN data_exception THEN
    RETURN jsonb_build_object('act', '?', 'who', '?', 'org', '?', 'out', '?', 'at', to_timestamp(
        ('x' || left(replace(p_uid::text, '-', ''), 12))::bit(48)::bigint / 1000.0));
END $$;

-- Who may see the envelope of an entry: auditors, who have all leaves (what accuses somebody has no name of its own there,
-- and leaving it out here would give it one); then nobody whom it accuses; who wrote it, and who answers for them; who keeps
-- its subject; the parties of a referral for its steps, and for the consents it rests on once it was accepted.
CREATE FUNCTION log_shows(p_uid uuid, p_subject uuid, p_kind text, p_envelope bytea) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid := door_agency();
    said jsonb := log_said(p_uid, p_envelope);
BEGIN
    IF office IS NOT NULL AND door_has_role('{auditor}') THEN
        RETURN true;
    ELSIF office IS NULL OR log_hides(p_uid, p_subject, p_kind, said) THEN
        RETURN false;
    END IF;
    RETURN said ->> 'who' = door_person() OR door_keeps(p_subject)
        OR (door_has_role('{agency_head,agency_supervisor,privacy_officer}')
            AND said ->> 'org' = (SELECT g.code FROM agency g WHERE g.id = office)
            AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = p_subject AND s.kind = 'perpetrator'))
        OR (door_has_role('{liaison,caseworker,duty_supervisor,agency_supervisor,agency_head}') AND (
            EXISTS (SELECT 1 FROM referral_event v JOIN referral r ON r.id = v.referral_id
                    WHERE v.entry_uid = p_uid AND office IN (r.owner_id, r.sender_id, r.recipient_id))
            OR EXISTS (SELECT 1 FROM consent c JOIN referral_category rc ON rc.consent_id = c.id
                       JOIN referral r ON r.id = rc.referral_id
                       WHERE c.entry_uid = p_uid AND office IN (r.owner_id, r.sender_id, r.recipient_id)
                         AND (r.first_accepted_at IS NOT NULL OR r.recipient_id <> office))));
END $$;

-- What the proof of one entry is made from, for who may see it; no row for everybody else. seq is NULL while it waits.
CREATE FUNCTION entry_to_prove(p_uid uuid) RETURNS TABLE (subject uuid, envelope bytea, seq bigint, leaf_hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT e.subject, e.envelope, l.seq, l.leaf_hash FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id
        WHERE e.uid = p_uid AND log_shows(e.uid, e.subject, e.kind, e.envelope) $$;

-- The entries that prove what happened to one referral: its steps, and the consents it rests on once it was accepted.
CREATE FUNCTION referral_evidence(p_referral uuid) RETURNS TABLE (uid uuid, verb text, at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT v.entry_uid, v.verb, v.occurred_at FROM referral_event v JOIN referral r ON r.id = v.referral_id
        WHERE v.referral_id = p_referral AND v.entry_uid IS NOT NULL
          AND door_agency() IN (r.owner_id, r.sender_id, r.recipient_id)
    UNION
    SELECT c.entry_uid, NULL, c.given_at FROM referral r JOIN referral_category rc ON rc.referral_id = r.id
        JOIN consent c ON c.id = rc.consent_id
        WHERE r.id = p_referral AND c.entry_uid IS NOT NULL AND door_agency() IN (r.owner_id, r.sender_id, r.recipient_id)
          AND (r.first_accepted_at IS NOT NULL OR r.recipient_id <> door_agency())
    ORDER BY 3, 1 $$;

-- Since when an entry waits that no head of p_size covers; NULL when none does.
CREATE FUNCTION log_uncovered_since(p_size bigint) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT least((SELECT (log_said(e.uid, e.envelope) ->> 'at')::timestamptz FROM audit_leaf l
                  JOIN audit_entry e ON e.id = l.entry_id WHERE l.seq = p_size),
                 (SELECT min(q.queued_at) FROM audit_queue q)) $$;

-- A witness that fetches checkpoints itself brings its line here; the web has checked its signature. The first one stays.
CREATE FUNCTION store_cosignature(p_size bigint, p_witness text, p_line text, p_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO audit_cosignature (size, witness, line, at)
        SELECT h.size, p_witness, p_line, p_at FROM audit_head h WHERE h.size = p_size AND h.note IS NOT NULL
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;
REVOKE EXECUTE ON FUNCTION audit_link_belongs(), log_said(uuid, bytea), log_shows(uuid, uuid, text, bytea), entry_to_prove(uuid),
    referral_evidence(uuid), log_uncovered_since(bigint), store_cosignature(bigint, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_link_belongs() TO hub_owner;
GRANT EXECUTE ON FUNCTION entry_to_prove(uuid), referral_evidence(uuid), log_uncovered_since(bigint),
    store_cosignature(bigint, text, text, timestamptz) TO hub_app;

SET ROLE hub_owner;
CREATE TRIGGER names_its_entry BEFORE INSERT ON referral_event FOR EACH ROW EXECUTE FUNCTION audit_link_belongs('case_id', 'referral');
CREATE TRIGGER names_its_entry BEFORE INSERT ON consent FOR EACH ROW EXECUTE FUNCTION audit_link_belongs('case_id', 'consent');
CREATE TRIGGER names_its_entry BEFORE INSERT ON access_denial FOR EACH ROW EXECUTE FUNCTION audit_link_belongs('subject', 'access');
