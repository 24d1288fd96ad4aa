from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_recipient_digests")]

    operations = [
        migrations.RemoveField(
            model_name='billingdocument',
            name='customer_number_digest',
        ),
        migrations.RemoveField(
            model_name='billingdocument',
            name='email_digest',
        ),
        migrations.RemoveField(
            model_name='billingdocument',
            name='name_digest',
        ),
        migrations.RemoveField(
            model_name='billingdocument',
            name='phone_digest',
        ),
    ]
