from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backup", "0002_media_missed_and_damage")]

    operations = [
        migrations.AlterField(
            model_name="backup", name="failure", field=models.TextField(blank=True, verbose_name="failure")
        ),
    ]
