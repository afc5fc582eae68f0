/* SPDX-License-Identifier: ISC */
#include "certificate/certificate_fault.h"
#include "base/utf8.h"
#include "certificate/der.h"

#include <openssl/objects.h>

#define DER_UTF8_STRING 0x0C
#define DER_UNIVERSAL_STRING 0x1C
#define DER_BMP_STRING 0x1E

/* What is wrong with the value of an attribute; NULL when it is well-formed, or of another type. */
static const char *value_fault(struct der_span value)
{
    struct der_span string;

    if (der_take(&value, DER_UTF8_STRING, &string))
        return utf8_is_well_formed(string.at, string.length) ? NULL
                                                             : "is a UTF8String that is not UTF-8";
    if (der_take(&value, DER_BMP_STRING, &string))
        return string.length % 2 == 0 ? NULL : "is a BMPString of an odd length";
    if (der_take(&value, DER_UNIVERSAL_STRING, &string))
        return string.length % 4 == 0 ? NULL : "is a UniversalString that is cut off";
    return NULL;
}

static void set_error(
    struct error *error, const char *whose, struct der_span type, const char *fault)
{
    ASN1_OBJECT *object = NULL;
    const unsigned char *at = type.at;
    char dotted[80] = "of an unknown type";
    int nid = NID_undef;

    object = d2i_ASN1_OBJECT(NULL, &at, (long)type.length);
    if (object != NULL) {
        nid = OBJ_obj2nid(object);
        (void)OBJ_obj2txt(dotted, sizeof(dotted), object, 1);
    }
    error_set(error, ERROR_INPUT,
        "it cannot be read: the attribute %s in its %s %s (RFC 5280 section 4.1.2.4)",
        nid != NID_undef ? OBJ_nid2sn(nid) : dotted, whose, fault);
    ASN1_OBJECT_free(object);
}

/* The first attribute of a name that has a fault. */
static bool find_in_name(struct der_span name, const char *whose, struct error *error)
{
    struct der_span set, attribute, type, content;

    while (der_take(&name, DER_SET, &set)) {
        while (der_take(&set, DER_SEQUENCE, &attribute)) {
            const char *fault;

            type = attribute;
            if (!der_take(&attribute, DER_OBJECT_IDENTIFIER, &content))
                return false;
            type.length -= attribute.length;
            fault = value_fault(attribute);
            if (fault != NULL) {
                set_error(error, whose, type, fault);
                return true;
            }
        }
    }
    return false;
}

bool certificate_find_bad_name(const struct outline *outline, struct error *error)
{
    return find_in_name(outline->subject, "subject", error) ||
           find_in_name(outline->issuer, "issuer", error);
}
