-- What people read of a row that a check over whole rows has failed, in both languages, where its script gives no message.
ALTER TABLE import_validation.data_validation_assist ADD COLUMN message text, ADD COLUMN message_ko text;
