/* SPDX-License-Identifier: ISC */
#include "certificate/outline.h"
#include "certificate/certificate.h"

#include <string.h>

#define DER_VERSION 0xA0
#define DER_ISSUER_ID 0x81
#define DER_SUBJECT_ID 0x82
#define DER_EXTENSIONS 0xA3
#define DER_CONSTRUCTED 0x20

static const char not_der[] = "it is not a DER certificate (RFC 5280 section 4.1)";

static bool find_lists(const unsigned char *der, size_t length, struct outline *outline)
{
    struct der_span bytes = {der, length}, certificate, fields, part;

    *outline = (struct outline){.extensions = {NULL, 0}};
    if (!der_take(&bytes, DER_SEQUENCE, &certificate) ||
        !der_take(&certificate, DER_SEQUENCE, &fields))
        return false;
    outline->signature = certificate;
    (void)der_take(&fields, DER_VERSION, &part);
    if (!der_take(&fields, DER_INTEGER, &part) || !der_take(&fields, DER_SEQUENCE, &part) ||
        !der_take(&fields, DER_SEQUENCE, &outline->issuer) ||
        !der_take(&fields, DER_SEQUENCE, &part) ||
        !der_take(&fields, DER_SEQUENCE, &outline->subject) ||
        !der_take(&fields, DER_SEQUENCE, &outline->key))
        return false;
    (void)der_take(&fields, DER_ISSUER_ID, &part);
    (void)der_take(&fields, DER_SUBJECT_ID, &part);
    if (der_take(&fields, DER_EXTENSIONS, &part) &&
        (!der_take(&part, DER_SEQUENCE, &outline->extensions) || part.length > 0))
        return false;
    return fields.length == 0;
}

/* Those of a name. An RDN without any, which is an error, counts as one: it is decoded as well. */
static bool count_attributes(struct der_span name, size_t *count)
{
    struct der_span rdn, attribute;

    for (*count = 0; der_take(&name, DER_SET, &rdn);) {
        do {
            ++*count;
        } while (der_take(&rdn, DER_SEQUENCE, &attribute) && rdn.length > 0);
        if (rdn.length > 0)
            return false;
    }
    return name.length == 0;
}

/* Values within the value of an extension, on all levels. What is not DER may hold one in each two
 * bytes: libcrypto would read BER. */
static size_t count_values(struct der_span value)
{
    struct der_element element;
    size_t count = 0, size;

    while (der_read_element(value.at, value.length, &element)) {
        size = element.header;
        if ((element.tag & DER_CONSTRUCTED) == 0) {
            if (element.content > value.length - size)
                break;
            size += element.content;
        }
        value.at += size;
        value.length -= size;
        count++;
    }
    return count + value.length / 2;
}

/* Whether libcrypto may decode the values of such extensions: those of X.509, PKIX, Netscape and
 * Certificate Transparency. The value of another, an attestation for instance, stays as it is. */
static bool is_decoded(struct der_span identifier)
{
    static const struct {
        const char *arc;
        size_t length;
    } arcs[] = {{"\x55\x1D", 2}, {"\x2B\x06\x01\x05\x05\x07", 6},
        {"\x60\x86\x48\x01\x86\xF8\x42", 7}, {"\x2B\x06\x01\x04\x01\xD6\x79", 7}};
    size_t i;

    for (i = 0; i < sizeof(arcs) / sizeof(arcs[0]); i++) {
        if (identifier.length >= arcs[i].length &&
            memcmp(identifier.at, arcs[i].arc, arcs[i].length) == 0)
            return true;
    }
    return false;
}

/* Extensions, and the values in those that are decoded. */
static bool count_extensions(struct der_span extensions, size_t *count, size_t *values)
{
    struct der_span extension, identifier, part;

    for (*count = *values = 0; der_take(&extensions, DER_SEQUENCE, &extension); ++*count) {
        if (!der_take(&extension, DER_OBJECT_IDENTIFIER, &identifier))
            return false;
        (void)der_take(&extension, DER_BOOLEAN, &part);
        if (!der_take(&extension, DER_OCTET_STRING, &part) || extension.length > 0)
            return false;
        if (is_decoded(identifier))
            *values += count_values(part);
    }
    return extensions.length == 0;
}

/* libcrypto takes keys of both for points on a curve. */
static bool is_elliptic(struct der_span identifier)
{
    static const struct der_span kinds[] = {
        {(const unsigned char *)"\x2A\x86\x48\xCE\x3D\x02\x01", 7},     /* id-ecPublicKey */
        {(const unsigned char *)"\x2A\x81\x1C\xCF\x55\x01\x82\x2D", 8}, /* SM2 */
    };
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (identifier.length == kinds[i].length &&
            memcmp(identifier.at, kinds[i].at, kinds[i].length) == 0)
            return true;
    }
    return false;
}

/* Whether a key brings its curve along instead of its name. Who makes the curve can make it such
 * that libcrypto takes a tenth of a second for reading one point on it. */
static bool has_own_curve(struct der_span algorithm, struct der_span identifier)
{
    struct der_span part;

    return is_elliptic(identifier) && algorithm.length > 0 &&
           !der_take(&algorithm, DER_OBJECT_IDENTIFIER, &part) &&
           !der_take(&algorithm, DER_NULL, &part);
}

/* Sets the error when the key must not be decoded. */
static bool check_key(struct der_span key, struct error *error)
{
    struct der_span algorithm, identifier;

    if (!der_take(&key, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OBJECT_IDENTIFIER, &identifier)) {
        error_set(error, ERROR_INPUT, "%s", not_der);
        return false;
    }
    if (!has_own_curve(algorithm, identifier))
        return true;
    error_set(error, ERROR_INPUT,
        "its key has a curve of its own instead of a named one (RFC 5480 section 2.1.1)");
    return false;
}

/* Sets the error when there are too many of them. */
static bool is_within(
    size_t count, size_t limit, const char *whose, const char *what, struct error *error)
{
    if (count > limit)
        error_set(
            error, ERROR_INPUT, "%s %zu %s, above the limit of %zu", whose, count, what, limit);
    return count <= limit;
}

bool outline_read(
    const unsigned char *der, size_t length, struct outline *outline, struct error *error)
{
    size_t issuer, subject, extensions, values;

    if (!find_lists(der, length, outline) || !count_attributes(outline->issuer, &issuer) ||
        !count_attributes(outline->subject, &subject) ||
        !count_extensions(outline->extensions, &extensions, &values)) {
        error_set(error, ERROR_INPUT, "%s", not_der);
        return false;
    }
    return is_within(extensions, CERTIFICATE_MAX_EXTENSIONS, "it has", "extensions", error) &&
           is_within(values, CERTIFICATE_MAX_VALUES, "its extensions hold", "values", error) &&
           is_within(subject + issuer, CERTIFICATE_MAX_ATTRIBUTES, "its subject and issuer have",
               "attributes", error) &&
           check_key(outline->key, error);
}
