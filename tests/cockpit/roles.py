"""Who may do what below /admin/: one line for each page, each verb, each action. The walk compares it with the site.

A page is named by its URL name; a word behind it tells apart what lies on one address ("… technical").
"""

from dataclasses import dataclass

BETRIEB, REDAKTION, BUERO = "Betrieb", "Redaktion", "Büro"
ROLES = (BETRIEB, REDAKTION, BUERO)
NO_ROLE = "no role"

Roles = frozenset[str]
OWNER: Roles = frozenset({BETRIEB})
EDITORS: Roles = frozenset({BETRIEB, REDAKTION})
OFFICE: Roles = frozenset({BETRIEB, BUERO})
ANY_ROLE: Roles = frozenset(ROLES)
STAFF: Roles = frozenset({*ROLES, NO_ROLE})  #: whoever has signed in as staff
EVERYBODY: Roles = frozenset({*STAFF, "outside"})  #: the doors themselves
NOBODY: Roles = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """Of one admin: its list, history and rows are seen; a row is added, changed, deleted."""

    see: Roles
    add: Roles = NOBODY
    change: Roles = NOBODY
    delete: Roles = NOBODY


ADMINS: dict[str, Rights] = {
    # what the site is and who may come in
    "sitebackend_operator": Rights(see=OWNER, add=OWNER, change=OWNER, delete=OWNER),
    "sitebackend_sitesettings": Rights(see=OWNER, change=OWNER),  # the one row is there
    # pages
    "pages_page": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_post": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_category": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_image": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_download": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_redirect": Rights(see=EDITORS, add=EDITORS, change=EDITORS, delete=EDITORS),
    "pages_deadlink": Rights(see=EDITORS, delete=EDITORS),
    # the office
    "contact_submission": Rights(see=OFFICE, change=OFFICE),
    "customers_customer": Rights(see=OFFICE, add=OFFICE, change=OFFICE),
    "customers_billingdocument": Rights(see=OFFICE),
    "customers_wording": Rights(see=OWNER, add=OWNER, change=OWNER),
    "customers_numberrange": Rights(see=OWNER, change=OWNER),
    "privacy_datasubjectrequest": Rights(
        see=OFFICE, add=OFFICE, change=OFFICE
    ),  # whatever is posted, its page is shown
    "restriction_restriction": Rights(see=OFFICE),
    # papers, logs, backups, the question about cookies
    "papers_breach": Rights(see=OWNER, add=OWNER, change=OWNER),
    "papers_recordversion": Rights(see=OWNER, change=OWNER),  # the same
    "privacy_retentionrun": Rights(see=OWNER),
    "sitebackend_event": Rights(see=OWNER),
    "vault_vaultevent": Rights(see=OWNER),
    "mail_outgoingmail": Rights(see=OWNER),
    "backup_backup": Rights(see=OWNER),
    "consent_group": Rights(see=OWNER, add=OWNER, change=OWNER, delete=OWNER),
    "consent_bannerwording": Rights(see=OWNER, change=OWNER),
    "consent_edition": Rights(see=OWNER),
    "consent_dailycount": Rights(see=OWNER),
}

