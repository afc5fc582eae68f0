/* SPDX-License-Identifier: ISC */
#include "certificate/identity_general_name.h"
#include "certificate/der.h"
#include "certificate/identity_names.h"

#include <arpa/inet.h>
#include <string.h>

static void shown_address(struct shown *shown, const ASN1_OCTET_STRING *address)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    int length = ASN1_STRING_length(address);
    char string[INET6_ADDRSTRLEN];

    if ((length == 4 || length == 16) &&
        inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, string, sizeof(string)) != NULL)
        shown_word(shown, string);
    else
        shown_hex(shown, bytes, (size_t)length);
}

static void shown_ia5(struct shown *shown, const ASN1_IA5STRING *string)
{
    shown_ascii(shown, ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

/* One part of a Kerberos name. The separators of a name get a backslash, as Kerberos writes them.
 */
static void shown_kerberos(struct shown *shown, struct der_span part)
{
    size_t i;

    for (i = 0; i < part.length; i++) {
        if (part.at[i] == '/' || part.at[i] == '@')
            shown_word(shown, "\\");
        shown_ascii(shown, part.at + i, 1);
    }
}

/* KRB5PrincipalName (RFC 4556 section 3.2.2): SEQUENCE { realm [0], principalName [1] SEQUENCE {
 * name-type [0], name-string [1] SEQUENCE OF } }, as name/instance@REALM. False, with nothing
 * written, when it is not that. */
static bool shown_principal(struct shown *shown, const ASN1_STRING *value)
{
    struct der_span all = {ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
    struct der_span name = {0}, realm = {0}, principal = {0}, type = {0}, strings = {0}, part = {0},
                    rest = {0};
    bool good = der_take(&all, DER_SEQUENCE, &name) && all.length == 0 &&
                der_take(&name, 0xA0, &part) && der_take(&part, DER_GENERAL_STRING, &realm) &&
                der_take(&name, 0xA1, &part) && der_take(&part, DER_SEQUENCE, &principal) &&
                der_take(&principal, 0xA0, &type) && der_take(&principal, 0xA1, &part) &&
                der_take(&part, DER_SEQUENCE, &strings) && strings.length > 0;
    bool first = true;

    for (rest = strings; good && rest.length > 0;)
        good = der_take(&rest, DER_GENERAL_STRING, &part);
    if (!good)
        return false;
    shown_word(shown, "Kerberos:");
    while (strings.length > 0 && der_take(&strings, DER_GENERAL_STRING, &part)) {
        if (!first)
            shown_word(shown, "/");
        first = false;
        shown_kerberos(shown, part);
    }
    shown_word(shown, "@");
    shown_kerberos(shown, realm);
    return true;
}

static enum error_kind shown_other_name(struct shown *shown, const OTHERNAME *other)
{
    static const struct {
        int nid, type;
        const char *prefix;
    } known[] = {
        {NID_ms_upn, V_ASN1_UTF8STRING, "UPN:"},
        {NID_id_on_SmtpUTF8Mailbox, V_ASN1_UTF8STRING, "SmtpUTF8Mailbox:"}, /* RFC 9598 */
        {NID_XmppAddr, V_ASN1_UTF8STRING, "XmppAddr:"},                     /* RFC 6120 13.7.1.4 */
        {NID_SRVName, V_ASN1_IA5STRING, "SRVName:"},                        /* RFC 4985 */
    };
    static const unsigned char kerberos[] = {0x2B, 0x06, 0x01, 0x05, 0x02, 0x02};
    int nid = OBJ_obj2nid(other->type_id);
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (nid == known[i].nid && other->value->type == known[i].type) {
            shown_word(shown, known[i].prefix);
            return shown_value(shown, other->value->value.asn1_string, SHOWN_PLAIN);
        }
    }
    if (OBJ_length(other->type_id) == sizeof(kerberos) &&
        memcmp(OBJ_get0_data(other->type_id), kerberos, sizeof(kerberos)) == 0 &&
        other->value->type == V_ASN1_SEQUENCE &&
        shown_principal(shown, other->value->value.sequence))
        return ERROR_NONE;
    shown_word(shown, "otherName:");
    shown_oid(shown, other->type_id);
    return ERROR_NONE;
}

enum error_kind shown_general_name(struct shown *shown, const GENERAL_NAME *name)
{
    static const char *const prefixes[] = {
        [GEN_OTHERNAME] = "",
        [GEN_EMAIL] = "email:",
        [GEN_DNS] = "DNS:",
        [GEN_X400] = "x400Address",
        [GEN_DIRNAME] = "dirName:",
        [GEN_EDIPARTY] = "ediPartyName",
        [GEN_URI] = "URI:",
        [GEN_IPADD] = "IP:",
        [GEN_RID] = "RID:",
    };

    if (name->type < 0 || (size_t)name->type >= sizeof(prefixes) / sizeof(prefixes[0])) {
        shown_word(shown, "unreadable");
        return ERROR_NONE;
    }
    shown_word(shown, prefixes[name->type]);
    switch (name->type) {
    case GEN_OTHERNAME:
        return shown_other_name(shown, name->d.otherName);
    case GEN_DIRNAME:
        return shown_name(shown, name->d.directoryName);
    case GEN_EMAIL:
    case GEN_DNS:
    case GEN_URI:
        shown_ia5(shown, name->d.ia5);
        break;
    case GEN_IPADD:
        shown_address(shown, name->d.iPAddress);
        break;
    case GEN_RID:
        shown_oid(shown, name->d.registeredID);
        break;
    default:
        break;
    }
    return ERROR_NONE;
}
