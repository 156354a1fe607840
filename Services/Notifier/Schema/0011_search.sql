-- The search for what people were told (G-125): by words of numbers, subjects and texts.
SELECT notifier.make_search();
SELECT notifier.be_searched('in_app_notification', 'subject', 'body');
SELECT notifier.be_searched('success_launcher_notifier', 'number', 'message');
SELECT notifier.be_searched('email_template', 'subject', 'text');
SELECT notifier.be_searched('email_delivery', 'recipient', 'subject');
