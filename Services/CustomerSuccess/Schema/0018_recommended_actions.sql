-- Recommended actions for success records (G-132).
SELECT customer_success.make_recommended_actions();