#: Every page that is not an admin's own list or form: who may open it (GET).
PAGES: dict[str, Roles] = {
    # the doors
    "admin:login": EVERYBODY,
    "admin:logout": EVERYBODY,
    "admin:index": STAFF,
    "admin:jsi18n": STAFF,
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
    "admin:second_factor": STAFF,
    "admin:second_factor_qr": STAFF,
    "admin:recovery_codes": STAFF,
    "admin:see_as": OWNER,
    "admin:clock": OWNER,
    "admin:mail_test": OWNER,
    "admin:privacy_overdue": OWNER,
    # what Django brings along
    "admin:auth_user_password_change": OWNER,
    "admin:autocomplete": EDITORS,  # of a page, as a redirect chooses one
    "admin:app_list sitebackend": OWNER,
    "admin:app_list vault": OWNER,
    "admin:app_list backup": OWNER,
    "admin:app_list papers": OWNER,
    "admin:app_list consent": OWNER,
    "admin:app_list pages": EDITORS,
    "admin:app_list contact": OFFICE,
    "admin:app_list customers": OFFICE,
    "admin:app_list privacy": OFFICE,
    "admin:app_list restriction": OFFICE,
    # pages
    "admin:pages_image_choice": EDITORS,
    "admin:pages_download_choice": EDITORS,
    "admin:pages_page_menus": EDITORS,
    "admin:consent_group_providers": OWNER,
    "admin:pages_versions": EDITORS,
    "admin:pages_restore": EDITORS,
    "admin:pages_forget": EDITORS,
    "admin:pages_discard": EDITORS,
    # the inbox
    "admin:contact_submission_message": OFFICE,
    "admin:contact_submission_page": OFFICE,
    "admin:contact_submission_done": OFFICE,
    "admin:contact_submission_judge": OFFICE,
    "admin:contact_submission_delete_by_hand": OWNER,
    "admin:contact_submission_find": OFFICE,
    "admin:contact_submission_record": OFFICE,
    "admin:contact_submission_key": OWNER,
    "admin:contact_submission_key_word": OWNER,
    "admin:contact_submission_reading": OWNER,
    "admin:customer_from_submission": OFFICE,
    # customers: master data and consents
    "admin:customers_customer_inactive": OFFICE,
    "admin:customers_customer_page": OFFICE,
    "admin:customers_customer_confirm": OFFICE,
    "admin:customers_customer_keep": OFFICE,
    "admin:customers_customer_let_go": OWNER,
    "admin:customers_customer_consent": OFFICE,
    "admin:customers_customer_consent technical": OFFICE,
    "admin:customers_customer_confirmation": OFFICE,
    "admin:customers_customer_withdraw": OFFICE,
    "admin:customers_customer_withdraw technical": OWNER,  # it erases the technical records
    "admin:customers_customer_import": OFFICE,
    "admin:customers_customer_search": OFFICE,
    # customers: what is sealed
    "admin:customers_customer_evidence": OWNER,
    "admin:customers_customer_emergency": OWNER,
    "admin:customers_customer_record_add": OWNER,
    "admin:customers_customer_record": OWNER,
    "admin:customers_customer_record_delete": OWNER,
    "admin:customers_customer_attachment": OWNER,
    "admin:customers_customer_record_search": OWNER,
    "admin:customers_customer_document": OWNER,
    # customers: billing documents
    "admin:customers_customer_document_add": OFFICE,
    "admin:customers_customer_documents_add": OFFICE,
    "admin:customers_customer_document_hold": OFFICE,
    # requests of persons; a step opened by a link leads to the request's page
    "admin:privacy_request_step": OFFICE,
    "admin:privacy_request_step erase": OWNER,
    "admin:privacy_request_step close": OWNER,  # what rests on the purpose goes with it
    "admin:privacy_request_step access": OWNER,
    "admin:privacy_request_step handed-over": OWNER,
    "admin:privacy_request_copy": OWNER,
    "admin:privacy_request_search": OFFICE,
    "admin:privacy_request_letter": OFFICE,
    # papers
    "admin:papers_breach_letter": OWNER,
    "admin:papers_record_csv": OWNER,
    "admin:papers_record_pdf": OWNER,
    # the vault
    "admin:vault_overview": OWNER,
    "admin:vault_set_up": OWNER,
    "admin:vault_unlock": OWNER,
    "admin:vault_lock": OFFICE,
    "admin:vault_passphrase": OWNER,
    "admin:vault_recovery_key": OWNER,
    "admin:vault_confirm_recovery_key": OWNER,
    "admin:vault_recover": OWNER,
    "admin:vault_rotate": OWNER,
    "admin:vault_unlock_messages": OFFICE,
    "admin:vault_set_up_messages": OWNER,
    "admin:vault_messages_passphrase": OWNER,
    "admin:vault_rotate_messages": OWNER,
    "admin:vault_take_away_messages": OWNER,
}

