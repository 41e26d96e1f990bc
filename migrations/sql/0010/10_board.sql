-- What a coordinator sees of all agencies' referrals: codes, agencies and times, never which case, so no two rows can be told
-- to be of one survivor. It runs with the rights of who reads it: drafts and whatever she kept from this reader are not in it.
SET ROLE hub_owner;
CREATE VIEW board_referral WITH (security_invoker = true) AS
    SELECT r.id, r.code, r.service, r.urgency, r.status, r.sender_id, r.recipient_id, r.sent_at, r.acknowledged_at,
           r.acknowledge_due, r.act_due, r.act_met_at, r.ended_at, r.regulation_id, r.imported
    FROM referral r
    WHERE r.sent_at IS NOT NULL AND (SELECT door_has_role('{coordinator}'));
GRANT SELECT ON board_referral TO hub_app;
