"""Which data protection authority watches over private businesses in which German state (§ 40 BDSG).

Names and postal addresses as the authorities give them. What the operator types in the settings wins.
"""

AUTHORITIES = {
    "BW": "Landesbeauftragter für den Datenschutz und die Informationsfreiheit Baden-Württemberg, "
    "Heilbronner Straße 35, 70191 Stuttgart",
    "BY": "Bayerisches Landesamt für Datenschutzaufsicht, Promenade 18, 91522 Ansbach",
    "BE": "Berliner Beauftragte für Datenschutz und Informationsfreiheit, Alt-Moabit 59–61, 10555 Berlin",
    "BB": "Landesbeauftragte für den Datenschutz und für das Recht auf Akteneinsicht Brandenburg, "
    "Stahnsdorfer Damm 77, 14532 Kleinmachnow",
    "HB": "Landesbeauftragte für Datenschutz und Informationsfreiheit der Freien Hansestadt Bremen, "
    "Arndtstraße 1, 27570 Bremerhaven",
    "HH": "Hamburgischer Beauftragter für Datenschutz und Informationsfreiheit, Ludwig-Erhard-Straße 22, 20459 Hamburg",
    "HE": "Hessischer Beauftragter für Datenschutz und Informationsfreiheit, Gustav-Stresemann-Ring 1, 65189 Wiesbaden",
    "MV": "Landesbeauftragter für Datenschutz und Informationsfreiheit Mecklenburg-Vorpommern, "
    "Werderstraße 74a, 19055 Schwerin",
    "NI": "Landesbeauftragter für den Datenschutz Niedersachsen, Prinzenstraße 5, 30159 Hannover",
    "NW": "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen, "
    "Kavalleriestraße 2–4, 40213 Düsseldorf",
    "RP": "Landesbeauftragter für den Datenschutz und die Informationsfreiheit Rheinland-Pfalz, "
    "Hintere Bleiche 34, 55116 Mainz",
    "SL": "Unabhängiges Datenschutzzentrum Saarland, Fritz-Dobisch-Straße 12, 66111 Saarbrücken",
    "SN": "Sächsische Datenschutz- und Transparenzbeauftragte, Maternistraße 17, 01067 Dresden",
    "ST": "Landesbeauftragte für den Datenschutz Sachsen-Anhalt, Otto-von-Guericke-Straße 34a, 39104 Magdeburg",
    "SH": "Unabhängiges Landeszentrum für Datenschutz Schleswig-Holstein, Holstenstraße 98, 24103 Kiel",
    "TH": "Thüringer Landesbeauftragter für den Datenschutz und die Informationsfreiheit, Häßlerstraße 8, 99096 Erfurt",
}
#: what the example of earlier versions said in the place of one: no authority, and nothing to print
PLACEHOLDER = "Die Datenschutzaufsicht Ihres Bundeslandes (bitte eintragen)"
