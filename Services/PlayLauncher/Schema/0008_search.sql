-- The search for plays (G-125): by words of names, titles and descriptions.
SELECT play_launcher.make_search();
SELECT play_launcher.be_searched('definition_record', 'title', 'description');
SELECT play_launcher.be_searched('ale_choice', 'name', 'description');
SELECT play_launcher.be_searched('flow_definition', 'name', 'title');
SELECT play_launcher.be_searched('flow_run', 'title', 'title_ko', 'flow');
