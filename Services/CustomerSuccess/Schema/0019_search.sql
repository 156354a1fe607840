-- The search for success records (G-125): by words of their numbers, titles, descriptions and accounts.
SELECT customer_success.make_search();
SELECT customer_success.be_searched('customer_account', 'name');
SELECT customer_success.be_searched('engagement', 'number', 'title', 'description');
SELECT customer_success.be_searched('success_objective', 'number', 'title', 'description');
SELECT customer_success.be_searched('success_outcome', 'number', 'title', 'description');
SELECT customer_success.be_searched('success_milestone', 'number', 'title', 'description');
SELECT customer_success.be_searched('success_initiative', 'number', 'subject', 'description');
SELECT customer_success.be_searched('success_case', 'number', 'short_description', 'description');
SELECT customer_success.be_searched('success_task', 'number', 'subject', 'description');
SELECT customer_success.be_searched('touchpoint', 'number', 'subject', 'description');
SELECT customer_success.be_searched('internal_play', 'number', 'short_description', 'description');
SELECT customer_success.be_searched('internal_play_task', 'number', 'short_description', 'description');
SELECT customer_success.be_searched('risk_signal', 'number', 'short_description', 'description');
SELECT customer_success.be_searched('response_template', 'name', 'body_en', 'body_ko');
SELECT customer_success.be_searched('service_definition', 'title', 'case_category', 'description');
