from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contact", "0007_looked_through")]

    operations = [
        migrations.AddField(model_name="knownkey", name="changed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="knownkey", name="confirmed_at", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="KeyTrial",
            fields=[
                ("fingerprint", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("armoured", models.TextField(blank=True)),
                ("message", models.TextField()),
                ("word_digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
            ],
        ),
    ]
