-- What may be counted. The views run with the rights of who reads them; hub_stat sees coded facts and times of
-- routing, no code that is read out, no note, no section. Columns carry the names of the regulation's facts;
-- agency_ids: in whose own report a record counts (a referral in those of both its parties). A service asked for by
-- referral is given where its provider works: on_site.
SET ROLE hub_owner;
GRANT SELECT ON agency, area, regulation_version TO hub_stat;
GRANT SELECT ON contact, case_fact, service_episode TO hub_stat;
GRANT SELECT (id, case_id, owner_id, sender_id, recipient_id, service, urgency, status, reason, sent_at, acknowledged_at,
              first_accepted_at, first_started_at, ended_at, acknowledge_due, imported) ON referral TO hub_stat;
GRANT SELECT (id, referral_id, to_status, verb, reason, occurred_at) ON referral_event TO hub_stat;
GRANT SELECT (id, case_id, owner_id, given_at, withdrawn_at, imported) ON consent TO hub_stat;
GRANT SELECT (id, owner_id, person, imported) ON perpetrator_record TO hub_stat;
CREATE POLICY counted ON contact FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON case_fact FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON service_episode FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON referral FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON referral_event FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON consent FOR SELECT TO hub_stat USING (true);
CREATE POLICY counted ON perpetrator_record FOR SELECT TO hub_stat USING (true);

CREATE VIEW stat_contact WITH (security_invoker = true) AS
    SELECT c.id, ARRAY[c.agency_id] AS agency_ids, c.received_at, c.channel, c.caller_kind, c.related_to_gender, c.triage, c.outcome AS contact_outcome,
           c.sex, c.age_band, c.area, c.gbv_type, c.relationship, c.outreach_channel, c.imported
    FROM contact c;

CREATE VIEW stat_referral WITH (security_invoker = true) AS
    SELECT r.id, ARRAY[r.owner_id, r.sender_id, r.recipient_id] AS agency_ids, f.survivor, r.service, r.urgency, r.status, s.type AS sender_type, t.type AS recipient_type,
           r.sent_at, r.acknowledged_at, r.first_accepted_at, r.ended_at,
           was.ever,
           (SELECT e.reason FROM referral_event e WHERE e.referral_id = r.id AND e.verb = 'decline' ORDER BY e.id LIMIT 1) AS decline_reason,
           r.acknowledged_at <= r.acknowledge_due AS acknowledged_in_time,
           r.acknowledged_at IS NOT NULL OR r.acknowledge_due <= now() AS acknowledge_due_past,
           f.risk_level, f.gbv_type, f.area, f.sex, f.age_band, f.statistics_consent, r.imported
    FROM referral r
    JOIN agency s ON s.id = r.sender_id
    JOIN agency t ON t.id = r.recipient_id
    LEFT JOIN case_fact f ON f.case_id = r.case_id
    -- once per referral however often a figure asks for it, and not at all where none does
    LEFT JOIN LATERAL (SELECT array_agg(e.to_status) AS ever FROM referral_event e WHERE e.referral_id = r.id) was ON true;

CREATE VIEW stat_service_episode WITH (security_invoker = true) AS
    SELECT e.id, ARRAY[e.owner_id] AS agency_ids, f.survivor, p.person AS perpetrator, e.service, a.type AS provider_type, e.on_site,
           e.first_started_at, e.ended_at, f.received_at, f.risk_level, f.gbv_type, f.area, f.sex, f.age_band,
           f.statistics_consent, e.imported
    FROM service_episode e
    JOIN agency a ON a.id = e.owner_id
    LEFT JOIN case_fact f ON f.case_id = e.subject
    LEFT JOIN perpetrator_record p ON p.id = e.subject
    UNION ALL
    SELECT r.id, ARRAY[r.owner_id, r.sender_id, r.recipient_id], f.survivor, NULL, r.service, a.type, true,
           r.first_started_at, r.ended_at, f.received_at, f.risk_level, f.gbv_type, f.area, f.sex, f.age_band,
           f.statistics_consent, r.imported
    FROM referral r
    JOIN agency a ON a.id = r.recipient_id
    LEFT JOIN case_fact f ON f.case_id = r.case_id
    WHERE r.first_started_at IS NOT NULL;

CREATE VIEW stat_consent WITH (security_invoker = true) AS
    SELECT c.id, ARRAY[c.owner_id] AS agency_ids, f.survivor, c.given_at, c.withdrawn_at, f.statistics_consent, c.imported
    FROM consent c LEFT JOIN case_fact f ON f.case_id = c.case_id;

GRANT SELECT ON stat_contact, stat_referral, stat_service_episode, stat_consent TO hub_stat;
