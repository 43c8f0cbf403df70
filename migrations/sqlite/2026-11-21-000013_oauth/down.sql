-- Clients have to register anew, and people to sign in again.
DROP TABLE oauth_keys;
DROP TABLE oauth_denials;
DROP TABLE oauth_grants;
DROP TABLE oauth_consents;
DROP TABLE oauth_clients;
