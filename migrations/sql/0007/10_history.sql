-- What a section said before: for who holds the case in the agency that owns it, and only under the entry of the reading.
SET ROLE hub_owner;
GRANT SELECT ON case_section_history TO hub_door;
CREATE POLICY kept ON case_section_history FOR SELECT TO hub_door
    USING (door_holds(subject) AND NOT door_denied(subject, category));
SET ROLE hub_door;
CREATE FUNCTION read_section_history(p_subject uuid, p_category text)
    RETURNS TABLE (part text, schema_version integer, revision integer, ciphertext bytea, written_at timestamptz,
                   written_by text, wrapped bytea, wrapping_key text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM audit_subject a WHERE a.xid = pg_current_xact_id() AND a.subject = p_subject AND a.kind = 'read'
        AND a.actor = coalesce(door_person(), '');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a read without its audit entry' USING ERRCODE = '23H02';
    END IF;
    RETURN QUERY SELECT s.part, h.schema_version, h.revision, h.ciphertext, h.written_at, h.written_by, k.wrapped, k.wrapping_key
        FROM case_section s JOIN case_section_history h ON h.section_id = s.id
        JOIN data_key k ON k.subject = h.subject AND k.category = h.category
        WHERE s.subject = p_subject AND s.category = p_category;
END $$;
REVOKE EXECUTE ON FUNCTION read_section_history(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_section_history(uuid, text) TO hub_app;
SET ROLE hub_owner;
