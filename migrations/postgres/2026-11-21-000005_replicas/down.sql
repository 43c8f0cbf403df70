DROP TABLE replica_messages;
DROP TABLE replicas;
DROP TABLE sessions;
