-- Recommended actions for import tasks (G-132).
SELECT import_validation.make_recommended_actions();
