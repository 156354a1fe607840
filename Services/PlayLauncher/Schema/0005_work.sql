-- Runs count how often they were taken, as all work does.
SELECT play_launcher.make_queue('flow_execution');

-- What was seeded stands where all services note it; `seeded` goes with a later version.
INSERT INTO play_launcher.shipped (name, domain) SELECT name, domain FROM play_launcher.seeded;
