-- People have to connect their servers again.
DROP TABLE user_grants;
