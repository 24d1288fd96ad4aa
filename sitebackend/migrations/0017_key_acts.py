from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sitebackend", "0016_service_providers")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="act",
            field=models.CharField(
                choices=[
                    ("logged_in", "logged in"),
                    ("logged_out", "logged out"),
                    ("login_refused", "login refused"),
                    ("exported", "copy made"),
                    ("listed", "exported for invoicing"),
                    ("fetched", "copy fetched"),
                    ("confirmed", "identity confirmed by link"),
                    ("erased", "erased"),
                    ("restricted", "restricted"),
                    ("corrected", "corrected"),
                    ("closed", "purpose closed"),
                    ("opened", "opened with the secret key"),
                    ("key_replaced", "operator key replaced"),
                    ("key_brought", "operator key brought, which waits for its word"),
                    ("key_proved", "operator key proved by its word"),
                    ("key_confirmed", "operator key confirmed"),
                    ("restored", "backup restored"),
                    ("new_browser", "logged in from a browser that was not known"),
                    ("account_made", "account made"),
                    ("switched_on", "account switched on"),
                    ("switched_off", "account switched off"),
                    ("password_set", "password of an account changed"),
                    ("address_set", "e-mail address of an account changed"),
                    ("rights_set", "rights of an account changed"),
                    ("factor_set", "second factor set up"),
                    ("codes_renewed", "recovery codes renewed"),
                    ("settings_set", "business data changed"),
                    ("reading_set", "reading of messages allowed here"),
                    ("clock_confirmed", "clock confirmed"),
                    ("looked", "restricted data looked at"),
                ],
                max_length=15,
                verbose_name="what",
            ),
        ),
    ]
