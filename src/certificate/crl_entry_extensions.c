/* SPDX-License-Identifier: ISC */
#include "certificate/crl_entry_extensions.h"
#include "certificate/identity.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <string.h>

/* So many extensions of one entry are compared with each other. */
#define EXTENSIONS_MAX 16

struct extension {
    struct der_span id;
    struct der_span value;
    bool critical;
};

/* RFC 5280 section 4.1: extnID, critical DEFAULT FALSE, extnValue. */
static bool take_extension(struct der_span *extensions, struct extension *extension)
{
    struct der_span parts, critical;

    extension->critical = false;
    if (!der_take(extensions, DER_SEQUENCE, &parts) ||
        !der_take(&parts, DER_OBJECT_IDENTIFIER, &extension->id))
        return false;
    if (parts.length > 0 && parts.at[0] == DER_BOOLEAN) {
        if (!der_take(&parts, DER_BOOLEAN, &critical) || critical.length != 1)
            return false;
        extension->critical = critical.at[0] != 0;
    }
    return der_take(&parts, DER_OCTET_STRING, &extension->value) && parts.length == 0;
}

/* id-ce 20 to 29 have identifiers of three bytes, of which the last tells them apart. */
static bool is_id_ce(struct der_span id, unsigned char number)
{
    return id.length == 3 && id.at[0] == 0x55 && id.at[1] == 0x1D && id.at[2] == number;
}

/* ENUMERATED { 0 .. 10 } without 7: the values all take one byte; others are no reasons. */
static bool read_reason(struct der_span value, int *reason)
{
    struct der_span number;

    if (!der_take(&value, DER_ENUMERATED, &number) || value.length != 0 || number.length != 1 ||
        number.at[0] > 10 || number.at[0] == 7)
        return false;
    *reason = number.at[0];
    return true;
}

/* RFC 5280 section 5.3.2: a GeneralizedTime with seconds, in UTC, without fractions. */
static bool is_date(struct der_span value)
{
    struct der_span date;
    time_t seconds;

    return der_take(&value, V_ASN1_GENERALIZEDTIME, &date) && value.length == 0 &&
           identity_time_of(V_ASN1_GENERALIZEDTIME, date.at, date.length, &seconds);
}

/* Names are compared as RFC 5280 section 7.1 says: a CA may write its own in another type of string
 * here. That memory failed is told when the whole list is decoded. */
static bool is_same_name(struct der_span one, struct der_span other)
{
    const unsigned char *its = one.at, *others = other.at;
    X509_NAME *a, *b;
    bool same;

    if (one.length == other.length && memcmp(one.at, other.at, one.length) == 0)
        return true;
    a = d2i_X509_NAME(NULL, &its, (long)one.length);
    b = d2i_X509_NAME(NULL, &others, (long)other.length);
    same = a != NULL && b != NULL && X509_NAME_cmp(a, b) == 0;
    X509_NAME_free(a);
    X509_NAME_free(b);
    return same;
}

/* GeneralNames, of which one is the list's issuer. */
static bool has_own_name(struct der_span value, struct der_span issuer)
{
    struct der_element element;
    struct der_span names, name;

    if (!der_take(&value, DER_SEQUENCE, &names) || value.length > 0)
        return false;
    while (der_read_element(names.at, names.length, &element) &&
           der_take(&names, element.tag, &name)) {
        if (element.tag == DER_DIRECTORY_NAME && is_same_name(name, issuer))
            return true;
    }
    return false;
}

/* Which of the extensions of RFC 5280 section 5.3 it is, and what is wrong with it. */
static const char *read_known(const struct extension *extension, struct crl_entry_facts *facts)
{
    if (is_id_ce(extension->id, 29)) {
        facts->names_issuer = true;
        facts->names_own = has_own_name(extension->value, facts->issuer);
        return "an entry names a certificateIssuer (RFC 5280 section 5.3.3), which is not "
               "supported";
    }
    if (extension->critical)
        return "an entry has a critical extension that is not understood";
    if (is_id_ce(extension->id, 21) && !read_reason(extension->value, &facts->reason))
        return "the reason code of an entry cannot be read (RFC 5280 section 5.3.1)";
    if (is_id_ce(extension->id, 24) && !is_date(extension->value))
        return "the invalidity date of an entry cannot be read (RFC 5280 section 5.3.2)";
    return NULL;
}

static bool is_doubled(const struct der_span *ids, size_t count, struct der_span id)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (ids[i].length == id.length && memcmp(ids[i].at, id.at, id.length) == 0)
            return true;
    }
    return false;
}

bool crl_entry_extensions_read(struct der_span extensions, struct crl_entry_facts *facts)
{
    struct der_span ids[EXTENSIONS_MAX], rest;
    size_t count = 0;

    if (!der_take(&extensions, DER_SEQUENCE, &rest) || extensions.length != 0)
        return false;
    while (rest.length > 0) {
        struct extension extension;
        const char *fault;

        if (!take_extension(&rest, &extension))
            return false;
        fault = read_known(&extension, facts);
        if (count == EXTENSIONS_MAX || is_doubled(ids, count, extension.id))
            fault = count == EXTENSIONS_MAX ? "an entry has too many extensions"
                                            : "an extension occurs twice in an entry";
        else
            ids[count++] = extension.id;
        if (facts->fault == NULL)
            facts->fault = fault;
    }
    return true;
}
