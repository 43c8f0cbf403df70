-- The servers' credentials have to be set anew.
DROP TABLE server_credentials;
