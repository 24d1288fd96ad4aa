"""The wordings that the operator can start with, in German; new versions are written in the admin."""

from datetime import date

from django.db import migrations

WORDINGS = {
    "contract": (
        "Ich bin damit einverstanden, dass meine Stammdaten (Kundennummer, Name, Firma, Anschrift, Telefonnummer, "
        "E-Mail-Adresse) gespeichert und verwendet werden, um den erteilten Auftrag zu erfüllen. Ohne diese Angaben "
        "kann kein Auftrag ausgeführt werden. Ich kann die Einwilligung jederzeit formlos für die Zukunft widerrufen."
    ),
    "retention": (
        "Ich bin damit einverstanden, dass meine Stammdaten (Kundennummer, Name, Firma, Anschrift, Telefonnummer, "
        "E-Mail-Adresse) auch zur Pflege der Kundenbeziehung verwendet werden, etwa für Hinweise auf neue Leistungen. "
        "Das ist freiwillig und keine Bedingung für einen Auftrag. Ich kann die Einwilligung jederzeit formlos für "
        "die Zukunft widerrufen."
    ),
    "invoicing": (
        "Ich bin damit einverstanden, dass meine Stammdaten (Kundennummer, Name, Firma, Anschrift, Telefonnummer, "
        "E-Mail-Adresse) verwendet werden, um erbrachte Leistungen abzurechnen. Bereits ausgestellte Abrechnungen, "
        "Rechnungen und Gutschriften werden nach den gesetzlichen Vorschriften aufbewahrt, auch wenn die übrigen "
        "Daten gelöscht werden. Ich kann die Einwilligung jederzeit formlos für die Zukunft widerrufen."
    ),
    "technical": (
        "Ich bin damit einverstanden, dass technische Daten (Angaben und Einstellungen zum Netzwerk, zu aktiven "
        "Netzwerkkomponenten, zu elektronischen Geräten und Diensten einschließlich der Zugangsdaten) verschlüsselt "
        "gespeichert werden, damit mir in dringenden Fällen schnell geholfen werden kann. Sie werden nicht an Dritte "
        "weitergegeben. Das ist freiwillig. Ich kann die Einwilligung jederzeit formlos für die Zukunft widerrufen; "
        "die technischen Daten werden dann sofort gelöscht."
    ),
}


def write(apps, schema_editor):
    wording = apps.get_model("customers", "Wording")
    for purpose, text in WORDINGS.items():
        wording.objects.create(purpose=purpose, version=1, valid_from=date(2020, 1, 1), text=text)
    apps.get_model("customers", "NumberRange").objects.create()


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
