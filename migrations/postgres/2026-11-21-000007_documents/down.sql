-- Documents and links are gone; what the audit trail says of them stays.
DROP TABLE links;
DROP TABLE document_contents;
DROP TABLE documents;
