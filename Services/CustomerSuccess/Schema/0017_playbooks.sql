-- Playbooks of success initiatives.
SELECT customer_success.make_playbooks();
