-- What the checking of the log needs beyond the log's own tables: the keys of payloads, nothing else that is sealed.
SET ROLE hub_door;
CREATE FUNCTION audit_keys(p_subjects uuid[]) RETURNS TABLE (subject uuid, wrapped bytea, wrapping_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.subject, k.wrapped, k.wrapping_key FROM data_key k
        WHERE k.subject = ANY (p_subjects) AND k.category = '_audit' $$;
REVOKE EXECUTE ON FUNCTION audit_keys(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_keys(uuid[]) TO hub_auditor;
SET ROLE hub_owner;
