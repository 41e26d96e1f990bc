-- With denials of whole organisations, conflicts and described persons, an entry can accuse by each of them, and a refusal
-- can betray each: it is hidden from the whole chain of who was refused, whatever it was that stopped him.
SET ROLE hub_door;
CREATE OR REPLACE FUNCTION log_accused(p_uid uuid, p_subject uuid, p_at timestamptz) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT coalesce(d.agency_id, k.agency_id, a.agency_id) FROM access_denial d
            LEFT JOIN desk k ON k.id = d.desk_id LEFT JOIN account a ON a.id = d.account_id
            WHERE d.subject = p_subject AND (d.entry_uid = p_uid OR p_at IN (d.denied_at, d.lifted_at))
        UNION SELECT a.agency_id FROM described_person p JOIN account_mark m ON m.digest = p.digest
            JOIN account a ON a.id = m.account_id WHERE p.subject = p_subject AND p_at IN (p.recorded_at, p.lifted_at)
        UNION SELECT a.agency_id FROM access_conflict c JOIN account a ON a.id = c.account_id
            WHERE c.subject = p_subject AND c.cause = 'not-him' AND p_at IN (c.recorded_at, c.ended_at);
END $$;

CREATE OR REPLACE FUNCTION log_hides(p_uid uuid, p_subject uuid, p_kind text, p_said jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    office uuid;
    person account;
BEGIN
    IF p_kind = 'access' THEN
        RETURN EXISTS (SELECT 1 FROM log_accused(p_uid, p_subject, (p_said ->> 'at')::timestamptz) AS g (id) WHERE door_in_chain(g.id));
    ELSIF p_kind <> 'refusal' THEN
        RETURN false;
    END IF;
    SELECT g.id INTO office FROM agency g WHERE g.code = p_said ->> 'org';
    SELECT a.* INTO person FROM account a WHERE a.id::text = p_said ->> 'who';
    RETURN door_in_chain(office) AND (
        denied_to(p_subject, NULL, office, person.desk_id, person.id)
        OR EXISTS (SELECT 1 FROM access_denial d WHERE d.subject = p_subject
                   AND (d.account_id = person.id OR d.desk_id = person.desk_id OR d.agency_id = office)));
END $$;
SET ROLE hub_owner;
