-- Tries to sign in: counted by the role that starts sessions, seen by nobody else.
SET ROLE hub_owner;
GRANT SELECT, INSERT, DELETE ON sign_in_try TO hub_signin;
