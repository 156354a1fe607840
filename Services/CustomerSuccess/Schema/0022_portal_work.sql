-- The tasks of a case or an initiative that customers follow, in the order of their page (G-18).
CREATE INDEX success_task_shown ON customer_success.success_task (parent, id) WHERE visible_to_customer;
