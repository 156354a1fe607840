-- Files of engagements, such as the plan that was agreed on (G-121).
SELECT customer_success.have_attachments('engagement');
