"""Taking over a WordPress site: its export file (WXR) and, if at hand, its folder of uploads.

What must never happen: a line of somebody's export runs, loads or reads something here, or shows what was hidden
there. So the file is read without document types and entities, files are only ever found inside the given folder,
every text goes through the same sanitiser as the editor's, and whatever was private, protected or not yet published
arrives as a draft. Comments and accounts are left where they are: they are other people's data.
"""
