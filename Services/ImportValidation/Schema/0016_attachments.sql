-- Files of import tasks (G-121), beside the workbooks that are imported.
SELECT import_validation.have_attachments('import_task');
