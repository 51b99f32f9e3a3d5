-- Since when the time counts after which a request to delete is given up: since it was made, later by as long as it was due
-- and could not be tried. Requests from before have none, and count since they were made.
ALTER TABLE deletion_request ADD COLUMN counts_from INTEGER;
