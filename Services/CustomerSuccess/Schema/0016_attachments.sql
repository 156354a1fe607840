-- Files of touchpoints, such as reports that are shared (G-121).
SELECT customer_success.have_attachments('touchpoint');
