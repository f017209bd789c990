"""A file for each question, and what each is made of; the only room that knows sources, domain and render."""