#: Everything that is done by POST, and who may do it. The first word is the page, the rest says what is done there.
DEEDS: dict[str, Roles] = {
    # one's own account
    "admin:password_change": STAFF,
    "admin:second_factor": STAFF,
    "admin:recovery_codes": STAFF,
    "admin:auth_user_password_change": OWNER,
    "admin:sitebackend_operator_changelist delete_selected": OWNER,
    "admin:see_as": OWNER,
    "admin:clock": OWNER,
    "admin:mail_test": OWNER,
    "admin:privacy_overdue": OWNER,
    # pages
    "admin:pages_page_menus": EDITORS,
    "admin:pages_restore page": EDITORS,
    "admin:pages_restore post": EDITORS,
    "admin:pages_forget page": EDITORS,
    "admin:pages_forget post": EDITORS,
    "admin:pages_discard page": EDITORS,
    "admin:pages_discard post": EDITORS,
    "admin:pages_page_changelist move_to_trash": EDITORS,
    "admin:pages_page_changelist restore_from_trash": EDITORS,
    "admin:pages_page_changelist delete_selected": EDITORS,
    "admin:pages_post_changelist move_to_trash": EDITORS,
    "admin:pages_post_changelist restore_from_trash": EDITORS,
    "admin:pages_post_changelist delete_selected": EDITORS,
    "admin:pages_category_changelist delete_selected": EDITORS,
    "admin:pages_image_changelist delete_selected": EDITORS,
    "admin:pages_download_changelist delete_selected": EDITORS,
    "admin:pages_redirect_changelist delete_selected": EDITORS,
    "admin:pages_deadlink_changelist delete_selected": EDITORS,
    # the inbox
    "admin:contact_submission_find": OFFICE,
    "admin:contact_submission_record": OFFICE,
    "admin:contact_submission_page": OFFICE,  # a note
    "admin:contact_submission_done": OFFICE,
    "admin:contact_submission_judge": OFFICE,
    "admin:contact_submission_delete_by_hand": OWNER,
    "admin:contact_submission_key": OWNER,
    "admin:contact_submission_key confirm": OWNER,
    "admin:contact_submission_key discard": OWNER,
    "admin:contact_submission_key_word": OWNER,
    "admin:contact_submission_reading allow": OWNER,
    "admin:contact_submission_reading forbid": OWNER,
    "admin:contact_submission_changelist mark_done": OFFICE,
    "admin:contact_submission_changelist reopen": OFFICE,
    "admin:contact_submission_changelist send_again": OFFICE,
    "admin:contact_submission_changelist mark_spam": OFFICE,
    "admin:contact_submission_changelist release": OFFICE,
    "admin:contact_submission_changelist keep": OFFICE,
    "admin:contact_submission_changelist let_go": OWNER,
    "admin:customer_from_submission": OFFICE,
    # customers
    "admin:customers_customer_search": OFFICE,
    "admin:customers_customer_import": OFFICE,
    "admin:customers_customer_changelist export_for_invoicing": OFFICE,
    "admin:customers_customer_confirm": OFFICE,
    "admin:customers_customer_keep": OFFICE,
    "admin:customers_customer_let_go": OWNER,
    "admin:customers_customer_consent": OFFICE,
    "admin:customers_customer_consent technical": OFFICE,
    "admin:customers_customer_confirmation": OFFICE,
    "admin:customers_customer_withdraw": OFFICE,
    "admin:customers_customer_withdraw technical": OWNER,
    "admin:customers_customer_record_add": OWNER,
    "admin:customers_customer_record": OWNER,
    "admin:customers_customer_record_delete": OWNER,
    "admin:customers_customer_record_search": OWNER,
    "admin:customers_customer_document_add": OFFICE,
    "admin:customers_customer_documents_add": OFFICE,
    "admin:customers_customer_document_hold": OFFICE,
    "admin:customers_customer_document_hold release": OFFICE,
    # requests of persons: everything up to what destroys, or hands over what is sealed
    "admin:privacy_request_step acknowledged": OFFICE,
    "admin:privacy_request_step matched": OFFICE,
    "admin:privacy_request_search": OFFICE,
    "admin:privacy_request_step choose": OFFICE,
    "admin:privacy_request_step nobody": OFFICE,
    "admin:privacy_request_step nothing-held": OFFICE,
    "admin:privacy_request_step link": OFFICE,
    "admin:privacy_request_step pause": OFFICE,
    "admin:privacy_request_step extend": OFFICE,
    "admin:privacy_request_step extension-told": OFFICE,
    "admin:privacy_request_step restrict": OFFICE,
    "admin:privacy_request_step correct": OFFICE,
    "admin:privacy_request_step finish": OFFICE,
    "admin:privacy_request_step posted": OFFICE,
    "admin:privacy_request_step erase": OWNER,
    "admin:privacy_request_step close": OWNER,  # what rests on the purpose goes with it
    "admin:privacy_request_step access": OWNER,
    "admin:privacy_request_step handed-over": OWNER,
    "admin:privacy_request_copy encrypted": OWNER,
    "admin:privacy_request_copy print": OWNER,
    "admin:privacy_request_copy package": OWNER,
    "admin:restriction_restriction_changelist lift": OWNER,
    # papers and backups
    "admin:papers_breach_change close": OWNER,
    "admin:backup_backup_changelist note_drill": OWNER,
    "admin:mail_outgoingmail_changelist send_again": OWNER,
    "admin:mail_outgoingmail_changelist confirm": OWNER,
    "admin:mail_outgoingmail_changelist give_up": OWNER,
    # the vault
    "admin:vault_set_up": OWNER,
    "admin:vault_unlock": OWNER,
    "admin:vault_lock": OFFICE,
    "admin:vault_passphrase": OWNER,
    "admin:vault_recovery_key": OWNER,
    "admin:vault_confirm_recovery_key": OWNER,
    "admin:vault_recover": OWNER,
    "admin:vault_rotate": OWNER,
    "admin:vault_unlock_messages": OFFICE,
    "admin:vault_set_up_messages": OWNER,
    "admin:vault_messages_passphrase": OWNER,
    "admin:vault_rotate_messages": OWNER,
    "admin:vault_take_away_messages": OWNER,
}


def may_open() -> dict[str, Roles]:
    """Every page with who may open it: those above, and the list and forms of each admin."""
    pages = dict(PAGES)
    for name, rights in ADMINS.items():
        pages |= {
            f"admin:{name}_changelist": rights.see,
            f"admin:{name}_history": rights.see,
            f"admin:{name}_change": rights.see,
            f"admin:{name}_add": rights.add,
            f"admin:{name}_delete": rights.delete,
        }
    return pages


def may_do() -> dict[str, Roles]:
    """Every deed with who may do it: those above, and the forms of each admin."""
    deeds = dict(DEEDS)
    for name, rights in ADMINS.items():
        deeds |= {
            f"admin:{name}_add": rights.add,
            f"admin:{name}_change": rights.change,
            f"admin:{name}_delete": rights.delete,
        }
    return deeds
