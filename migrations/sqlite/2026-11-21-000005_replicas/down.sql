-- Its opposite made nothing.
SELECT 1;
